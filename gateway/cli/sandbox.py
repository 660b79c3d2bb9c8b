"""`passerelle sandbox`: the neighbours' simulators, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.neighbours import NEIGHBOURS, kind_of
from adapters.portal.neighbour import WEBHOOK_SECRET
from gateway.cli.console import complain, explain_mappings, read_settings, run, say, with_settings
from gateway.sandbox import DEFAULT_PORTS, WHEN_NAMED, declared_applications, open_sandbox
from gateway.serving import until_told_to_stop
from mapping import MappingFaultsError, UnknownMappingError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from starlette.applications import Starlette

    Declared = dict[str, Callable[[], Starlette]]

HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("sandbox", help="ouvrir les simulateurs des voisins")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="voisin",
        help=f"parmi {', '.join(DEFAULT_PORTS)}, une destination des réglages, ou plusieurs logiciels de régulation par leur nom (lrm:samu77 "
        "lrm_fhir:samu75) ; sans nom, tous sauf le hub, qui démarre un RabbitMQ",
    )
    parser.add_argument("--mode", choices=("Actual", "Exercise"), default="Exercise", help="ce qu’ils acceptent")
    parser.add_argument("--host", default="127.0.0.1", help="adresse d’écoute")
    parser.add_argument(
        "--port", action="append", default=[], metavar="VOISIN=PORT", help="changer un port ; 0 : au choix du système"
    )
    with_settings(parser)
    parser.add_argument("--models", type=Path, metavar="DIR", help="modèles officiels du hub (json-schema/, xsd/)")
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Serve the simulators until told to stop."""
    try:
        declared, ports = _declared(arguments)
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2
    except UnknownMappingError as error:
        complain(f"{error}. Vérifier [destinations] dans les réglages.")
        return 2
    # One of several is on a port that the system chooses, unless it is said.
    several = {
        name: 0
        for name in arguments.names
        if kind_of(name) != name and kind_of(name) in DEFAULT_PORTS and NEIGHBOURS[kind_of(name)].several
    }
    ports = {**DEFAULT_PORTS, **several, **ports}
    for pair in arguments.port:
        name, _, port = pair.partition("=")
        if name not in ports or not port.isdigit():
            say(f"--port {pair} : attendu voisin=port, voisin parmi {', '.join(ports)}")
            return 2
        ports[name] = int(port)
    unknown = [name for name in arguments.names if name not in ports]
    if unknown:
        say(f"Voisin inconnu : {', '.join(unknown)} ; attendu : {', '.join(ports)}")
        return 2
    chosen = {name: port for name, port in ports.items() if name in (arguments.names or set(ports) - WHEN_NAMED)}
    run(_sandbox(arguments, chosen, declared))
    return 0


def _declared(arguments: argparse.Namespace) -> tuple[Declared, dict[str, int]]:
    """The neighbours that the settings know by their files, each on the port of its own link when that is this machine."""
    asked = arguments.settings or set(arguments.names) - set(DEFAULT_PORTS)
    settings = read_settings(arguments.settings) if asked else None
    if settings is None:
        return {}, {}
    at = {name: urlsplit(destination.link.url) for name, destination in settings.destinations.items()}
    ports = {name: (url.port or 0) if url.hostname in HERE else 0 for name, url in at.items()}
    return declared_applications(settings), ports


async def _sandbox(arguments: argparse.Namespace, ports: dict[str, int], declared: Declared) -> None:
    async with open_sandbox(arguments.mode, ports, arguments.host, arguments.models, declared) as sandbox:
        for name, url in sandbox.urls.items():
            if name in WHEN_NAMED:
                say(f"{name:15} {url}   accès, messages et refus sur la page   script : POST {url}/_sandbox/script")
                continue
            say(f"{name:15} {url}   pannes : POST {url}/_sandbox/faults   état : GET {url}/_sandbox/state")
        if "portal" in sandbox.urls:
            say(f"secret de signature du portail simulé : {WEBHOOK_SECRET}")
        say("Arrêter : Ctrl+C")
        await until_told_to_stop()
