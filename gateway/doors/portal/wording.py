"""A portal's own words at our doors: what it writes becomes the strict document of the door, what it reads is told in its words.

A refusal names the portal's field, never ours and never a value. A code without a pair is refused at once, whatever the policy
of files that can wait: nobody waits at a door. What was written stays written: an answer that the portal's words cannot say is
left empty, and a reading is refused.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, ValidationError

from gateway.doors.http import problems
from gateway.doors.http.json_body import read_json
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.settings.portal import HEARD, SHOWN, use_of
from mapping import MappingError
from mapping.authoring.tools import walk
from mapping.contracts.form import JsonForm
from mapping.contracts.writing import DocumentError
from mapping.engine.compile import ABSENT
from mapping.proof.origins import carry_nulls, origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from gateway.doors.http.door import Door
    from gateway.doors.http.reply import Reply
    from gateway.runtime import Runtime
    from gateway.security.keys import Principal
    from mapping.catalogue import Mapping
    from mapping.engine.trace import Step

log = logging.getLogger("gateway.doors")

DOCUMENT_OF = {model: document for document, models in HEARD.items() for model in models}
MOST_CODES = 20
CREATED, NO_CONTENT = 201, 204
_SENTENCES = {
    "required": "Champ obligatoire absent.",
    "additionalProperties": "Champ inconnu.",
    "enum": "Code inconnu.",
    "const": "Code inconnu.",
    "type": "Ce n’est pas la sorte de valeur attendue.",
    "pattern": "Forme incorrecte.",
    "format": "Forme incorrecte.",
    "maxLength": "Texte trop long.",
    "minLength": "Texte trop court.",
}


def wording(runtime: Runtime, principal: Principal, door: Door) -> Wording | None:
    """How this caller speaks at this door; None when in our own words."""
    if principal.name not in runtime.settings.portals:
        return None

    def in_force(document: str) -> Mapping | None:
        name = runtime.versions.current.get(use_of(principal.name, document))
        return runtime.versions.catalogue.mapping(name) if name else None

    heard = in_force(DOCUMENT_OF.get(door.body.__name__, "")) if door.body else None
    shown = in_force(door.shows)
    return Wording(door, principal.mode.value, heard, shown) if heard or shown else None


@dataclass(frozen=True, slots=True)
class Wording:
    """The mappings in force for one caller at one door."""

    door: Door
    mode: str
    heard: Mapping | None
    shown: Mapping | None

    def read(self, model: type[BaseModel], raw: bytes) -> BaseModel:
        """The document of the door. Raises `ProblemError` with every fault, in the portal's fields."""
        if self.heard is None:
            return _validated(model, raw)
        sent = _parsed(raw)
        if isinstance(form := self.heard.form, JsonForm):  # `agreements` lets no other in.
            _refuse(_misfit(place, kind) for place, kind in form.misfits(sent))
        tree, steps = self.heard.follow(sent)
        _refuse(_faults(self.heard, steps))
        carry_nulls(self.heard.rules, sent, tree)
        try:
            return _validated(model, orjson.dumps(tree))
        except ProblemError as error:
            raise self.refused(error) from None

    def refused(self, refusal: ProblemError) -> ProblemError:
        """The same refusal, of the fields that the portal wrote."""
        if self.heard is None:
            return refusal
        problem, rules = refusal.problem, self.heard.rules
        faults = tuple(
            replace(fault, field=field)
            for fault in problem.faults
            for field in origins(rules, fault.field) or [fault.field]
        )
        return ProblemError(
            problem.status, problem.code, problem.title, problem.detail, faults=faults, headers=refusal.headers
        )

    def told(self, reply: Reply, now: datetime) -> Reply:
        """The answer in the portal's words; what it cannot say of what was written is left out, the writing stands."""
        if self.shown is None or reply.content is None:
            return reply
        try:
            return replace(reply, content=self._said(self.shown, reply.content, now))
        except (MappingError, DocumentError) as error:
            field = _field(self.shown, error)
            log.warning("portal.untold mapping=%s field=%s", self.shown.name, field)
            if reply.etag is not None and self.door.method != "GET":
                return replace(reply, status=CREATED if reply.status == CREATED else NO_CONTENT, content=None)
            title = "Ce qui est enregistré ne se dit pas dans les mots de ce portail."
            detail = f"Correspondance {self.shown.name} : prévenir l’intégrateur."
            raise ProblemError(
                500, "correspondance_portail", title, detail, faults=(FieldFault(field, title),)
            ) from None

    def _said(self, shown: Mapping, content: dict[str, Any], now: datetime) -> dict[str, Any]:
        several = f"{self.door.shows}s"
        if several in content:
            return {**content, several: [self._one(shown, item, now) for item in content[several]]}
        return self._one(shown, content, now)

    def _one(self, shown: Mapping, view: dict[str, Any], now: datetime) -> dict[str, Any]:
        record = "victim" if SHOWN[self.door.shows] == "patient.view" else "event"
        tree = shown.apply({**view, "mode": self.mode, "recorded_at": now.isoformat(), record: view})
        shown.form.write(tree)  # What leaves is of its contract, or does not leave.
        return tree


def _validated(model: type[BaseModel], raw: bytes) -> BaseModel:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise problems.invalid_document(error) from None


def _parsed(raw: bytes) -> dict[str, Any]:
    sent = read_json(raw)
    if not isinstance(sent, dict):
        _refuse([FieldFault("corps", "Un objet est attendu.", "objet JSON")])
    return dict(sent)


def _refuse(faults: Iterable[FieldFault]) -> None:
    if distinct := tuple(dict.fromkeys(faults)):
        raise ProblemError(422, "document_invalide", "Le document ne suit pas le contrat.", faults=distinct)


def _misfit(place: str, kind: str) -> FieldFault:
    """A field that no contract knows may be a value out of place: it is named only when it looks like a field."""
    above, _, last = place.rpartition(".")
    if kind == "additionalProperties" and not problems.FIELD.fullmatch(last):
        place = f"{above}.?" if above else "?"
    return FieldFault(place or "corps", _SENTENCES.get(kind, "Valeur refusée."))


def _faults(heard: Mapping, steps: Iterable[Step]) -> Iterator[FieldFault]:
    at = {rule.place: rule for rule, _ in walk(heard.rules)}
    for step in steps:
        reason = step.error.partition(" : ")[2]
        if not reason:
            continue
        table, expected = at[step.place].table, ""
        title = "Champ obligatoire absent." if reason == ABSENT else f"{reason[0].upper()}{reason[1:]}."
        if table is not None and reason != ABSENT:
            codes = sorted(heard.compiler.tables[table.text].wires)
            title, expected = "Code inconnu.", ", ".join(codes) if len(codes) <= MOST_CODES else table.text
        for field in origins(heard.rules, step.to):
            yield FieldFault(field, title, expected)


def _field(shown: Mapping, error: MappingError | DocumentError) -> str:
    """Where the portal would have read it."""
    if isinstance(error, DocumentError):
        return error.place or "corps"
    return next((before + rule.to.text for rule, before in walk(shown.rules) if rule.place == error.rule), error.path)
