"""`passerelle sync`: how an event stands with each neighbour, its history, and sending again what one of them lost."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.agreement import Verdict
from domain.errors import RuleError
from domain.event import Link
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.agreement.phone_list import PHONE_LISTS, taken_list, write_list
from gateway.agreement.reconcile import look_and_note
from gateway.agreement.report import detail_view, history_view
from gateway.agreement.resend import resend
from gateway.agreement.standing import look_at, neighbours_of_event
from gateway.bootstrap import build
from gateway.cli.console import by_terminal, complain, explain_mappings, read_settings, run, say, with_settings
from gateway.flow import links
from gateway.flow.accept import known_event
from mapping import MappingFaultsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from domain.event import Event
    from gateway.register import Register
    from gateway.runtime import Runtime

    Verb = Callable[[Runtime, Event, argparse.Namespace], Awaitable[int]]


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs."""
    family = commands.add_parser("sync", help="accord avec SINUS et SI-VIC : voir, comparer, renvoyer")
    verbs = family.add_subparsers(dest="verb", required=True, metavar="verbe")

    def verb(name: str, help_: str, work: Verb) -> argparse.ArgumentParser:
        parser = verbs.add_parser(name, help=help_)
        with_settings(parser)
        parser.add_argument("event", help="identifiant de l’événement")
        parser.set_defaults(run=lambda arguments: command(arguments, work))
        return parser

    showing = verb("show", "comparer maintenant, personne par personne ; code 1 s’il y a un désaccord", show)
    showing.add_argument("--json", action="store_true", help="un objet, avec les différences")
    telling = verb("history", "la courbe d’accord de chaque lien", history)
    telling.add_argument("--json", action="store_true", help="un objet")
    again = verb("resend", "renvoyer ce qui manque à un voisin et que rien en route n’explique", send_again)
    joining = verb("link", "lier l’événement, ou changer son lien ; ce qui est chez le voisin y est retiré", link_event)
    there = joining.add_mutually_exclusive_group(required=True)
    there.add_argument("--to", metavar="ID", help="identifiant de l’événement du voisin")
    there.add_argument("--create", action="store_true", help="en ouvrir un autre chez lui")
    leaving = verb("unlink", "délier l’événement : ce qui y est allé en est retiré", unlink_event)
    dictated = verb("phone-list", "liaison coupée : la liste à dicter par téléphone, et quoi dire", dictate)
    dictated.add_argument("--format", choices=[form for form in PHONE_LISTS if form != "json"], default="pdf")
    dictated.add_argument("--output", metavar="FICHIER", help="à défaut : événement-destination-telephone.format, ici")
    for parser in (joining, leaving):
        parser.add_argument("--reason", required=True, help="pourquoi, pour ceux qui liront")
    for parser in (again, joining, leaving, dictated):
        parser.add_argument("destination", help="sinus ou sivic")


def command(arguments: argparse.Namespace, work: Verb) -> int:
    """Run a verb on the house of the settings, beside the running nodes; 2 when it cannot be opened or the event is not known."""
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2

    async def opened() -> int:
        async with build(settings, role="cli") as runtime:
            event = await runtime.read(lambda register: register.events.find(arguments.event))
            if event is None or event.mode != settings.mode:
                complain(f"L’événement {arguments.event} n’est pas connu de la passerelle dans ce mode.")
                return 2
            return await work(runtime, event, arguments)

    try:
        return run(opened())
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2


async def show(runtime: Runtime, event: Event, arguments: argparse.Namespace) -> int:
    """Every link, asked now and written down."""
    looks = [await look_and_note(runtime, event, name) for name in neighbours_of_event(runtime)]
    if arguments.json:
        say(json.dumps([detail_view(look, values=False) for look in looks], ensure_ascii=False, indent=2))
    else:
        for look in looks:
            for line in detail_view(look, values=False)["sentences"]:
                say(line)
        if not looks:
            say("Aucun voisin configuré.")
    return 0 if all(look.verdict is Verdict.AGREED for look in looks) else 1


