"""The event of the portal's training deck, "Match de Rugby Toulouse VS Pau": eleven patients, five localisations.

What the deck prints (facts 5.6): TB1 Ambulance UR1 IMP1; Cyan UA1 UR1 IMP1; Magenta DCD1; PMA UA1 UR3; Stade IMP1. The paths below
lead each patient to the status that TB4 prints. Names, ages, sexes and hospitals are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

LOCALISATIONS = ("Parking Ambulance", "Parking Cyan", "Parking Magenta", "PMA", "Stade")
EVENT: dict[str, Any] = {
    "name": "Match de Rugby Toulouse VS Pau",
    "type": "ACEL",
    "mode": "Exercise",
    "started_at": "2020-09-01T17:00:00+02:00",
    "localisations": [{"id": f"loc-{number}", "name": name} for number, name in enumerate(LOCALISATIONS, 1)],
}
HOSPITAL = {"finess": "310781406", "name": "Hôpital d’essai, Toulouse"}

Step = tuple[str, dict[str, Any]]

ASK: Step = ("orientation-request", {})
STAY: Step = ("orientation", {"choice": "SUR_PLACE"})
ORIENT: Step = ("orientation", {"choice": "ETABLISSEMENT", "destination": HOSPITAL})
EVACUATE: Step = ("evacuation-request", {"vector": "SMUR.AR"})
LEFT: Step = ("exit", {})


def _bilan(severity: str) -> Step:
    return ("bilan", {"text": "Bilan d’essai.", "severity_exit": severity})


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient of the deck: where, how severe, and the steps already taken."""

    place: int
    severity: str
    name: str
    number: str | None
    steps: tuple[Step, ...] = ()
    given_name: str = ""
    age: int = 0
    sex: str = "?"

    def document(self) -> dict[str, Any]:
        """What the portal sends to create it."""
        fields = {
            "severity_entry": self.severity,
            "localisation_id": f"loc-{self.place}",
            "used_name": self.name,
            "sinus_number": self.number,
            "given_name": self.given_name or None,
            "age": {"value": self.age, "unit": "years"} if self.given_name else None,
            "sex": self.sex,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _number(serial: int) -> str:
    return f"FR 825 NOVI - 0000 TR - {serial:06d}"


PATIENTS = (
    Patient(4, "UA", "ESSAI-UN", _number(100001), given_name="Alice", age=34, sex="F"),
    Patient(4, "UR", "ESSAI-DEUX", _number(100002), given_name="Bruno", age=52, sex="M"),
    Patient(4, "UR", "ESSAI-TROIS", None, given_name="Chloé", age=27, sex="F"),
    Patient(5, "IMP", "ESSAI-QUATRE", None, given_name="Denis", age=61, sex="M"),
    Patient(2, "UA", "ESSAI-CINQ", _number(100005), (_bilan("UA"), ASK), given_name="Élodie", age=19, sex="F"),
    Patient(2, "IMP", "ESSAI-SIX", _number(100006), (_bilan("IMP"), ASK), given_name="Farid", age=45, sex="M"),
    Patient(
        2,
        "UR",
        "ESSAI-SEPT",
        _number(100007),
        (_bilan("UR"), ASK, ORIENT, EVACUATE),
        given_name="Gisèle",
        age=70,
        sex="F",
    ),
    Patient(
        4,
        "UR",
        "ESSAI-HUIT",
        _number(100008),
        (_bilan("UR"), ASK, ORIENT, EVACUATE),
        given_name="Hugo",
        age=23,
        sex="M",
    ),
    Patient(
        1, "UR", "ESSAI-NEUF", _number(100009), (_bilan("UR"), ASK, STAY, LEFT), given_name="Inès", age=38, sex="F"
    ),
    Patient(1, "IMP", "ESSAI-DIX", None, (_bilan("IMP"), ASK, STAY, LEFT), given_name="Jules", age=16, sex="M"),
    Patient(
        3, "DCD", "ESSAI-ONZE", _number(100011), (_bilan("DCD"), ASK, STAY, LEFT), given_name="Karl", age=58, sex="M"
    ),
)

TOTALS = {"UA": 2, "UR": 5, "IMP": 3, "DCD": 1, "NC": 0, "total": 11, "total_without_imp": 8}
CALLS = 1 + sum(2 + len(patient.steps) for patient in PATIENTS)


async def play(portal: httpx.AsyncClient, progress: Callable[[int, int], Awaitable[None]]) -> str:
    """Say the whole event through the portal's door, one request after another; returns the event's id.

    Raises httpx.HTTPStatusError when the door refuses something.
    """
    done = 0

    async def say(path: str, document: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        answer = await portal.post(path, json=document)
        answer.raise_for_status()
        done += 1
        await progress(done, CALLS)
        return dict(answer.json())

    event_id = str((await say("/v1/events", EVENT))["id"])
    for patient in PATIENTS:
        created = await say(f"/v1/events/{event_id}/patients", patient.document())
        await say(f"/v1/events/{event_id}/patients/{created['id']}/cata-code", {})
        for step, document in patient.steps:
            await say(f"/v1/events/{event_id}/patients/{created['id']}/{step}", document)
    return event_id
