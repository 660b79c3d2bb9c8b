"""The command line: `passerelle`. One file per family of commands; each says what to do when something is wrong.

Only the family that is asked is imported: `key` must not wait for what `serve` needs.
"""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches
from errno import EADDRINUSE
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILIES = {
    "serve": "ouvrir les portes et envoyer",
    "work": "envoyer, sans ouvrir de porte : un nœud de plus (PostgreSQL)",
    "demo": "jouer l’événement d’essai du portail jusqu’à SINUS et SI-VIC",
    "play": "jouer une crise entière, avec ses pannes, et juger qui est tenu où",
    "sandbox": "ouvrir les simulateurs des voisins",
    "key": "clés d’accès",
    "event": "portails qui voient un événement : montrer, ouvrir, refermer",
    "check": "vérifier réglages, correspondances, base et voisins",
    "outbox": "messages sortants : voir, rejouer, abandonner, suspendre",
    "jobs": "travaux réguliers : voir, lancer maintenant",
    "sync": "accord avec SINUS et SI-VIC : voir, comparer, renvoyer",
    "board": "TB1, TB3, TB4 en fichier : Excel, PDF ou CSV",
    "store": "la base",
    "mapping": "correspondances : vérifier, essayer, comparer, activer",
    "route": "voies vers les SAMU : voir, écrire, finir, qui a changé quoi",
    "platform": "plateformes : vérifier qu’une passerelle fait ce que dit le guide",
    "hub": "Hub Santé : valider, écrire en JSON ou en XML, dire à un partenaire, suivre",
}

PORTS = "--port, ou server.port dans les réglages"
FOLDERS = frozenset({"board", "demo", "jobs", "play", "outbox", "mapping", "hub"})
"""Families of several files: each is a folder whose `commands` declares them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="passerelle",
        description="La passerelle entre le portail SI-Samu, SINUS, SI-VIC et les logiciels de régulation.",
    )
    parser.add_argument("--version", action="version", version=f"passerelle {version('passerelle')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    for name, meaning in FAMILIES.items():
        if given[:1] == [name]:
            import_module(f"gateway.cli.{name}.commands" if name in FOLDERS else f"gateway.cli.{name}").declare(
                commands
            )
        else:
            commands.add_parser(name, help=meaning)
    if given and not given[0].startswith("-") and given[0] not in FAMILIES:
        near = get_close_matches(given[0], FAMILIES, n=1)
        wanted = f"vouliez-vous dire « {near[0]} » ?" if near else f"commandes : {', '.join(FAMILIES)}."
        print(f"passerelle : commande inconnue « {given[0]} » ; {wanted}", file=sys.stderr)  # noqa: T201 - same
        return 2
    arguments = parser.parse_args(given)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # A port that is taken, a file that is not there: the system's own words, which hold no patient's data.
        taken = error.errno == EADDRINUSE
        words = (
            f"port déjà pris ({error}). Arrêter ce qui l’occupe, ou en choisir un autre : {PORTS}." if taken else error
        )
        print(f"passerelle : {words}", file=sys.stderr)  # noqa: T201 - a command speaks to its terminal
        return 1
