"""`passerelle hub`: is this message conformant to the Hub Santé's models, and what is it in the other form; say something to a partner.

`validate` and `transcode` need no broker, no settings and no database: an editor may use them alone, on files of its own.
`send` and `case` are the operator's doors without a browser: the same documents, the same outbox, beside the running nodes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from adapters.lrm.hubsante import tools

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

FAMILY = "Hub Santé : valider, écrire en JSON ou en XML, dire à un partenaire, suivre"


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The family: `validate`, `transcode`, `send`, `case`."""
    parser = commands.add_parser("hub", help=FAMILY)
    verbs = tools.add_commands(parser)
    parser.set_defaults(run=tools.run)
    sending = verbs.add_parser("send", help="mettre un message pour un partenaire dans la boîte d’envoi")
    sending.add_argument(
        "message", metavar="MESSAGE", help="comme les portes /v1/hub/messages : help-request, vehicles…"
    )
    sending.add_argument("file", type=Path, metavar="FICHIER", help="le document JSON que la porte prendrait")
    showing = verbs.add_parser(
        "case", help="la chronologie d’un dossier : ce qui est parti, ses cinq étapes, ce qui est venu"
    )
    showing.add_argument("case_id", metavar="DOSSIER", help="identifiant partagé")
    for verb, name in ((sending, "send"), (showing, "case")):
        verb.add_argument("--settings", metavar="FICHIER", help="fichier de réglages (passerelle.toml par défaut)")
        verb.set_defaults(run=_with_the_house(name))


def _with_the_house(name: str) -> Callable[[argparse.Namespace], int]:
    """Imported when asked: an editor's `validate` waits for no database."""

    def work(arguments: argparse.Namespace) -> int:
        from gateway.cli.hub import messages  # noqa: PLC0415 - see above

        return int(getattr(messages, name)(arguments))

    return work
