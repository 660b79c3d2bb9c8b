"""`passerelle mapping`: are the mapping files right, what do they say, what would this victim give.

These verbs change nothing; those that write are in `mapping_authoring`, those that decide in `mapping_change`. Exit codes: 0 all is well, 1 something is not (a fault, a
difference, a pair that is wrong), 2 the question itself cannot be answered.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapping
from gateway.cli.console import by_terminal, complain, explain_mappings, on_register, read_settings, say, with_settings
from gateway.cli.mapping import authoring, change
from gateway.cli.mapping import send as mapping_send
from gateway.clock import now
from gateway.doors.studio import sample_documents
from gateway.doors.studio.sample_documents import DEMO, SampleDocumentError
from mapping import MappingFaultsError, UnknownMappingError
from mapping.authoring import tools
from mapping.proof import golden

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from gateway.register import Register
    from mapping import Catalogue
    from mapping.authoring.tools import ToolReport

    Ask = Callable[[Catalogue, argparse.Namespace], ToolReport]


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The family."""
    parser = commands.add_parser("mapping", help="correspondances : vérifier, essayer, comparer, activer")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verbe")
    checked = verbs.add_parser("check", help="tous les défauts de tous les fichiers, chacun à sa ligne")
    checked.set_defaults(run=check)
    shown = verbs.add_parser("show", help="les règles d’une correspondance, héritées comprises")
    shown.set_defaults(run=_asking(lambda catalogue, arguments: tools.show(catalogue, arguments.name)))
    previewed = verbs.add_parser("preview", help="ce que donne un document, et la règle de chaque valeur")
    previewed.set_defaults(run=_asking(preview))
    compared = verbs.add_parser("diff", help="ce que deux versions envoient différemment")
    compared.add_argument("old", metavar="ancienne")
    compared.add_argument("new", metavar="nouvelle")
    compared.set_defaults(run=_asking(diff))
    tested = verbs.add_parser("test", help="rejouer les paires de référence")
    tested.set_defaults(run=_asking(lambda catalogue, arguments: golden.run(catalogue, arguments.name)))
    covered = verbs.add_parser("coverage", help="règles et codes que les paires ne touchent jamais")
    covered.set_defaults(run=_asking(lambda catalogue, arguments: golden.coverage(catalogue, arguments.name)))
    explained = verbs.add_parser("explain", help="d’où vient une valeur : règle, table, liste d’accès")
    explained.set_defaults(
        run=_asking(lambda catalogue, arguments: tools.explain(catalogue, arguments.name, arguments.target))
    )
    sent = verbs.add_parser("send", help="poster un document à un système que l’on raccorde")
    sent.set_defaults(run=_asking(send))
    mapping_send.with_address(sent)
    for verb in (shown, previewed, explained, sent):
        verb.add_argument("name", metavar="correspondance", help="par exemple sivic/personne@1")
    for verb in (tested, covered):
        verb.add_argument("name", metavar="correspondance", nargs="?", help="une seule ; toutes par défaut")
    _with_models(checked)
    explained.add_argument("target", metavar="cible", help="par exemple identite.sexe")
    previewed.add_argument("source", help=f"fichier JSON, « {DEMO} », ou identifiant d’un patient du registre")
    sent.add_argument("source", help="comme pour preview")
    compared.add_argument("sources", nargs="*", default=[DEMO], metavar="source", help=f"« {DEMO} » par défaut")
    for verb in (checked, shown, previewed, compared, tested, covered, explained, sent):
        with_folders(verb)
    authoring.declare(verbs)
    change.declare(verbs)


def _with_models(parser: argparse.ArgumentParser) -> None:
    models_help = "modèles officiels du Hub Santé, pour vérifier ce qui lui part (sinon hub.models_dir des réglages)"
    parser.add_argument("--models", type=Path, metavar="DOSSIER", help=models_help)


def with_folders(parser: argparse.ArgumentParser) -> None:
    """The options of every verb: which files, which settings, in which form to answer."""
    parser.add_argument(
        "--dir",
        dest="folders",
        type=Path,
        action="append",
        metavar="DOSSIER",
        help="dossier de correspondances en plus de celles du produit (répétable ; sinon mapping_dirs des réglages)",
    )
    parser.add_argument("--json", action="store_true", help="répondre en JSON")
    with_settings(parser)


