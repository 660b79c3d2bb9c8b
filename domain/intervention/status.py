"""Where an intervention request is, as its sender may know it: the moves, drawn once. Never a clinical decision.

```
             shown          record opened       means sent      arrived       left
TRANSMISE ──▶ AFFICHEE ──▶ DOSSIER-OUVERT ──▶ MOYEN-ENGAGE ──▶ SUR-PLACE ──▶ TRANSPORT ──▶ TERMINEE
    │            │         PARTIELLE, DIFFEREE      │              │                           ▲
    │            ├──▶ REFUSEE (with its reason)     └──────────────┴───────────────────────────┘
    │            └──▶ ANNULEE (asked by the sender, until a team is on site)
    ├──▶ INCERTAINE: sent, and no answer could be read. Perhaps the SAMU has it; a person telephones.
    └──▶ ERREUR: refused by the link, or never sent in time. A person telephones. After both, a later word of the CRRA still counts.
```
A CRRA's software may skip steps, never go back: an older word that comes late is kept as said and moves nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class InterventionStatus(StrEnum):
    """The business status; FHIR's word for it is `task_status`."""

    TRANSMISE = "TRANSMISE"
    AFFICHEE = "AFFICHEE"
    DOSSIER_OUVERT = "DOSSIER-OUVERT"
    PARTIELLE = "PARTIELLE"
    DIFFEREE = "DIFFEREE"
    REFUSEE = "REFUSEE"
    MOYEN_ENGAGE = "MOYEN-ENGAGE"
    SUR_PLACE = "SUR-PLACE"
    TRANSPORT = "TRANSPORT"
    TERMINEE = "TERMINEE"
    ANNULEE = "ANNULEE"
    INCERTAINE = "INCERTAINE"
    ERREUR = "ERREUR"

    @property
    def task_status(self) -> str:
        """The status of a FHIR Task."""
        return TASK_STATUS[self]

    @property
    def label(self) -> str:
        """For a person."""
        return LABELS[self]

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return not MOVES[self]

    @property
    def is_accepted(self) -> bool:
        """Whether somebody at the CRRA has answered: the telephone is no longer needed to be sure of it."""
        return self not in {
            InterventionStatus.TRANSMISE,
            InterventionStatus.AFFICHEE,
            InterventionStatus.INCERTAINE,
            InterventionStatus.ERREUR,
        }


_LATER = (
    InterventionStatus.MOYEN_ENGAGE,
    InterventionStatus.SUR_PLACE,
    InterventionStatus.TRANSPORT,
    InterventionStatus.TERMINEE,
)
_ANSWERS = (
    InterventionStatus.DOSSIER_OUVERT,
    InterventionStatus.PARTIELLE,
    InterventionStatus.DIFFEREE,
    InterventionStatus.REFUSEE,
    InterventionStatus.ANNULEE,
)

MOVES: Mapping[InterventionStatus, tuple[InterventionStatus, ...]] = {
    InterventionStatus.TRANSMISE: (
        InterventionStatus.AFFICHEE,
        *_ANSWERS,
        *_LATER,
        InterventionStatus.INCERTAINE,
        InterventionStatus.ERREUR,
    ),
    InterventionStatus.AFFICHEE: (*_ANSWERS, *_LATER, InterventionStatus.ERREUR),
    InterventionStatus.DOSSIER_OUVERT: (
        InterventionStatus.PARTIELLE,
        InterventionStatus.DIFFEREE,
        InterventionStatus.REFUSEE,
        InterventionStatus.ANNULEE,
        *_LATER,
    ),
    InterventionStatus.PARTIELLE: (
        InterventionStatus.DOSSIER_OUVERT,
        InterventionStatus.DIFFEREE,
        InterventionStatus.REFUSEE,
        InterventionStatus.ANNULEE,
        *_LATER,
    ),
    InterventionStatus.DIFFEREE: (
        InterventionStatus.DOSSIER_OUVERT,
        InterventionStatus.PARTIELLE,
        InterventionStatus.REFUSEE,
        InterventionStatus.ANNULEE,
        *_LATER,
    ),
    InterventionStatus.MOYEN_ENGAGE: (
        InterventionStatus.SUR_PLACE,
        InterventionStatus.TRANSPORT,
        InterventionStatus.TERMINEE,
        InterventionStatus.ANNULEE,
    ),
    InterventionStatus.SUR_PLACE: (InterventionStatus.TRANSPORT, InterventionStatus.TERMINEE),
    InterventionStatus.TRANSPORT: (InterventionStatus.TERMINEE,),
    InterventionStatus.INCERTAINE: (
        InterventionStatus.TRANSMISE,
        InterventionStatus.AFFICHEE,
        *_ANSWERS,
        *_LATER,
        InterventionStatus.ERREUR,
    ),
    InterventionStatus.ERREUR: (InterventionStatus.TRANSMISE, InterventionStatus.AFFICHEE, *_ANSWERS, *_LATER),
    InterventionStatus.TERMINEE: (),
    InterventionStatus.REFUSEE: (),
    InterventionStatus.ANNULEE: (),
}
"""From a status to those that may follow it."""

