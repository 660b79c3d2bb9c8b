"""A mass-casualty event as FHIR: the event, its places, its victims, each move with its time. Pure: canon in, resources out.

    event          Encounter of class FLD, whose subject is a Group of the victims
    victim         Patient, known by the gateway's own key; a SINUS number is unique inside one event only
    path           Encounter of class EMER, part of the event's; Tasks for orientation, evacuation, exit
    triage         one Observation at entry, one at exit, with the LOINC answer as second coding
    particularity  Flag, restricted

Refuses to invent: an unknown person has no birth date and says so. The NIR and what people wrote are not told here, the bilan neither:
the portal has them, and a Bundle travels further than a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.fhir import (
    ACT_CODE,
    ACT_REASON,
    BASE,
    FINESS,
    LOINC,
    Resource,
    code_system,
    coding,
    concept,
)
from adapters.fhir_person import patient_of, victim_key
from adapters.fhir_writing import full_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.canon import EventCanon, VictimCanon

    Move = tuple[str, str, str | None]
    """A status, from when, until when."""

EVENT = f"{BASE}/id/evenement"
PLACE = f"{BASE}/id/localisation"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ENCOUNTER: Mapping[str, str] = {
    "ATTENTE_SOINS": "arrived",
    "ATTENTE_ORIENTATION": "triaged",
    "ATTENTE_EVACUATION": "in-progress",
    "ATTENTE_SORTIE": "in-progress",
    "PATIENT_EVACUE": "in-progress",
    "LAISSE_SUR_PLACE": "finished",
    "PATIENT_SUPPRIME": "entered-in-error",
}
"""The portal's status → Encounter.status; what it leaves open, the Tasks say."""
TASKS: Mapping[str, Sequence[tuple[str, str]]] = {
    "ATTENTE_ORIENTATION": (("orientation", "requested"),),
    "ATTENTE_EVACUATION": (("orientation", "completed"), ("evacuation", "requested")),
    "ATTENTE_SORTIE": (("orientation", "completed"), ("sortie", "requested")),
    "PATIENT_EVACUE": (("orientation", "completed"), ("evacuation", "in-progress")),
    "LAISSE_SUR_PLACE": (("orientation", "completed"), ("sortie", "completed")),
    "PATIENT_SUPPRIME": (("orientation", "entered-in-error"),),
}
"""The portal's status → the Tasks of the path."""
TRIAGE: Mapping[str, Resource] = {
    "UA": coding(LOINC, "LA17696-8", "Red"),
    "UR": coding(LOINC, "LA17695-0", "Yellow"),
    "IMP": coding(LOINC, "LA17694-3", "Green"),
    "DCD": coding(LOINC, "LA17697-6", "Black"),
    "NC": coding("http://snomed.info/sct", "261665006", "Unknown"),
}
"""The French severity → the second coding; nothing here maps the other way."""


def event_bundle(event: EventCanon, victims: Sequence[tuple[VictimCanon, Sequence[Move]]], at: str) -> Resource:
    """The whole event, as a transaction that another system may take."""
    told = _Told(event)
    urls = [told.victim(canon, moves) for canon, moves in victims]
    told.event(urls)
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "transaction",
        "identifier": {"system": f"{BASE}/id/message", "value": f"{event['id']}.{at}"},
        "timestamp": at,
        "entry": told.entries,
    }
    if event["mode"] == "Exercise":
        bundle["meta"] = {"security": [coding(ACT_REASON, "HTEST")]}
    return bundle


