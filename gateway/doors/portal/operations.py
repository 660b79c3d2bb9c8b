"""What can be done to a patient: one table that the doors and the batch share. A document becomes a command here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.decisions.commands import (
    AskOrientation,
    AssignCata,
    ChangePatient,
    ConfirmEvacuation,
    ConfirmExit,
    CreatePatient,
    DecideNumber,
    DecideOrientation,
    DeletePatient,
    PatientCommand,
    RecordBilan,
    ReplacePatient,
    RequestEvacuation,
    StepBack,
    Triage,
)
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.doors.http import schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.doors.http.door import Call
    from gateway.doors.http.schemas import AuthoredBody


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb."""

    document: type[AuthoredBody]
    command: Callable[[str, Any], PatientCommand]
    """(patient id, document) → command."""


def _create(patient_id: str, patient: schemas.NewPatient) -> CreatePatient:
    fields = patient.named()
    fields.pop("id", None)
    filtered = fields.pop("filtered_localisation_id", None)
    return CreatePatient(patient_id, fields, filtered)


def _decide(_: str, decision: schemas.DecidedOrientation) -> DecideOrientation:
    named = decision.named()
    return DecideOrientation(named["choice"], named.get("destination"))


def _request(_: str, request: schemas.AskedEvacuation) -> RequestEvacuation:
    named = request.named()
    return RequestEvacuation(named.get("destination"), named.get("vector") or "")


def _confirm(_: str, confirmation: schemas.ConfirmedEvacuation) -> ConfirmEvacuation:
    named = confirmation.named()
    return ConfirmEvacuation(named.get("destination"), named.get("vector"))


def stamp_of(call: Call, document: AuthoredBody | None = None) -> Stamp:
    """Who says it and when: what the document says, else the key and the instant of receipt."""
    happened_at = document.happened_at if document and document.happened_at else call.now
    author = document.author if document and document.author else call.principal.author
    return Stamp(Source.PORTAL, author, happened_at, call.now)


OPERATIONS: dict[str, Operation] = {
    "create": Operation(schemas.NewPatient, _create),
    "replace": Operation(schemas.ReplacedPatient, lambda _, body: ReplacePatient(body.named())),
    "change": Operation(schemas.ChangedPatient, lambda _, body: ChangePatient(body.named())),
    "triage": Operation(schemas.NewTriage, lambda _, body: Triage(body.stage, body.severity)),
    "bilan": Operation(schemas.NewBilan, lambda _, body: RecordBilan(body.text, body.severity_exit)),
    "ask_orientation": Operation(schemas.AskedOrientation, lambda _, __: AskOrientation()),
    "decide_orientation": Operation(schemas.DecidedOrientation, _decide),
    "ask_evacuation": Operation(schemas.AskedEvacuation, _request),
    "confirm_evacuation": Operation(schemas.ConfirmedEvacuation, _confirm),
    "confirm_exit": Operation(schemas.ConfirmedExit, lambda _, __: ConfirmExit()),
    "step_back": Operation(schemas.SteppedBack, lambda _, __: StepBack()),
    "decide_number": Operation(
        schemas.DecidedNumber, lambda _, body: DecideNumber(body.choice, body.reason, body.number)
    ),
    "cata_code": Operation(schemas.AskedCataCode, lambda _, __: AssignCata()),
    "delete": Operation(schemas.DeletedPatient, lambda _, body: DeletePatient(body.reason)),
}
