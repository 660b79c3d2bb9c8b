"""The command line: `passerelle`. One file per family of commands; each says what to do when something is wrong."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from gateway.cli import check, demo, hub, key, mapping, sandbox, serve

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILIES = (serve, demo, sandbox, key, check, mapping, hub)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="passerelle",
        description="La passerelle entre le portail SI-Samu, SINUS, SI-VIC et les logiciels de régulation.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    for family in FAMILIES:
        family.declare(commands)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # A port that is taken, a file that is not there: the system's own words, which hold no patient's data.
        print(f"passerelle : {error}", file=sys.stderr)  # noqa: T201 - a command speaks to its terminal
        return 1
