"""`passerelle demo`: the whole main job on this machine, with nothing to install: simulators, gateway, the rugby event, the page."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from adapters.portal.neighbour import WEBHOOK_SECRET
from domain.intervention.route import Route, RouteKind
from domain.mode import Mode
from domain.victim.care_path import CareStatus
from gateway.cli.console import complain, port, progress_bar, run, say, set_up_log
from gateway.cli.demo.samu import SamuPeople
from gateway.cli.serve import open_house
from gateway.mappings import training_event
from gateway.sandbox import open_sandbox
from gateway.security.keys import Scope, new_key
from gateway.serving import until_told_to_stop
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    import argparse

    from gateway.runtime import Runtime
    from gateway.sandbox import Sandbox

TO_TRY = """
À essayer :
  1. Infirmière : « Demander le SAMU ». Le SAMU simulé affiche la demande et ouvre un dossier en moins d’une minute.
  2. Le SAMU ne répond pas : suspendre « LRM » dans la veille, puis demander à nouveau ; l’infirmière lit « SAMU injoignable, appelez le 15 ».
  3. Veille : suspendre SINUS ; l’écart se voit dans le dénombrement ; reprendre.
Le logiciel du SAMU simulé : {samu}/_sandbox/state
Arrêter : Ctrl+C"""
HOSPITAL_KEY = "demo-hopital"
PEOPLE = {
    "ana": {"role": "crra_evt2", "name": "Ana ESSAI", "key": "demo-portail"},
    "bob": {"role": "crra", "name": "Bob ESSAI", "key": "demo-portail"},
    "cleo": {"role": "ars", "name": "Cléo ESSAI"},
    "dan": {"role": "arz", "name": "Dan ESSAI"},
    "eve": {"role": "dgs", "name": "Ève ESSAI"},
    "fanch": {"role": "dgos", "name": "Fañch ESSAI"},
    "gina": {"role": "hospital", "name": "Gina ESSAI", "key": HOSPITAL_KEY},
    "hugo": {"role": "platform", "name": "Hugo ESSAI", "key": "demo-plateforme"},
    "ines": {"role": "integrator", "name": "Inès ESSAI"},
    "jo": {"role": "operator", "name": "Jo ESSAI"},
    "kim": {"role": "administrator", "name": "Kim ESSAI"},
}
"""One invented person a role; they come in without a key, by "Se connecter" on any page."""
PATIENCE = 30.0  # seconds for every side to agree
LOOK = 0.1  # seconds between two looks
NUMBER = "01 00 00 00 15"
"""Invented: no such number is given to anybody."""
SIDES = {"sinus": "SINUS", "sivic": "SI-VIC"}
ROWS = {
    "UA": "UA",
    "UR": "UR",
    "IMP": "IMP",
    "DCD": "DCD",
    "NC": "NC",
    "total": "Total",
    "total_without_imp": "Total hors IMP",
}


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("demo", help="jouer l’événement d’essai du portail jusqu’à SINUS et SI-VIC")
    parser.add_argument(
        "--once", action="store_true", help="jouer, comparer, sortir : code 0 seulement si tout concorde"
    )
    parser.add_argument(
        "--json", action="store_true", help="un objet JSON : le dénombrement et le retard de chaque côté"
    )
    parser.add_argument("--port", type=port, default=8080, help="port de la page (0 : au choix du système)")
    parser.add_argument("--no-browser", action="store_true", help="ne pas ouvrir la page dans un navigateur")
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Exit code 0 only when every side agrees."""
    set_up_log("WARNING")
    with tempfile.TemporaryDirectory(prefix="passerelle-demo-") as folder:
        return run(_demo(arguments, Path(folder)))


