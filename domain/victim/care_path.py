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


class CareStatus(StrEnum):
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
    CareStatus.ATTENTE_SOINS: "Attente de soins",
    CareStatus.ATTENTE_ORIENTATION: "Attente d’orientation",
    CareStatus.ATTENTE_EVACUATION: "Attente d’évacuation",
    CareStatus.ATTENTE_SORTIE: "Attente de sortie",
    CareStatus.PATIENT_EVACUE: "Patient évacué",
    CareStatus.LAISSE_SUR_PLACE: "Laissé sur place",
    CareStatus.PATIENT_SUPPRIME: "Patient supprimé",
}

PRESENT: Final = tuple(status for status in CareStatus if status is not CareStatus.PATIENT_SUPPRIME)
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


MOVES: Final[dict[Step, frozenset[tuple[CareStatus, CareStatus]]]] = {
    Step.ASK_ORIENTATION: frozenset({(CareStatus.ATTENTE_SOINS, CareStatus.ATTENTE_ORIENTATION)}),
    Step.DECIDE_ON_SITE: frozenset({(CareStatus.ATTENTE_ORIENTATION, CareStatus.ATTENTE_SORTIE)}),
    Step.DECIDE_DESTINATION: frozenset({(CareStatus.ATTENTE_ORIENTATION, CareStatus.ATTENTE_ORIENTATION)}),
    Step.REQUEST_EVACUATION: frozenset(
        {
            (CareStatus.ATTENTE_ORIENTATION, CareStatus.ATTENTE_EVACUATION),
            (CareStatus.ATTENTE_EVACUATION, CareStatus.ATTENTE_EVACUATION),
        }
    ),
    Step.CONFIRM_EVACUATION: frozenset({(CareStatus.ATTENTE_EVACUATION, CareStatus.PATIENT_EVACUE)}),
    Step.CONFIRM_EXIT: frozenset({(CareStatus.ATTENTE_SORTIE, CareStatus.LAISSE_SUR_PLACE)}),
    Step.DELETE: frozenset((status, CareStatus.PATIENT_SUPPRIME) for status in PRESENT),
    Step.CANCEL_ORIENTATION_REQUEST: frozenset({(CareStatus.ATTENTE_ORIENTATION, CareStatus.ATTENTE_SOINS)}),
    Step.CANCEL_DECISION: frozenset(
        {
            (CareStatus.ATTENTE_ORIENTATION, CareStatus.ATTENTE_ORIENTATION),
            (CareStatus.ATTENTE_SORTIE, CareStatus.ATTENTE_ORIENTATION),
        }
    ),
    Step.CANCEL_EVACUATION_REQUEST: frozenset(
        {
            (CareStatus.ATTENTE_EVACUATION, CareStatus.ATTENTE_ORIENTATION),
            (CareStatus.ATTENTE_EVACUATION, CareStatus.ATTENTE_EVACUATION),
        }
    ),
    Step.REOPEN: frozenset(
        {
            (CareStatus.PATIENT_EVACUE, CareStatus.ATTENTE_EVACUATION),
            (CareStatus.LAISSE_SUR_PLACE, CareStatus.ATTENTE_SORTIE),
        }
    ),
    Step.RESTORE: frozenset((CareStatus.PATIENT_SUPPRIME, status) for status in PRESENT),
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
