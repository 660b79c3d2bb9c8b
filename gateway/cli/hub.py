"""`passerelle hub`: is this message conformant to the Hub Santé's models, and what is it in the other form.

It needs no broker, no settings and no database: an editor may use it alone, on files of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.hubsante import tools

if TYPE_CHECKING:
    import argparse


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The family: `validate` and `transcode`."""
    parser = commands.add_parser("hub", help="Hub Santé : valider des messages, les écrire en JSON ou en XML")
    tools.add_commands(parser)
    parser.set_defaults(run=tools.run)