async def _demo(arguments: argparse.Namespace, folder: Path) -> int:
    quiet = bool(arguments.json)
    ports = dict.fromkeys(("sinus", "sivic", "lrm", "lrm_fhir:samu75", "portal"), 0)
    async with open_sandbox(Mode.EXERCISE, ports) as sandbox:
        settings = demo_settings(sandbox.urls, folder, 0 if arguments.once else arguments.port)
        async with open_house(settings) as (runtime, url):
            keys = await _keys(runtime)
            async with httpx.AsyncClient(
                base_url=url, headers={"Authorization": f"Bearer {keys[Scope.PORTAL]}"}, trust_env=False
            ) as client:
                if not quiet:
                    say(
                        f"{training_event.EVENT['name']} : {len(training_event.PATIENTS)} patients, par la porte du portail"
                    )
                event_id = await training_event.play(client, _silent if quiet else _progress)
                columns = await _agreement(client, event_id)
            agreed = agrees(columns)
            if quiet:
                say(json.dumps(summary(columns, agreed=agreed), ensure_ascii=False))
            else:
                _print(columns, agreed=agreed)
            if not arguments.once:
                await _stay(arguments, url, event_id, keys, sandbox)
            return 0 if agreed else 1


async def _stay(
    arguments: argparse.Namespace, url: str, event_id: str, keys: dict[Scope, str], sandbox: Sandbox
) -> None:
    """The pages, what to try, and the people of the SAMU at work, until told to stop."""
    situation = f"{url}/?evenement={event_id}#cle={keys[Scope.PORTAL]}"
    for role, address in (
        ("Régulation, le dénombrement en direct", situation),
        ("ARS, les nombres sans aucun nom", f"{url}/?evenement={event_id}#cle={keys[Scope.COUNTS]}"),
        ("Infirmière d’une plateforme", f"{url}/console/infirmiere.html#cle={keys[Scope.PLATFORM]}"),
        ("Exploitant, la veille", f"{url}/console/veille.html#cle={keys[Scope.OPERATOR]}"),
        ("Exploitant, le Hub Santé", f"{url}/console/hub.html#cle={keys[Scope.OPERATOR]}"),
        ("Intégrateur, les correspondances", f"{url}/console/studio.html#cle={keys[Scope.INTEGRATOR]}"),
    ):
        say(f"\n{role}\n  {address}")
    say(f"\nOu par son nom, une personne par rôle, plusieurs à la fois dans des onglets\n  {url}/console/personnes")
    say(TO_TRY.format(samu=sandbox.urls["lrm"]))
    if not arguments.no_browser and sys.stdout.isatty():
        await asyncio.to_thread(open_browser, situation)
    people = asyncio.create_task(SamuPeople([sandbox.urls["lrm"], sandbox.urls["lrm_fhir:samu75"]]).work())
    try:
        await until_told_to_stop()
    finally:
        people.cancel()
        await asyncio.gather(people, return_exceptions=True)


def open_browser(address: str) -> None:
    """Open the page where there is a browser with a window; one of the terminal would take it over."""
    try:
        if type(webbrowser.get()) is not webbrowser.GenericBrowser:
            webbrowser.open(address)
    except webbrowser.Error:
        return


def demo_settings(urls: Any, folder: Path, port: int) -> Settings:  # noqa: ANN401 - name → address
    """A gateway in exercise mode whose neighbours are the simulators."""

    def link(name: str, path: str = "") -> dict[str, Any]:
        return {"link": {"url": urls[name] + path, "mode": "Exercise"}}

    return Settings.model_validate(
        {
            "mode": Mode.EXERCISE,
            "server": {"port": port},
            "store": {"url": f"sqlite:///{folder / 'passerelle.sqlite3'}"},
            # The deck's event ends before most victims leave: SI-VIC learns of all of them, so that three columns can be compared.
            "trade": {"sivic_statuses": tuple(CareStatus)},
            "sinus": link("sinus"),
            "sivic": link("sivic"),
            "lrm": link("lrm"),
            "lrms": {"samu75": {"speaks": "fhir", **link("lrm_fhir:samu75")}},
            "portal": {**link("portal", "/webhook"), "secrets": [WEBHOOK_SECRET]},
            "hospitals": {HOSPITAL_KEY: {"finess": [training_event.HOSPITAL["finess"]]}},
            "local_people": PEOPLE,
        }
    )


