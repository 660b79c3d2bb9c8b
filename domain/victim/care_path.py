"""The care path of a victim: seven statuses, and the moves between them, drawn once.

    ATTENTE_SOINS ──ask──▶ ATTENTE_ORIENTATION ──on site──▶ ATTENTE_SORTIE ──exit──▶ LAISSE_SUR_PLACE
                              │  ↺ établissement
                              └─request──▶ ATTENTE_EVACUATION ↺ ──confirm──▶ PATIENT_EVACUE
    every one of the six ──delete──▶ PATIENT_SUPPRIME

Each arrow has an arrow back (cancel, reopen, restore). There is no status for an arrival at hospital: that is SI-VIC's word,
kept beside the status. What a step needs besides a place to start from is decided elsewhere.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """R-36: the closed list."""

    ATTENTE_SOINS = "ATTENTE_SOINS"
    ATTENTE_ORIENTATION = "ATTENTE_ORIENTATION"
    ATTENTE_EVACUATION = "ATTENTE_EVACUATION"
    ATTENTE_SORTIE = "ATTENTE_SORTIE"
    PATIENT_EVACUE = "PATIENT_EVACUE"
    LAISSE_SUR_PLACE = "LAISSE_SUR_PLACE"
    PATIENT_SUPPRIME = "PATIENT_SUPPRIME"

    @property
    def label(self) -> str:
        """As the portal writes it."""
        return LABELS[self]


LABELS: Final = {
    Status.ATTENTE_SOINS: "Attente de soins",
    Status.ATTENTE_ORIENTATION: "Attente d’orientation",
    Status.ATTENTE_EVACUATION: "Attente d’évacuation",
    Status.ATTENTE_SORTIE: "Attente de sortie",
    Status.PATIENT_EVACUE: "Patient évacué",
    Status.LAISSE_SUR_PLACE: "Laissé sur place",
    Status.PATIENT_SUPPRIME: "Patient supprimé",
}

PRESENT: Final = tuple(status for status in Status if status is not Status.PATIENT_SUPPRIME)
"""The statuses that are counted, in the order of the tables."""


class Step(StrEnum):
    """What may move a victim along, and back."""

    ASK_ORIENTATION = "ask_orientation"
    DECIDE_ON_SITE = "decide_on_site"
    DECIDE_DESTINATION = "decide_destination"
    REQUEST_EVACUATION = "request_evacuation"
    CONFIRM_EVACUATION = "confirm_evacuation"
    CONFIRM_EXIT = "confirm_exit"
    DELETE = "delete"
    CANCEL_ORIENTATION_REQUEST = "cancel_orientation_request"
    CANCEL_DECISION = "cancel_decision"
    CANCEL_EVACUATION_REQUEST = "cancel_evacuation_request"
    REOPEN = "reopen"
    RESTORE = "restore"


MOVES: Final[dict[Step, frozenset[tuple[Status, Status]]]] = {
    Step.ASK_ORIENTATION: frozenset({(Status.ATTENTE_SOINS, Status.ATTENTE_ORIENTATION)}),
    Step.DECIDE_ON_SITE: frozenset({(Status.ATTENTE_ORIENTATION, Status.ATTENTE_SORTIE)}),
    Step.DECIDE_DESTINATION: frozenset({(Status.ATTENTE_ORIENTATION, Status.ATTENTE_ORIENTATION)}),
    Step.REQUEST_EVACUATION: frozenset(
        {
            (Status.ATTENTE_ORIENTATION, Status.ATTENTE_EVACUATION),
            (Status.ATTENTE_EVACUATION, Status.ATTENTE_EVACUATION),
        }
    ),
    Step.CONFIRM_EVACUATION: frozenset({(Status.ATTENTE_EVACUATION, Status.PATIENT_EVACUE)}),
    Step.CONFIRM_EXIT: frozenset({(Status.ATTENTE_SORTIE, Status.LAISSE_SUR_PLACE)}),
    Step.DELETE: frozenset((status, Status.PATIENT_SUPPRIME) for status in PRESENT),
    Step.CANCEL_ORIENTATION_REQUEST: frozenset({(Status.ATTENTE_ORIENTATION, Status.ATTENTE_SOINS)}),
    Step.CANCEL_DECISION: frozenset(
        {
            (Status.ATTENTE_ORIENTATION, Status.ATTENTE_ORIENTATION),
            (Status.ATTENTE_SORTIE, Status.ATTENTE_ORIENTATION),
        }
    ),
    Step.CANCEL_EVACUATION_REQUEST: frozenset(
        {
            (Status.ATTENTE_EVACUATION, Status.ATTENTE_ORIENTATION),
            (Status.ATTENTE_EVACUATION, Status.ATTENTE_EVACUATION),
        }
    ),
    Step.REOPEN: frozenset(
        {
            (Status.PATIENT_EVACUE, Status.ATTENTE_EVACUATION),
            (Status.LAISSE_SUR_PLACE, Status.ATTENTE_SORTIE),
        }
    ),
    Step.RESTORE: frozenset((Status.PATIENT_SUPPRIME, status) for status in PRESENT),
}
"""Step → the moves it may make, as (from, to). The only place where a status may change is here."""

CANCELS: Final = {
    Step.ASK_ORIENTATION: Step.CANCEL_ORIENTATION_REQUEST,
    Step.DECIDE_ON_SITE: Step.CANCEL_DECISION,
    Step.DECIDE_DESTINATION: Step.CANCEL_DECISION,
    Step.REQUEST_EVACUATION: Step.CANCEL_EVACUATION_REQUEST,
    Step.CONFIRM_EVACUATION: Step.REOPEN,
    Step.CONFIRM_EXIT: Step.REOPEN,
    Step.DELETE: Step.RESTORE,
}
"""Forward step → the step that takes it back."""

BACK_STEPS: Final = frozenset(CANCELS.values())

TARGETS: Final = {(step, start): end for step in CANCELS for start, end in MOVES[step]}
"""Where a forward step leads from a status: one place at most."""
