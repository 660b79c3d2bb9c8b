"""`passerelle route`: list, put, end, history. The same table, the same checks and the same audit as by REST."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from domain.intervention.route import Route, RouteKind
from gateway.bootstrap import unserved
from gateway.cli.console import complain, on_register, read_settings, say, with_settings
from gateway.clock import now
from gateway.flow.routing import takers
from gateway.interventions.routes import REQUEST
from gateway.interventions.routing_table import PHONE, end_noted, put_noted, wrong_key
from gateway.neighbours import neighbours_of

if TYPE_CHECKING:
    import argparse

    from gateway.register import Register


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The four commands."""
    verbs = commands.add_parser("route", help="voies vers les SAMU").add_subparsers(
        dest="verb", required=True, metavar="verbe"
    )
    listing = verbs.add_parser("list", help="les voies, celles qui ont fini aussi")
    listing.set_defaults(run=show)
    put = verbs.add_parser("put", help="écrire une voie")
    put.add_argument("name", help="nom de la voie")
    put.add_argument(
        "--kind", required=True, choices=[kind.value for kind in RouteKind], help="par quoi elle est choisie"
    )
    put.add_argument("--key", required=True, help="fr.health.samu077, 77288, 2A, ou le nom d’une plateforme")
    put.add_argument("--to", required=True, metavar="DESTINATION", help="lrm, lrm:nom, lrm_fhir:nom, hub…")
    put.add_argument("--second", metavar="DESTINATION", help="prise quand la première est injoignable")
    put.add_argument("--label", required=True, help="comme on le dit : SAMU 77")
    put.add_argument("--phone", help="téléphone du SAMU pour les professionnels")
    put.add_argument("--crra", help="code porté dans la demande")
    put.add_argument("--from", dest="since", type=instant, help="début (ISO 8601 avec décalage) ; absent : maintenant")
    put.add_argument("--until", type=instant, help="fin ; absente : sans fin")
    put.set_defaults(run=write)
    end = verbs.add_parser("end", help="mettre fin à une voie")
    end.add_argument("name")
    end.set_defaults(run=finish)
    history = verbs.add_parser("history", help="qui a changé les voies, et quand")
    history.set_defaults(run=tell)
    for verb in (put, end):
        verb.add_argument("--by", required=True, help="qui décide : gardé à l’audit")
    for verb in (listing, put, end, history):
        with_settings(verb)


def instant(text: str) -> datetime:
    """An instant with its offset. Raises ValueError, which argparse tells."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("décalage absent")
    return read


def show(arguments: argparse.Namespace) -> int:
    """Every row there is."""
    routes = on_register(arguments.settings, lambda register: register.routes.all())
    if routes is None:
        return 2
    for route in routes:
        state = "en vigueur" if route.in_force(now()) else "hors de vigueur"
        way = f"{route.destination}, sinon {route.second}" if route.second else route.destination
        say(f"{route.id:20} {route.kind.value:11} {route.key:22} {route.label:14} {way:30} {state}")
    return 0


def write(arguments: argparse.Namespace) -> int:
    """Write a row, unless it leads nowhere or would never be found."""
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2
    kind = RouteKind(arguments.kind)
    if expected := wrong_key(kind, arguments.key):
        complain(f"Cette clé n’est pas de ce genre de voie ; attendu : {expected}.")
        return 2
    if arguments.phone is not None and not PHONE.fullmatch(arguments.phone):
        complain("Ce téléphone n’est pas lisible ; attendu : des chiffres, comme 01 64 00 00 15.")
        return 2
    closed = {name for name, topic in unserved(settings) if topic == REQUEST}
    known = [name for name in takers(REQUEST, neighbours_of(settings)) if name not in closed]
    for destination in (arguments.to, arguments.second):
        if destination is not None and destination not in known:
            complain(f"Destination inconnue : {destination}. Ici : {', '.join(known) or 'aucune'}.")
            return 2
    since = arguments.since or now()
    if arguments.until is not None and arguments.until <= since:
        complain("La fin précède le début.")
        return 2
    route = Route(
        arguments.name,
        kind,
        arguments.key,
        arguments.to,
        arguments.label,
        since,
        arguments.until,
        arguments.second,
        arguments.crra,
        phone=arguments.phone,
    )
    new = on_register(arguments.settings, lambda register: put_noted(register, route, arguments.by, now()))
    say(f"Voie « {arguments.name} » {'écrite' if new else 'remplacée'}.")
    return 0


def finish(arguments: argparse.Namespace) -> int:
    """Take a row out of force."""

    def work(register: Register) -> bool:
        return end_noted(register, arguments.name, arguments.by, now())

    done = on_register(arguments.settings, work)
    if done is None:
        return 2
    if not done:
        complain(f"Aucune voie en vigueur ne porte le nom « {arguments.name} ».")
        return 1
    say(f"Voie « {arguments.name} » finie.")
    return 0


def tell(arguments: argparse.Namespace) -> int:
    """Each change, the newest first."""
    acts = on_register(arguments.settings, lambda register: register.audit.latest())
    if acts is None:
        return 2
    for act in acts:
        if act.act.startswith("route."):
            after = act.facts.get("after") or {}
            way = " ".join(str(after[name]) for name in ("kind", "key", "destination") if name in after)
            say(f"{act.at.isoformat()} {act.by:20} {act.act:10} {act.about.removeprefix('route:'):20} {way}")
    return 0
