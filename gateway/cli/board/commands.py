"""`passerelle board EVENT tb1 --format pdf`: TB1, TB3 or TB4 of this moment as a file. TB2 is nominative and never leaves as one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway import clock
from gateway.cli.console import by_terminal, complain, on_register, say, with_settings
from gateway.doors.portal.boards import BOARDS, FORMATS, export

if TYPE_CHECKING:
    import argparse

    from gateway.register import Register


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("board", help="TB1, TB3, TB4 en fichier : Excel, PDF ou CSV")
    with_settings(parser)
    parser.add_argument("event", help="identifiant de l’événement")
    parser.add_argument("board", choices=sorted(BOARDS), help="TB2 est nominatif : il ne s’exporte pas")
    parser.add_argument("--format", choices=sorted(FORMATS), default="xlsx")
    parser.add_argument("--output", metavar="FICHIER", help="à défaut : événement-tableau.format, ici")
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Write the file; 2 when the event is not known."""
    now, by = clock.now(), by_terminal()

    def work(register: Register) -> bytes | None:
        event = register.events.find(arguments.event)
        return None if event is None else export(register, event, arguments.board, arguments.format, by, now)

    made = on_register(arguments.settings, work)
    if made is None:
        complain(f"L’événement {arguments.event} n’est pas connu de la passerelle.")
        return 2
    path = Path(arguments.output or f"{arguments.event}-{arguments.board}.{arguments.format}")
    path.write_bytes(made)
    say(str(path))
    return 0
