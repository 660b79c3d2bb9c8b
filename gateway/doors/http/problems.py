"""What a caller reads when we say no: RFC 9457 problem documents, French for people, a field named for machines.

Never a value that was sent: a name in an error is a name in a log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from pydantic import ValidationError

FIELD = re.compile(r"[A-Za-z0-9_]{1,40}")
MOST_FAULTS = 50
"""Told of one document: whoever has made more does not read them one by one."""
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of one field."""

    field: str
    """Dotted path in the document sent, `patient.age.value`; a header as `If-Match`."""
    title: str
    expected: str = ""

    def as_json(self) -> dict[str, str]:
        """For the `errors` member."""
        return {"field": self.field, "title": self.title, **({"expected": self.expected} if self.expected else {})}


class ProblemError(Exception):
    """A refusal, ready to be answered."""

    def __init__(  # noqa: PLR0913 - the members of RFC 9457
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        faults: tuple[FieldFault, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        """`code` is stable and for machines; `title` and `detail` are French and hold nothing of what was sent."""
        super().__init__(f"{status} {code}")
        self.problem = Problem(status, code, title, detail, faults)
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Problem:
    """The document."""

    status: int
    code: str
    title: str
    detail: str = ""
    faults: tuple[FieldFault, ...] = field(default=())
    instruction: str = ""
    """What a person must do now, whatever the reason."""

    def instructing(self, instruction: str) -> Problem:
        """The same, with what a person must do."""
        return replace(self, instruction=instruction)

    def as_json(self) -> dict[str, Any]:
        """The members of RFC 9457, and ours: `code`, `errors`."""
        document: dict[str, Any] = {
            "type": f"urn:passerelle:probleme:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        detail = " ".join(part for part in (self.detail, self.instruction) if part)
        if detail:
            document["detail"] = detail
        if self.instruction:
            document["instruction"] = self.instruction
        if self.faults:
            document["errors"] = [fault.as_json() for fault in self.faults]
        return document


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The HTTP answer of a problem."""
    return Response(orjson.dumps(problem.as_json()), problem.status, headers, media_type=MEDIA_TYPE)


# pydantic's kinds of fault, in the words of a person. The default covers what is rare.
SENTENCES = {
    "missing": ("Champ obligatoire absent.", ""),
    "extra_forbidden": ("Champ inconnu.", "retirer ce champ ou corriger son nom"),
    "enum": ("Code inconnu.", "{expected}"),
    "literal_error": ("Code inconnu.", "{expected}"),
    "string_type": ("Un texte est attendu.", "texte"),
    "string_too_long": ("Texte trop long.", "au plus {max_length} caractères"),
    "string_too_short": ("Texte trop court.", "au moins {min_length} caractères"),
    "string_pattern_mismatch": ("Forme incorrecte.", "{pattern}"),
    "int_type": ("Un nombre entier est attendu.", "entier"),
    "int_parsing": ("Un nombre entier est attendu.", "entier"),
    "float_type": ("Un nombre est attendu.", "nombre"),
    "bool_type": ("Vrai ou faux est attendu.", "true ou false"),
    "datetime_type": ("Date et heure attendues.", "2020-09-01T17:58:46+02:00"),
    "datetime_parsing": ("Date et heure illisibles.", "2020-09-01T17:58:46+02:00"),
    "datetime_from_date_parsing": ("Date et heure illisibles.", "2020-09-01T17:58:46+02:00"),
    "timezone_aware": ("Le décalage horaire est obligatoire.", "2020-09-01T17:58:46+02:00"),
    "date_type": ("Date attendue.", "1952-03-14"),
    "date_parsing": ("Date illisible.", "1952-03-14"),
    "date_from_datetime_parsing": ("Date illisible.", "1952-03-14"),
    "greater_than_equal": ("Valeur trop petite.", "au moins {ge}"),
    "less_than_equal": ("Valeur trop grande.", "au plus {le}"),
    "greater_than": ("Valeur trop petite.", "plus de {gt}"),
    "less_than": ("Valeur trop grande.", "moins de {lt}"),
    "control_character": ("Caractère de contrôle refusé.", "texte que l’on peut écrire"),
    "dict_type": ("Un objet est attendu.", "objet JSON"),
    "model_type": ("Un objet est attendu.", "objet JSON"),
    "list_type": ("Une liste est attendue.", "liste JSON"),
    "union_tag_invalid": ("Opération inconnue.", "{expected_tags}"),
    "union_tag_not_found": ("Opération absente.", "{discriminator}"),
}


def invalid_document(error: ValidationError) -> ProblemError:
    """Every fault of a document, named. `json_invalid` is a document that is not JSON at all."""
    errors = error.errors(include_input=False, include_url=False)[:MOST_FAULTS]
    if any(fault["type"] == "json_invalid" for fault in errors):
        return broken_json()
    faults = []
    for fault in errors:
        title, expected = SENTENCES.get(fault["type"], ("Valeur refusée.", ""))
        context = {name: value for name, value in fault.get("ctx", {}).items() if name != "error"}
        path = ".".join(_shown(str(part)) for part in fault["loc"])
        faults.append(FieldFault(path or "corps", title, expected.format_map(_Blank(context))))
    return ProblemError(422, "document_invalide", "Le document ne suit pas le contrat.", faults=tuple(faults))


def _shown(part: str) -> str:
    """A field that we do not know is named as it was sent, unless it looks like no field: it may be a value out of place."""
    return part if FIELD.fullmatch(part) else "?"


def broken_json() -> ProblemError:
    """The body is not JSON."""
    return ProblemError(400, "json_illisible", "Le corps de la requête n’est pas du JSON valide.")


class _Blank(dict[str, Any]):
    """A format context in which what is not known is empty."""

    def __missing__(self, key: str) -> str:
        return ""
