"""`passerelle mapping`: the verbs that write files: a first draft from a contract, one more pair in a table.

What comes with the product is never written: a deployment has folders of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mapping
from gateway.cli.console import complain, explain_mappings, on_register, read_settings, say, with_settings
from gateway.register.mappings.versions import Mappings
from mapping import MappingFaultsError, UnknownMappingError
from mapping.authoring.scaffold import draft
from mapping.codes.rows import add_pair
from mapping.contracts import Contracts
from mapping.faults import Faults, Spot, did_you_mean
from mapping.language.paths import topic_shape
from mapping.language.rules import NAME, Token

if TYPE_CHECKING:
    import argparse

CELLS = ("canon", "wire", "label", "source", "version", "valid_from", "valid_to")


def declare(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs."""
    new = verbs.add_parser("new", help="ébauche d’une correspondance depuis un XSD, un WSDL ou un schéma JSON")
    new.add_argument("name", metavar="correspondance", help="destinataire/nom@version")
    new.add_argument("--topic", required=True, help="ce qui est lu : victim, event, counts…")
    new.add_argument(
        "--target", required=True, metavar="CONTRAT#DOCUMENT", help="fichier du dossier contracts/ et document"
    )
    new.add_argument("--dir", dest="folder", type=Path, required=True, metavar="DOSSIER", help="dossier du déploiement")
    new.set_defaults(run=scaffold)
    table = verbs.add_parser("table", help="ajouter une paire à une table de codes")
    what = table.add_subparsers(dest="what", required=True, metavar="geste")
    add = what.add_parser("add", help="ajouter une paire, avec sa source")
    add.add_argument("table", help="par exemple essai/sexe")
    add.add_argument("canon", help="notre code")
    add.add_argument("wire", metavar="voisin", help="leur code")
    add.add_argument("--label", required=True, help="ce que c’est, en français")
    add.add_argument("--source", required=True, help="d’où vient la paire : contrat, courrier, arrêté")
    add.add_argument(
        "--source-version", default="", dest="version", help="version de la source, si elle ne la nomme pas"
    )
    add.add_argument("--valid-from", default="", metavar="AAAA-MM-JJ", help="premier jour où la paire vaut")
    add.add_argument("--valid-to", default="", metavar="AAAA-MM-JJ", help="dernier jour où elle vaut")
    add.add_argument("--lossy", action="store_true", help="leur code ne se relit pas comme le nôtre")
    add.add_argument("--dir", dest="folders", type=Path, action="append", metavar="DOSSIER")
    with_settings(add)
    add.set_defaults(run=add_row)


def scaffold(arguments: argparse.Namespace) -> int:
    """A draft where the file will be; an existing file is left alone."""
    name: str = arguments.name
    if not NAME.fullmatch(name):
        complain("Un nom s’écrit destinataire/nom@version, par exemple essai/fiche@1.")
        return 2
    if topic_shape(arguments.topic) is None:
        complain(f"Sujet inconnu « {arguments.topic} », {did_you_mean(arguments.topic, ['victim', 'event', 'counts'])}")
        return 2
    path = arguments.folder / "files" / f"{name}.yaml"
    if path.exists():
        complain(f"{path} existe déjà : donnez une autre version.")
        return 2
    faults = Faults()
    root = Contracts([arguments.folder / "contracts"]).find(Token(arguments.target, Spot(name)), faults)
    try:
        faults.refuse_any()
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2
    if root is None:
        complain(f"{arguments.target.partition('#')[0]} n’est pas dans {arguments.folder / 'contracts'}.")
        return 2
    path.parent.mkdir(parents=True, exist_ok=True)
    recipient = name.partition("/")[0]
    path.write_text(draft(name, recipient, arguments.topic, arguments.target, root), encoding="utf-8")
    say(f"Ébauche écrite : {path}. « passerelle mapping check » dit ce qui manque.")
    return 0


def add_row(arguments: argparse.Namespace) -> int:
    """One more pair, in the deployment's own table; the code is then no longer among the unknown ones."""
    folders = arguments.folders
    if folders is None:
        settings = read_settings(arguments.settings)
        if settings is None:
            return 2
        folders = settings.mapping_dirs
    own = [folder for folder in folders if folder.resolve() != mapping.SHIPPED]
    if not own:
        complain(
            "Ce déploiement n’a pas de dossier de correspondances (mapping_dirs) ; celles du produit ne s’écrivent pas."
        )
        return 2
    cells = {name: getattr(arguments, name) for name in CELLS} | {"lossy": "true" if arguments.lossy else ""}
    try:
        path = add_pair(own, arguments.table, cells)
    except UnknownMappingError as error:
        complain(f"{error}.")
        return 2
    except MappingFaultsError as error:
        explain_mappings(error)
        return 1
    if arguments.folders is None:
        on_register(
            arguments.settings,
            lambda register: Mappings(register.connection).settle_unknown(arguments.table, arguments.canon),
        )
    say(f"{path} : {arguments.canon} → {arguments.wire}.")
    say("Rien n’est changé à ce qui part : « passerelle mapping activate files » met les fichiers en vigueur.")
    return 0
