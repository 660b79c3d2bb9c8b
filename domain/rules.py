"""What two SAMUs may differ on, and what the founding documents leave open: each a field with the default we chose.

No rule is hidden elsewhere as a constant. There is no threshold to open an event here, on purpose: a single victim is enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from domain.source import Source
from domain.victim.care_path import BACK_STEPS, CareStatus, Step

FIELD_GROUPS: Final = {
    "severity_entry": "triage",
    "severity_exit": "triage",
    "localisation_id": "place",
    "destination": "admission",
    "admitted_at": "admission",
    "hospital_care": "admission",
}
"""Field → whose precedence it follows; every other field follows `identity`."""


@dataclass(frozen=True)
class Rules:
    """The choices of one deployment."""

    link_event_types: tuple[str, ...] = ("ACEL", "ORSAN")
    """R-51: types of event that ask for the links at creation."""
    cata_kept_on_number: bool = True
    """The CATA code stays when a SINUS number arrives: it is written on papers that still circulate."""
    cata_follows_localisation: bool = False
    """A victim who moves keeps the code; else a new one is drawn with the letter of the new place."""
    cata_last_serial: int = 9999
    """Past it a code is refused, never reused."""
    localisations_without_letter: bool = True
    """Past the letter Z a place still opens, without a letter: a code must not stop a place. Else it is refused."""
    exit_severity_may_be_nc: bool = False
    """R-29: whether *non codé* is enough to ask for an orientation."""
    delete_with_number: bool = False
    """R-40: whether a patient that has a SINUS number may be deleted all the same."""
    closed_event_refuses: frozenset[Source] = frozenset({Source.PORTAL})
    """Whose changes a closed event refuses; the word of the others is late, and kept."""
    places_by_default: frozenset[Source] = frozenset({Source.PORTAL})
    """R-24: for whom the first declared localisation is the default; for the others nothing is guessed."""
    triage_required_of: frozenset[Source] = frozenset({Source.PORTAL})
    """R-14: who must say the severity at entry; for the others silence is NC."""
    back_steps: frozenset[Step] = BACK_STEPS - {Step.RESTORE}
    """Which backward moves are allowed; a deleted patient is not restored unless a deployment says so."""
    admission_place_wins: bool = True
    """Once admitted, the établissement of the admission is the destination, whatever was planned."""
    infant_below_months: int = 24
    """Nourrisson below this age."""
    adult_from_years: int = 18
    """Adulte from this age; pédiatrie in between."""
    sivic_statuses: frozenset[CareStatus] = frozenset({CareStatus.ATTENTE_EVACUATION, CareStatus.PATIENT_EVACUE})
    """9.1: the statuses in which SI-VIC has to do with a victim; when it leaves them the announcement is withdrawn."""
    dead_named_from: str = "validated"
    """F26: the status of identity from which a dead person leaves by name; one of `domain.victim.fields.IDENTITY_STATUSES`."""
    hand_holds: timedelta = timedelta(hours=24)
    """How long a person's word holds against one that a neighbour says later, where the precedence puts the neighbour first."""
    timezone: str = "Europe/Paris"
    """Of the times that a person reads."""
    precedence_identity: tuple[Source, ...] = (
        Source.PORTAL, Source.HOSPITAL, Source.SIVIC, Source.SINUS, Source.LRM, Source.GATEWAY,
    )  # fmt: skip
    """Whose word is shown when several sources speak: the first of the list that has spoken."""
    precedence_triage: tuple[Source, ...] = (
        Source.PORTAL, Source.SINUS, Source.LRM, Source.SIVIC, Source.GATEWAY,
    )  # fmt: skip
    precedence_place: tuple[Source, ...] = (
        Source.PORTAL, Source.SINUS, Source.LRM, Source.SIVIC, Source.GATEWAY,
    )  # fmt: skip
    precedence_admission: tuple[Source, ...] = (
        Source.HOSPITAL, Source.SIVIC, Source.PORTAL, Source.SINUS, Source.LRM, Source.GATEWAY,
    )  # fmt: skip
    ranks: dict[str, dict[Source, int]] = field(init=False, repr=False, compare=False)
    """The four precedences, ready to be looked up."""

    def __post_init__(self) -> None:
        """Prepare the look-up; a source that a list forgets comes after all that it names."""
        ranks = {
            group: {source: len(order) for source in Source} | {source: rank for rank, source in enumerate(order)}
            for group, order in (
                ("identity", self.precedence_identity),
                ("triage", self.precedence_triage),
                ("place", self.precedence_place),
                ("admission", self.precedence_admission),
            )
        }
        object.__setattr__(self, "ranks", ranks)

    def ranks_for(self, name: str) -> dict[Source, int]:
        """Source → rank for one field; the lowest speaks first."""
        return self.ranks[FIELD_GROUPS.get(name, "identity")]


DEFAULT_RULES: Final = Rules()