def folders_of(arguments: argparse.Namespace) -> tuple[Path, ...] | None:
    """The product's folder and the deployment's, or None after saying why they cannot be known."""
    wanted = arguments.folders
    if wanted is None:
        settings = read_settings(arguments.settings)
        if settings is None:
            return None
        wanted = settings.mapping_dirs
    return (mapping.SHIPPED, *(folder for folder in wanted if folder.resolve() != mapping.SHIPPED))


def read_catalogue(arguments: argparse.Namespace) -> Catalogue | None:
    """What the folders hold, or None after telling every fault."""
    folders = folders_of(arguments)
    if folders is None:
        return None
    try:
        return mapping.load_catalogue(*folders)
    except MappingFaultsError as error:
        explain_mappings(error)
        return None


def tell(report: ToolReport, arguments: argparse.Namespace) -> int:
    """Print an answer in the form asked for."""
    say(json.dumps({"ok": report.ok, **report.data}, ensure_ascii=False) if arguments.json else report.text)
    return 0 if report.ok else 1


def check(arguments: argparse.Namespace) -> int:
    """Every fault of every file, at once."""
    folders = folders_of(arguments)
    if folders is None:
        return 2
    models = arguments.models or _models_of(arguments)
    if models is not None and not models.is_dir():
        complain(f"Le dossier de modèles {models} n’existe pas.")
        return 2
    return tell(tools.check(*folders, models=models), arguments)


def _models_of(arguments: argparse.Namespace) -> Path | None:
    """What the settings say; where only folders are asked about, the settings are not read."""
    settings = read_settings(arguments.settings) if arguments.folders is None or arguments.settings else None
    return settings.hub.models_dir if settings and settings.hub else None


def _asking(ask: Ask) -> Callable[[argparse.Namespace], int]:
    def command(arguments: argparse.Namespace) -> int:
        catalogue = read_catalogue(arguments)
        if catalogue is None:
            return 2
        try:
            return tell(ask(catalogue, arguments), arguments)
        except (UnknownMappingError, SampleDocumentError) as error:
            complain(str(error))
            return 2

    return command


def preview(catalogue: Catalogue, arguments: argparse.Namespace) -> ToolReport:
    """The first document of the source."""
    shape = catalogue.mapping(arguments.name)
    documents = documents_of(shape, arguments.source, arguments)
    return tools.preview(catalogue, arguments.name, next(iter(documents.values())))


def send(catalogue: Catalogue, arguments: argparse.Namespace) -> ToolReport:
    """The first document of the source, posted."""
    shape = catalogue.mapping(arguments.name)
    documents = documents_of(shape, arguments.source, arguments)
    return mapping_send.send(catalogue, shape, next(iter(documents.values())), arguments)


def diff(catalogue: Catalogue, arguments: argparse.Namespace) -> ToolReport:
    """Every document of every source, in both versions."""
    shape = catalogue.mapping(arguments.old)
    documents: dict[str, Any] = {}
    for source in arguments.sources:
        documents |= documents_of(shape, source, arguments)
    return tools.diff(catalogue, arguments.old, arguments.new, documents.items())


def documents_of(shape: mapping.Mapping, source: str, arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Name → document. Raises `SampleDocumentError` when the source has none."""
    if source == DEMO:
        documents = sample_documents.demo(shape.topic, shape.recipient)
        if not documents:
            raise SampleDocumentError(
                f"L’événement d’essai n’a pas de document « {shape.topic} » : donnez un fichier JSON."
            )
        return documents
    if Path(source).is_file():
        return {source: sample_documents.from_file(Path(source))}
    if shape.topic != "victim":
        raise SampleDocumentError(f"Le fichier {source} n’existe pas.")

    def look(register: Register) -> dict[str, Any]:
        documents = sample_documents.live(register, source, shape.recipient)
        who = by_terminal()
        register.audit.note(who, "mapping.patient_seen", source, now(), {"mapping": shape.name})
        return documents

    found_live = on_register(arguments.settings, look)
    if found_live is None:
        raise SampleDocumentError("Sans réglages valables, aucun registre où chercher ce patient.")
    return {source: found_live}