TASK_STATUS: Mapping[InterventionStatus, str] = {
    InterventionStatus.TRANSMISE: "requested",
    InterventionStatus.AFFICHEE: "received",
    InterventionStatus.DOSSIER_OUVERT: "accepted",
    InterventionStatus.PARTIELLE: "accepted",
    InterventionStatus.DIFFEREE: "accepted",
    InterventionStatus.REFUSEE: "rejected",
    InterventionStatus.MOYEN_ENGAGE: "in-progress",
    InterventionStatus.SUR_PLACE: "in-progress",
    InterventionStatus.TRANSPORT: "in-progress",
    InterventionStatus.TERMINEE: "completed",
    InterventionStatus.ANNULEE: "cancelled",
    InterventionStatus.INCERTAINE: "requested",
    InterventionStatus.ERREUR: "failed",
}

LABELS: Mapping[InterventionStatus, str] = {
    InterventionStatus.TRANSMISE: "Demande enregistrée, en route vers le SAMU",
    InterventionStatus.AFFICHEE: "Demande affichée au SAMU",
    InterventionStatus.DOSSIER_OUVERT: "Dossier ouvert au SAMU",
    InterventionStatus.PARTIELLE: "Demande acceptée en partie",
    InterventionStatus.DIFFEREE: "Demande acceptée, intervention différée",
    InterventionStatus.REFUSEE: "Demande refusée par le SAMU",
    InterventionStatus.MOYEN_ENGAGE: "Moyen engagé",
    InterventionStatus.SUR_PLACE: "Équipe sur place",
    InterventionStatus.TRANSPORT: "Transport en cours",
    InterventionStatus.TERMINEE: "Intervention terminée",
    InterventionStatus.ANNULEE: "Demande annulée",
    InterventionStatus.INCERTAINE: "Demande envoyée, sans réponse lisible du SAMU",
    InterventionStatus.ERREUR: "Demande non transmise",
}

_HEARD: Mapping[str, InterventionStatus] = {"RECUE": InterventionStatus.TRANSMISE} | {
    word: known for known in InterventionStatus for word in (known.value, known.value.replace("-", "_"))
}


def heard(word: str) -> InterventionStatus | None:
    """What a CRRA's software means; None for a word we do not know, which moves nothing. Two are ours to say."""
    status = _HEARD.get(word)
    return None if status in {InterventionStatus.INCERTAINE, InterventionStatus.ERREUR} else status


def may_follow(now: InterventionStatus, then: InterventionStatus) -> bool:
    """Whether that way exists."""
    return then in MOVES[now]


REFUSALS: Mapping[str, str] = {
    "DOUBLON": "Le SAMU a déjà un dossier pour ce patient.",
    "HORS_SECTEUR": "Le lieu n’est pas du secteur de ce SAMU.",
    "CONSEIL": "Un conseil suffit, donné par téléphone.",
    "AUTRE": "Autre motif : appeler le SAMU.",
}
"""Why a CRRA refuses, as far as its sender may know."""


def refusal_code(status: InterventionStatus, reason: str | None) -> str | None:
    """The reason that its sender may know: a code of ours for a refusal, whatever words the CRRA used; nothing otherwise."""
    if status is not InterventionStatus.REFUSEE:
        return None
    return reason if reason in REFUSALS else "AUTRE"