async def history(runtime: Runtime, event: Event, arguments: argparse.Namespace) -> int:
    """What each comparison saw."""
    view: dict[str, Any] = history_view(
        event, await runtime.read(lambda register: register.agreements.of_event(event.id))
    )
    if arguments.json:
        say(json.dumps(view, ensure_ascii=False, indent=2))
        return 0
    for link in view["links"]:
        say(f"{link['destination']} : {link['seconds_apart']:.0f} s hors d’accord")
        for step in link["steps"]:
            numbers = " ".join(f"{name}={step[name]}" for name in ("portal", "held", "missing", "extra", "different"))
            say(
                f"  {step['from']}  {step['state']:11}{numbers} waiting={step['waiting']} undecided={step['undecided']}"
            )
    return 0


async def dictate(runtime: Runtime, event: Event, arguments: argparse.Namespace) -> int:
    """The list as a file; names, for who may read the base of this machine."""
    destination, form, now = arguments.destination, arguments.format, runtime.clock()
    if destination not in neighbours_of_event(runtime):
        complain(f"{destination} ne tient pas de fiches, ou n’est pas réglé ici.")
        return 2
    by, deployment = by_terminal(), runtime.deployment
    made = await runtime.write(lambda register: taken_list(register, deployment, event, destination, form, by, now))
    path = Path(arguments.output or f"{event.id}-{destination}-telephone.{form}")
    await asyncio.to_thread(lambda: path.write_bytes(write_list(made, form)))
    say(f"{path} : {made.to_say} fiche(s) à dire sur {len(made.rows)}")
    return 0


async def send_again(runtime: Runtime, event: Event, arguments: argparse.Namespace) -> int:
    """The same as the button of the page; audited under the name of who runs it."""
    name = arguments.destination
    if name not in neighbours_of_event(runtime):
        complain(f"{name} ne tient pas de fiches, ou n’est pas réglé ici.")
        return 2
    look = await look_at(runtime, event, name, patience=None, anew=True)
    if look.verdict is Verdict.UNKNOWN:
        complain(f"{look.text}. Rien n’est perdu : réessayer quand il répond.")
        return 1
    by, now = by_terminal(), runtime.clock()
    sent = await runtime.write(lambda register: resend(register, runtime.deployment, look, by, now))
    say("L’événement est renvoyé, ses fiches suivront." if sent.event else f"Fiches renvoyées : {sent.records}.")
    if sent.unsendable:
        say(f"{sent.unsendable} fiches ne sont connues que là-bas : les regarder avec {look.standing.name}.")
    return 0


async def link_event(runtime: Runtime, event: Event, arguments: argparse.Namespace) -> int:
    """The same as the door of the links, under the name of who runs it."""
    wanted = Link("create" if arguments.create else "link", arguments.to, "requested")
    return await _relink(
        runtime,
        event,
        arguments,
        lambda register, current, stamp: links.link(
            register, runtime.deployment, current, arguments.destination, wanted, stamp, arguments.reason
        ),
    )


async def unlink_event(runtime: Runtime, event: Event, arguments: argparse.Namespace) -> int:
    """The same as the door of the links, under the name of who runs it."""
    return await _relink(
        runtime,
        event,
        arguments,
        lambda register, current, stamp: links.unlink(
            register, runtime.deployment, current, arguments.destination, stamp, arguments.reason
        ),
    )


async def _relink(
    runtime: Runtime,
    event: Event,
    arguments: argparse.Namespace,
    change: Callable[[Register, Event, Stamp], links.LinkChange],
) -> int:
    now = runtime.clock()
    stamp = Stamp(Source.GATEWAY, by_terminal(), now, now)

    def work(register: Register) -> links.LinkChange:
        return change(register, known_event(register, event.id, event.mode, for_change=True), stamp)

    try:
        changed = await runtime.write(work)
    except RuleError as refusal:
        complain(f"{refusal.title} {refusal.expected}".strip())
        return 1
    say(changed.words(arguments.destination))
    return 0
