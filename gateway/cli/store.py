"""`passerelle store move`: from SQLite to PostgreSQL, while stopped, losing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.console import complain, say
from gateway.operations.move_store import MovingError, move

if TYPE_CHECKING:
    import argparse


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    verbs = commands.add_parser("store", help="la base").add_subparsers(dest="verb", required=True, metavar="verbe")
    moving = verbs.add_parser("move", help="porter une base SQLite dans PostgreSQL, passerelle arrêtée")
    moving.add_argument("--from", dest="source", required=True, metavar="URL", help="sqlite:///chemin")
    moving.add_argument("--to", dest="target", required=True, metavar="URL", help="postgresql+psycopg://…, vide")
    moving.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Exit code 0 only when every row arrived."""
    try:
        total = move(
            arguments.source, arguments.target, progress=lambda moved: say(f"{moved.table:24}{moved.rows:>10}")
        )
    except MovingError as error:
        complain(str(error))
        return 1
    except SQLAlchemyError as error:
        complain(f"La base ne se laisse pas lire ou écrire ({type(error).__name__}). Rien n’a été gardé.")
        return 1
    say(f"{total} lignes portées et comparées. Mettre store.url à la nouvelle adresse, puis démarrer.")
    return 0
