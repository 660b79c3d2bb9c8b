"""The doors of the studio, with what they take."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gateway.doors.http.door import Door
from gateway.doors.http.schemas import Strict
from gateway.doors.studio import drafts, live
from gateway.security.keys import Scope
from mapping.authoring.proposal import MOST_CHARACTERS

INTEGRATOR = frozenset({Scope.INTEGRATOR})
Name = Annotated[str, Field(min_length=5, max_length=120, description="Par exemple sivic/personne@1.")]
WHICH = {"mapping": "Nom et version : sivic/personne@1."}
EXAMPLE = """mapping: portal/outcome@2
extends: portal/outcome@1
rules:
  - {to: mode, from: mode}
"""


class MappingText(Strict):
    """A mapping as it is written, in YAML."""

    text: Annotated[str, Field(max_length=MOST_CHARACTERS, description="Le texte YAML d’une correspondance.")]


class TriedText(MappingText):
    """A mapping, and a document to try it on."""

    document: dict[str, Any]
    """Ce que la correspondance lit : un document de la passerelle, ou celui du voisin pour ce qui entre."""


class ComparedText(MappingText):
    """A mapping, and the version to compare it with."""

    other: Name


def _door(method: str, path: str, handler: Any, summary: str, **more: Any) -> Door:  # noqa: ANN401 - passed through
    return Door(method, f"/v1/mappings/{path}", INTEGRATOR, handler, summary, tag="Correspondances", **more)


STUDIO_DOORS = (
    _door("GET", "text", drafts.read_text, "Une correspondance telle qu’elle est écrite", query=WHICH),
    _door(
        "GET", "vocabulary", drafts.read_vocabulary, "Ce que son texte peut dire : chemins, codes, tables", query=WHICH
    ),
    _door("GET", "documents", drafts.read_documents, "Documents d’essai : paires, événement d’essai", query=WHICH),
    _door(
        "GET",
        "live",
        live.read_live,
        "Un patient du registre, ou les derniers messages ; masqués, et chaque regard est noté",
        query={**WHICH, "patient": "Identifiant d’un patient ; sans lui, les derniers messages."},
    ),
    _door(
        "POST",
        "check",
        drafts.check,
        "Tous les défauts d’un texte, chacun à sa place ; rien n’est gardé",
        body=MappingText,
        example={"text": EXAMPLE},
    ),
    _door(
        "POST",
        "preview",
        drafts.preview,
        "Ce que donne un document, et la règle de chaque valeur ; rien n’est gardé",
        body=TriedText,
        example={"text": EXAMPLE, "document": {"mode": "Exercise", "event_id": "essai"}},
    ),
    _door(
        "POST",
        "pairs",
        drafts.try_pairs,
        "Les paires de référence par ce texte ; rien n’est gardé",
        body=MappingText,
        example={"text": EXAMPLE},
    ),
    _door(
        "POST",
        "diff",
        drafts.compare,
        "Ce que ce texte envoie autrement qu’une version chargée ; rien n’est gardé",
        body=ComparedText,
        example={"text": EXAMPLE, "other": "portal/outcome@1"},
    ),
    _door(
        "POST",
        "files",
        drafts.keep,
        "Garder un texte sans défaut comme nouvelle version du déploiement",
        body=MappingText,
        status=201,
        example={"text": EXAMPLE},
    ),
)
