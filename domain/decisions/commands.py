"""What may be asked of a victim. A command is a wish: it may be refused, and says nothing of when or by whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class CreatePatient:
    """A victim who was not known (R-09)."""

    patient_id: str
    fields: dict[str, Any] = field(default_factory=dict)
    """By the names of `domain.victim.fields.WRITABLE`."""
    filtered_localisation_id: str | None = None
    """R-25: the place that the list was filtered on."""


@dataclass(frozen=True, slots=True)
class ChangePatient:
    """Changes what is named, and nothing else; a name with None empties it (a SINUS number is detached)."""

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReplacePatient:
    """The whole description anew: what its source had said and does not repeat is emptied.

    Never emptied by silence: the triage, the localisation, the prise en charge, and the words of other sources.
    """

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Triage:
    """A severity, at entry or at exit; None takes an exit severity back."""

    stage: Literal["entry", "exit"]
    severity: str | None


@dataclass(frozen=True, slots=True)
class RecordBilan:
    """The medical assessment (R-29); what is None is left as it was."""

    text: str | None = None
    severity_exit: str | None = None


@dataclass(frozen=True, slots=True)
class AskOrientation:
    """Asks where the victim should go (R-30)."""


@dataclass(frozen=True, slots=True)
class DecideOrientation:
    """Stays on site, or goes to an établissement (R-31, R-33)."""

    choice: Literal["SUR_PLACE", "ETABLISSEMENT"]
    destination: dict[str, Any] | None = None
    """`finess`, `name`, `service`; required with ETABLISSEMENT."""


@dataclass(frozen=True, slots=True)
class RequestEvacuation:
    """Asks for a vecteur (R-32); asked again, it replaces the request before."""

    destination: dict[str, Any] | None = None
    """The one decided before, when None."""
    vector: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmEvacuation:
    """The victim has left (R-35); what is None is as it was requested (R-34)."""

    destination: dict[str, Any] | None = None
    vector: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmExit:
    """The victim was left on site (R-33)."""


@dataclass(frozen=True, slots=True)
class StepBack:
    """Cancels the last step that still holds, as a step of its own."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AssignCata:
    """Draws a CATA code (R-18); a victim who has one keeps it."""


@dataclass(frozen=True, slots=True)
class DecideNumber:
    """Whether the person whom a neighbour has under one of the victim's SINUS numbers is this victim."""

    choice: Literal["same_person", "other_person", "undecided"]
    """`other_person` takes the number off the victim; `undecided` takes `same_person` back."""
    reason: str
    number: str | None = None
    """As read; the only one that the victim bears, when None."""


@dataclass(frozen=True, slots=True)
class DeletePatient:
    """Entered by mistake, or twice (R-39)."""

    reason: str | None = None


PatientCommand: TypeAlias = (
    CreatePatient
    | ChangePatient
    | ReplacePatient
    | Triage
    | RecordBilan
    | AskOrientation
    | DecideOrientation
    | RequestEvacuation
    | ConfirmEvacuation
    | ConfirmExit
    | StepBack
    | AssignCata
    | DecideNumber
    | DeletePatient
)
