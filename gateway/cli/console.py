"""What every command shares: how it speaks, how it reads the settings, how it runs the event loop."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from gateway import migrations
from gateway.register import Register
from gateway.settings import settings as settings_room
from outbox.database.database import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gateway.settings.settings import Settings
    from mapping import MappingFaultsError

T = TypeVar("T")
LAST_PORT = 65535
BAR = 28  # characters


def say(text: str = "") -> None:
    """To the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """To the terminal, about something wrong."""
    sys.stderr.write(text + "\n")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's own work."""
    if sys.platform == "win32":  # uvloop does not exist there
        return asyncio.run(work)
    result: T = import_module("uvloop").run(work)
    return result


def port(text: str) -> int:
    """A port as an argument. Raises ArgumentTypeError, which argparse tells."""
    if not text.isascii() or not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} n’est pas un port ; attendu : un nombre de 0 à {LAST_PORT}")
    return int(text)


def with_settings(parser: argparse.ArgumentParser) -> None:
    """The option every command that needs the settings has."""
    parser.add_argument("--settings", metavar="FICHIER", help="fichier de réglages (passerelle.toml par défaut)")


def read_settings(path: Path | str | None) -> Settings | None:
    """The settings, or None after saying what is wrong with them: names of keys, never values."""
    if path is not None and not Path(path).is_file():
        complain(f"Le fichier de réglages {path} n’existe pas.")
        return None
    try:
        return settings_room.load(Path(path) if path else None)
    except tomllib.TOMLDecodeError as error:
        complain(f"Le fichier de réglages {path or 'passerelle.toml'} n’est pas du TOML lisible : {error}.")
        return None
    except ValidationError as error:
        complain("Réglages refusés :")
        for fault in error.errors(include_input=False, include_url=False):
            complain(f"  {'.'.join(str(part) for part in fault['loc'])} : {fault['msg']}")
        return None


def on_register(settings_file: Path | str | None, work: Callable[[Register], T]) -> T | None:
    """Run the work on the register in one transaction; None after saying what is wrong with the settings."""
    settings = read_settings(settings_file)
    if settings is None:
        return None
    migrations.upgrade(settings.store.url)

    async def on_database() -> T:
        database = open_database(settings.store.url, seal=settings.store.seal())
        try:
            return await database.write(lambda connection: work(Register(connection)))
        finally:
            await database.close()

    return run(on_database())


def explain_mappings(error: MappingFaultsError) -> None:
    """Every fault of the mapping files, one a line."""
    complain("Correspondances refusées :")
    for fault in error.faults:
        complain(f"  {fault}")


def by_terminal() -> str:
    """Who runs the command, as the audit names them."""
    return f"{getpass.getuser()} (ligne de commande)"


def progress_bar(done: int, of: int) -> None:
    """How far a long command has come, for somebody who looks at the terminal."""
    if not sys.stdout.isatty():
        return
    filled = BAR * done // of
    sys.stdout.write(f"\r  {'█' * filled}{'░' * (BAR - filled)} {done}/{of}" + ("\n" if done == of else ""))
    sys.stdout.flush()


def set_up_log(level: str) -> None:
    """Dotted facts with fields, one a line, on standard error."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # These would write addresses, and an address may name a person's record.
    for chatty in ("httpx", "httpcore", "apscheduler", "zeep", "alembic", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