class _Told:
    """The entries, as they are told."""

    def __init__(self, event: EventCanon) -> None:
        self.entries: list[Resource] = []
        self._id, self._canon = event["id"], event
        self._places: dict[str, str] = {}

    def _add(self, resource: Resource, *name: str, once: tuple[str, str] | None = None) -> str:
        url = full_url("evenement", self._id, resource["resourceType"], *name)
        request = {"method": "POST", "url": resource["resourceType"]}
        if once is not None:
            request["ifNoneExist"] = f"identifier={once[0]}|{once[1]}"
        self.entries.append({"fullUrl": url, "resource": resource, "request": request})
        return url

    def _url(self, kind: str, *name: str) -> str:
        return full_url("evenement", self._id, kind, *name)

    def event(self, victims: Sequence[str]) -> None:
        """The event, its list of victims, its places."""
        event = self._canon
        group: Resource = {"resourceType": "Group", "type": "person", "actual": True, "name": event["name"]}
        if victims:
            group["member"] = [{"entity": {"reference": url}} for url in victims]
        listed = self._add(group)
        period = {"start": event["started_at"], **({"end": event["ended_at"]} if event["ended_at"] else {})}
        encounter = {
            "resourceType": "Encounter",
            "identifier": [{"system": EVENT, "value": event["id"]}],
            "status": "finished" if event["status"] == "closed" else "in-progress",
            "class": coding(ACT_CODE, "FLD"),
            "type": [concept(code_system("type-evenement"), _code(event["type"]), text=event["type"])],
            "subject": {"reference": listed},
            "period": period,
        }
        self._add(encounter, once=(EVENT, event["id"]))
        for place in event["localisations"]:
            self._place(place["name"], PLACE, place["id"])

    def _place(self, name: str, system: str, value: str) -> str:
        if value not in self._places:
            location = {
                "resourceType": "Location",
                "identifier": [{"system": system, "value": value}],
                "status": "active",
                "name": name,
                "mode": "instance",
            }
            self._places[value] = self._add(location, value)
        return self._places[value]

    def victim(self, canon: VictimCanon, moves: Sequence[Move]) -> str:
        """One person, and all that is told of the path."""
        key = canon["id"]
        patient = self._add(patient_of(canon, self._id), key, once=(victim_key(self._id), key))
        encounter = self._add(self._encounter(canon, moves, patient), key)
        for stage, severity in (("ENTREE", canon["severity_entry"]), ("SORTIE", canon["severity_exit"])):
            if severity is not None:
                self._add(_triage(stage, severity, canon["triaged_at"], patient, encounter), key, stage)
        if canon["particularity"] is not None:
            self._add(_particularity(canon["particularity"], patient), key)
        if canon["evacuation_requested_at"] is not None:
            self._add(self._evacuation(canon, patient, encounter), key)
        for name, status in TASKS.get(canon["status"], ()):
            self._add(_task(name, self._task_status(name, status, canon), canon, patient, encounter), key, name)
        return patient

    @staticmethod
    def _task_status(name: str, status: str, canon: VictimCanon) -> str:
        return "completed" if name == "evacuation" and canon["admitted_at"] else status

    def _encounter(self, canon: VictimCanon, moves: Sequence[Move], patient: str) -> Resource:
        status = "finished" if canon["admitted_at"] and not canon["deleted"] else ENCOUNTER[canon["status"]]
        encounter: Resource = {
            "resourceType": "Encounter",
            "status": status,
            "class": coding(ACT_CODE, "EMER"),
            "subject": {"reference": patient},
            "partOf": {"reference": self._url("Encounter")},
            "period": {"start": moves[0][1] if moves else canon["status_at"]},
        }
        past = [(ENCOUNTER[was], start, end) for was, start, end in moves if end]
        if past:
            encounter["statusHistory"] = [
                {"status": was, "period": {"start": start, "end": end}} for was, start, end in past
            ]
        place, destination = canon["localisation"], canon["destination"]
        if place is not None:
            where = self._place(place["name"], PLACE, place["id"])
            encounter["location"] = [{"location": {"reference": where}, "status": "active"}]
        hospitalization: Resource = {}
        if destination is not None:
            unit = (
                f"{destination['name']} - {destination['service']}" if destination["service"] else destination["name"]
            )
            hospitalization["destination"] = {"reference": self._place(unit, FINESS, destination["finess"])}
        if canon["status"] == "LAISSE_SUR_PLACE":
            hospitalization["dischargeDisposition"] = concept(code_system("devenir"), "LAISSE_SUR_PLACE")
        if hospitalization:
            encounter["hospitalization"] = hospitalization
        return encounter

    def _evacuation(self, canon: VictimCanon, patient: str, encounter: str) -> Resource:
        request: Resource = {
            "resourceType": "ServiceRequest",
            "status": "active" if canon["evacuated_at"] is None else "completed",
            "intent": "order",
            "code": concept(code_system("type-demande"), "EVACUATION"),
            "subject": {"reference": patient},
            "encounter": {"reference": encounter},
            "authoredOn": canon["evacuation_requested_at"],
        }
        if canon["localisation"] is not None:
            place = canon["localisation"]
            request["locationReference"] = [{"reference": self._place(place["name"], PLACE, place["id"])}]
        if canon["vector"] is not None:
            request["orderDetail"] = [concept(code_system("type-vecteur"), canon["vector"])]
        return request


def _triage(stage: str, severity: str, at: str | None, patient: str, encounter: str) -> Resource:
    observation: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(code_system("observations"), f"GRAVITE-{stage}"),
        "subject": {"reference": patient},
        "encounter": {"reference": encounter},
        "valueCodeableConcept": {"coding": [coding(code_system("gravite-novi"), severity), TRIAGE[severity]]},
    }
    return observation | ({"effectiveDateTime": at} if at else {})


def _particularity(code: str, patient: str) -> Resource:
    return {
        "resourceType": "Flag",
        "meta": {"security": [coding(CONFIDENTIALITY, "R")]},
        "status": "active",
        "category": [concept(code_system("type-alerte"), "PARTICULARITE")],
        "code": concept(code_system("particularite"), code),
        "subject": {"reference": patient},
    }


def _task(name: str, status: str, canon: VictimCanon, patient: str, encounter: str) -> Resource:
    task: Resource = {
        "resourceType": "Task",
        "status": status,
        "intent": "order",
        "code": concept(code_system("etape-novi"), name),
        "for": {"reference": patient},
        "encounter": {"reference": encounter},
        "lastModified": canon["status_at"],
    }
    if name == "evacuation" and canon["evacuated_at"]:
        task["executionPeriod"] = {"start": canon["evacuated_at"]}
        if canon["admitted_at"]:
            task["executionPeriod"]["end"] = canon["admitted_at"]
    return task


def _code(text: str) -> str:
    return "-".join(text.split()) or "AUTRE"
