"""`passerelle play`: a crisis, its failures and its people, on this machine; in exercise mode only, against the shipped simulators."""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from adapters.portal.neighbour import WEBHOOK_SECRET
from domain.mode import Mode
from domain.victim.care_path import CareStatus
from gateway.cli.console import progress_bar, run, say, set_up_log
from gateway.cli.play import report
from gateway.cli.play.people import Crowd
from gateway.cli.play.player import play
from gateway.cli.play.scenario import Script
from gateway.cli.play.scenarios import SCENARIOS
from gateway.cli.play.scenarios.course import HOSPITALS
from gateway.cli.play.stage import Stage, place_id
from gateway.cli.serve import open_house
from gateway.sandbox import open_sandbox
from gateway.security.keys import Scope, new_key
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.cli.play.scenario import Scenario
    from gateway.runtime import Runtime

HOSPITAL_KEY = "jeu-etablissement"
SERIES = 825


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("play", help="jouer une crise entière, avec ses pannes, et juger qui est tenu où")
    parser.add_argument("name", metavar="SCÉNARIO", nargs="?", choices=[*SCENARIOS], help=", ".join(SCENARIOS))
    parser.add_argument(
        "--speed", type=_speed, default=60.0, metavar="N", help="secondes du scénario par seconde (60 par défaut)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="graine : la même rejoue la même chose (1 par défaut)"
    )
    parser.add_argument(
        "--store", metavar="URL", help="base à employer, vide ; absente : un fichier SQLite d’un moment"
    )
    parser.add_argument("--json", action="store_true", help="un objet JSON, et rien d’autre")
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Exit code 0 only when everything is right at the end; 2 where no scenario was named."""
    if arguments.name is None:
        for scenario in SCENARIOS.values():
            say(f"{scenario.name:10} {scenario.title}")
        return 2
    set_up_log("ERROR")
    with tempfile.TemporaryDirectory(prefix="passerelle-play-") as folder:
        return run(_play(arguments, Path(folder)))


async def _play(arguments: argparse.Namespace, folder: Path) -> int:
    scenario = SCENARIOS[arguments.name]
    store = arguments.store or f"sqlite:///{folder / 'passerelle.sqlite3'}"
    async with _open_stage(scenario, store, arguments.seed) as stage:
        script = Script()
        scenario.write(script, stage, Random(arguments.seed))  # noqa: S311 - a play is drawn to be drawn again
        await stage.open_event(scenario.title)
        outcome = await play(
            stage, script, arguments.speed, scenario.patience, _silent if arguments.json else progress_bar
        )
        if arguments.json:
            made = report.document(scenario, arguments.seed, arguments.speed, stage, outcome)
            say(json.dumps(made, ensure_ascii=False))
        else:
            say(report.text(scenario, stage, outcome))
        return 0 if report.is_right(outcome) else 1


@asynccontextmanager
async def _open_stage(scenario: Scenario, store: str, seed: int) -> AsyncIterator[Stage]:
    """A gateway in exercise mode, its neighbours, and somebody at each door."""
    ports = dict.fromkeys(("sinus", "sivic", "portal"), 0)
    async with (
        open_sandbox(Mode.EXERCISE, ports) as sandbox,
        open_house(_settings(sandbox.urls, store)) as (deployment, url),
    ):
        crowd = Crowd(
            Random(seed + 1),  # noqa: S311 - same
            tuple(place_id(number) for number in range(1, len(scenario.places) + 1)),
            SERIES,
        )
        stage = Stage(url, await _keys(deployment), sandbox.urls, crowd, scenario.places, deployment.dispatcher.tally)
        try:
            yield stage
        finally:
            await stage.close()


def _settings(urls: Any, store: str) -> Settings:  # noqa: ANN401 - name → address
    def link(name: str, path: str = "") -> dict[str, Any]:
        return {"link": {"url": urls[name] + path, "mode": "Exercise"}}

    return Settings.model_validate(
        {
            "mode": Mode.EXERCISE,
            "server": {"port": 0},
            "store": {"url": store},
            # SI-VIC learns of everybody, so that what it holds can be judged person by person.
            "trade": {"sivic_statuses": tuple(CareStatus)},
            "watch": {"reconcile_seconds": 5, "repair_seconds": 5},
            "hospitals": {
                HOSPITAL_KEY: {"finess": [place["finess"] for place in HOSPITALS], "name": "Hôpital d’essai"}
            },
            "sinus": link("sinus"),
            "sivic": link("sivic"),
            "portal": {**link("portal", "/webhook"), "secrets": [WEBHOOK_SECRET]},
        }
    )


async def _keys(deployment: Runtime) -> dict[Scope, str]:
    names = {Scope.PORTAL: "jeu-portail", Scope.HOSPITAL: HOSPITAL_KEY}
    made = {scope: new_key(name, scope, Mode.EXERCISE) for scope, name in names.items()}
    for key in made.values():
        await deployment.write(lambda register, key=key: register.keys.add(key, deployment.clock()))  # type: ignore[misc]
    return {scope: key.key for scope, key in made.items()}


def _speed(text: str) -> float:
    try:
        speed = float(text.replace(",", "."))
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text} n’est pas une vitesse ; attendu : un nombre plus grand que 0")
    return speed


def _silent(_: int, __: int) -> None:
    """Nothing is shown where nobody looks."""
