"""The doors of establishments, and of the persons that nobody here knows."""

from __future__ import annotations

from gateway.doors.http.door import Door
from gateway.doors.neighbours import admissions, news, unknown_persons
from gateway.doors.neighbours.schemas import (
    CreatedPerson,
    DismissedPerson,
    LinkedPerson,
    NewAdmission,
    NewsFromNeighbour,
)
from gateway.security.keys import Scope

HOSPITAL = frozenset({Scope.HOSPITAL})
NEIGHBOUR = frozenset({Scope.NEIGHBOUR})
PORTAL = frozenset({Scope.PORTAL})
TASK = "/v1/unknown-persons/{task_id}"
ADMISSION = {
    "message_id": "essai-1",
    "news": "admission",
    "happened_at": "2026-09-01T17:58:46+02:00",
    "key": "IPP-ESSAI-1",
    "sinus_number": "FR825NOVI0000TR100077",
    "finess": "310000000",
    "establishment": "Hôpital d’essai",
    "service": "Réanimation",
    "hospital_care": "HOSPITALISATION",
}

NEWS = {
    "mode": "Exercise",
    "nouvelles": [
        {
            "id": "essai-1",
            "nature": "PRISE_EN_COMPTE",
            "survenueLe": "2026-09-01T17:58:46+02:00",
            "evenement": "SINUS-2026-00001",
            "numero": "FR825NOVI0000TR100078",
            "categorie": "UR",
        }
    ],
}

NEIGHBOUR_DOORS = (
    Door(
        "POST", "/v1/admissions", HOSPITAL, admissions.admit, "Dire une admission, un transfert, une sortie, un décès",
        body=NewAdmission, tag="Établissements", example=ADMISSION,
    ),
    Door(
        "POST", "/v1/admissions/adt", HOSPITAL, admissions.admit_hl7, "Le même, par un message HL7 v2 ADT",
        media_type="application/hl7-v2", answers_media_type="application/hl7-v2", tag="Établissements",
    ),
    Door(
        "GET", "/v1/admissions", HOSPITAL, admissions.expected,
        "Les personnes orientées vers l’établissement ou admises chez lui", tag="Établissements",
    ),
    Door(
        "POST", "/v1/news/{neighbour}", NEIGHBOUR, news.push, "Pousser ses nouvelles : SINUS ou SI-VIC, chacun par sa clé",
        body=NewsFromNeighbour, tag="Voisins", example=NEWS,
    ),
    Door(
        "GET", "/v1/events/{event_id}/unknown-persons", PORTAL, unknown_persons.waiting,
        "Les personnes dont un voisin parle et que personne ne connaît ici", tag="Patients",
    ),
    Door(
        "POST", f"{TASK}/link", PORTAL, unknown_persons.link, "Dire de quel patient il s’agit",
        body=LinkedPerson, tag="Patients",
        example={"event_id": "evt", "patient_id": "p1", "reason": "Même bracelet, relu au téléphone."},
    ),
    Door(
        "POST", f"{TASK}/create", PORTAL, unknown_persons.create, "En faire un nouveau patient",
        body=CreatedPerson, status=201, tag="Patients",
        example={"event_id": "evt", "reason": "Arrivé par ses propres moyens."},
    ),
    Door(
        "POST", f"{TASK}/dismiss", PORTAL, unknown_persons.dismiss, "L’écarter : ce n’est pas une de nos victimes",
        body=DismissedPerson, tag="Patients", example={"reason": "Malade d’un autre événement."},
    ),
)  # fmt: skip