async def _keys(runtime: Runtime) -> dict[Scope, str]:
    """A key of each scope that has a page; a platform's requests for Melun and Paris have a way to a CRRA's simulator."""
    names = {
        Scope.PORTAL: "demo-portail",
        Scope.COUNTS: "demo-ars",
        Scope.OPERATOR: "demo-exploitant",
        Scope.PLATFORM: "demo-plateforme",
        Scope.INTEGRATOR: "demo-integrateur",
    }
    made = {scope: new_key(name, scope, Mode.EXERCISE) for scope, name in names.items()}
    for key in made.values():
        await runtime.write(lambda register, key=key: register.keys.add(key, runtime.clock()))  # type: ignore[misc]
    now = runtime.clock()
    for way in (
        Route("demo", RouteKind.DEPARTMENT, "77", "lrm", "SAMU 77", now, crra="fr.health.samu077", phone=NUMBER),
        Route(
            "demo-75",
            RouteKind.DEPARTMENT,
            "75",
            "lrm_fhir:samu75",
            "SAMU 75",
            now,
            crra="fr.health.samu075",
            phone=NUMBER,
        ),
    ):
        await runtime.write(lambda register, way=way: register.routes.put(way, "demo", now))  # type: ignore[misc]
    return {scope: key.key for scope, key in made.items()}


async def _agreement(client: httpx.AsyncClient, event_id: str) -> dict[str, Any]:
    """Look until every side holds the same, or patience runs out."""
    columns: dict[str, Any] = {}
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await client.get(f"/v1/events/{event_id}/sync")
                columns = answer.raise_for_status().json()
                if agrees(columns):
                    return columns
                await asyncio.sleep(LOOK)
    except TimeoutError:
        return columns


def agrees(columns: dict[str, Any]) -> bool:
    """Whether the portal's numbers are the deck's, and SINUS and SI-VIC hold the same with nothing left on the way."""
    by_name = {column["name"]: column for column in columns.get("destinations", ())}
    return (
        {name: columns["portal"][name] for name in training_event.TOTALS} == training_event.TOTALS
        and set(by_name) == set(SIDES)
        and all(column["agrees"] and not column["waiting"] and not column["parked"] for column in by_name.values())
    )


def summary(columns: dict[str, Any], *, agreed: bool) -> dict[str, Any]:
    """Each side's counts and lag, as one object."""
    sides = {
        column["name"]: {"counts": column["held"], "lag_ms": column["lag_ms"]} for column in columns["destinations"]
    }
    return {
        "agreed": agreed,
        "event_id": columns["event_id"],
        "portal": {"counts": columns["portal"], "lag_ms": 0},
        **sides,
    }


def _print(columns: dict[str, Any], *, agreed: bool) -> None:
    by_name = {column["name"]: column for column in columns["destinations"]}
    say(f"\n{'':16}{'Portail':>10}" + "".join(f"{title:>10}" for title in SIDES.values()))
    for row, title in ROWS.items():
        cells = [columns["portal"][row], *((by_name[name]["held"] or {}).get(row, "?") for name in SIDES)]
        say(f"{title:16}" + "".join(f"{cell:>10}" for cell in cells))
    lags = ["", *(by_name[name]["lag_ms"] for name in SIDES)]
    say(f"{'Retard (ms)':16}" + "".join(f"{'?' if lag is None else lag:>10}" for lag in lags))
    say("\nTout concorde." if agreed else "")
    if not agreed:
        complain("Les côtés ne concordent pas : voir la page, tableau des envois.")


async def _progress(done: int, of: int) -> None:
    progress_bar(done, of)


async def _silent(_: int, __: int) -> None:
    """With --json only the object is printed."""
