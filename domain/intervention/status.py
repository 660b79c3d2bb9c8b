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


class Status(StrEnum):
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
        return self not in {Status.TRANSMISE, Status.AFFICHEE, Status.INCERTAINE, Status.ERREUR}


_LATER = (Status.MOYEN_ENGAGE, Status.SUR_PLACE, Status.TRANSPORT, Status.TERMINEE)
_ANSWERS = (Status.DOSSIER_OUVERT, Status.PARTIELLE, Status.DIFFEREE, Status.REFUSEE, Status.ANNULEE)

MOVES: Mapping[Status, tuple[Status, ...]] = {
    Status.TRANSMISE: (Status.AFFICHEE, *_ANSWERS, *_LATER, Status.INCERTAINE, Status.ERREUR),
    Status.AFFICHEE: (*_ANSWERS, *_LATER, Status.ERREUR),
    Status.DOSSIER_OUVERT: (Status.PARTIELLE, Status.DIFFEREE, Status.REFUSEE, Status.ANNULEE, *_LATER),
    Status.PARTIELLE: (Status.DOSSIER_OUVERT, Status.DIFFEREE, Status.REFUSEE, Status.ANNULEE, *_LATER),
    Status.DIFFEREE: (Status.DOSSIER_OUVERT, Status.PARTIELLE, Status.REFUSEE, Status.ANNULEE, *_LATER),
    Status.MOYEN_ENGAGE: (Status.SUR_PLACE, Status.TRANSPORT, Status.TERMINEE, Status.ANNULEE),
    Status.SUR_PLACE: (Status.TRANSPORT, Status.TERMINEE),
    Status.TRANSPORT: (Status.TERMINEE,),
    Status.INCERTAINE: (Status.TRANSMISE, Status.AFFICHEE, *_ANSWERS, *_LATER, Status.ERREUR),
    Status.ERREUR: (Status.TRANSMISE, Status.AFFICHEE, *_ANSWERS, *_LATER),
    Status.TERMINEE: (),
    Status.REFUSEE: (),
    Status.ANNULEE: (),
}
"""From a status to those that may follow it."""

TASK_STATUS: Mapping[Status, str] = {
    Status.TRANSMISE: "requested",
    Status.AFFICHEE: "received",
    Status.DOSSIER_OUVERT: "accepted",
    Status.PARTIELLE: "accepted",
    Status.DIFFEREE: "accepted",
    Status.REFUSEE: "rejected",
    Status.MOYEN_ENGAGE: "in-progress",
    Status.SUR_PLACE: "in-progress",
    Status.TRANSPORT: "in-progress",
    Status.TERMINEE: "completed",
    Status.ANNULEE: "cancelled",
    Status.INCERTAINE: "requested",
    Status.ERREUR: "failed",
}

LABELS: Mapping[Status, str] = {
    Status.TRANSMISE: "Demande enregistrée, en route vers le SAMU",
    Status.AFFICHEE: "Demande affichée au SAMU",
    Status.DOSSIER_OUVERT: "Dossier ouvert au SAMU",
    Status.PARTIELLE: "Demande acceptée en partie",
    Status.DIFFEREE: "Demande acceptée, intervention différée",
    Status.REFUSEE: "Demande refusée par le SAMU",
    Status.MOYEN_ENGAGE: "Moyen engagé",
    Status.SUR_PLACE: "Équipe sur place",
    Status.TRANSPORT: "Transport en cours",
    Status.TERMINEE: "Intervention terminée",
    Status.ANNULEE: "Demande annulée",
    Status.INCERTAINE: "Demande envoyée, sans réponse lisible du SAMU",
    Status.ERREUR: "Demande non transmise",
}

_HEARD: Mapping[str, Status] = {"RECUE": Status.TRANSMISE} | {
    word: known for known in Status for word in (known.value, known.value.replace("-", "_"))
}


def heard(word: str) -> Status | None:
    """What a CRRA's software means; None for a word we do not know, which moves nothing. Two are ours to say."""
    status = _HEARD.get(word)
    return None if status in {Status.INCERTAINE, Status.ERREUR} else status


def may_follow(now: Status, then: Status) -> bool:
    """Whether that way exists."""
    return then in MOVES[now]


REFUSALS: Mapping[str, str] = {
    "DOUBLON": "Le SAMU a déjà un dossier pour ce patient.",
    "HORS_SECTEUR": "Le lieu n’est pas du secteur de ce SAMU.",
    "CONSEIL": "Un conseil suffit, donné par téléphone.",
    "AUTRE": "Autre motif : appeler le SAMU.",
}
"""Why a CRRA refuses, as far as its sender may know."""


def refusal_code(status: Status, reason: str | None) -> str | None:
    """The reason that its sender may know: a code of ours for a refusal, whatever words the CRRA used; nothing otherwise."""
    if status is not Status.REFUSEE:
        return None
    return reason if reason in REFUSALS else "AUTRE"
