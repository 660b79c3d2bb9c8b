"""The doors of intervention requests and of their routes, with the scopes that may use them."""

from __future__ import annotations

from typing import Any

from domain.intervention.request import CALL_15, CANCEL_CALL_15
from gateway.doors.http.door import Door
from gateway.doors.interventions import requests, schemas
from gateway.security.keys import Scope

PLATFORM = frozenset({Scope.PLATFORM})
OPERATOR = frozenset({Scope.OPERATOR})
REQUEST = "/v1/interventions/{id}"
ROUTE = "/v1/routes/{route_id}"

CLICK: dict[str, Any] = {
    "request_id": "DEMANDE-ESSAI-1",
    "clicked_at": "2026-01-01T07:59:30+01:00",
    "requester": {
        "structure_id": "1750712184",
        "structure_name": "Cellule de suivi d’essai",
        "professional_id": "810005536080",
        "professional_name": "Zoé ESSAI-INFIRMIÈRE",
        "callback": "+33100000000",
    },
    "patient": {"name": "TESTE", "given_name": "Angèle", "birth_year": "1952", "sex": "F", "phone": "+33600000000"},
    "place": {
        "address": "12 rue de l’Exemple",
        "postal_code": "77000",
        "city": "Melun",
        "insee_code": "77288",
        "floor": "3",
        "codes": ["A1234"],
    },
    "note": {"text": "SpO2 84 % sous 3 L/min.", "written_at": "2026-01-01T07:55:00+01:00"},
    "facts": {"motive": "détresse respiratoire", "device": "oxygène"},
}
NEW_ROUTE: dict[str, Any] = {
    "kind": "department",
    "key": "77",
    "destination": "lrm",
    "label": "SAMU 77",
    "crra": "fr.health.samu077",
}

INTERVENTION_DOORS: tuple[Door, ...] = (
    Door(
        "POST",
        "/v1/interventions",
        PLATFORM,
        requests.create,
        "Demander une intervention, en un clic",
        schemas.NewIntervention,
        status=201,
        tag="Demandes d’intervention",
        example=CLICK,
        instruction=CALL_15,
    ),
    Door(
        "POST",
        "/v1/interventions/check",
        PLATFORM,
        requests.check_one,
        "Vérifier une demande sans l’envoyer : avertissements, refus et SAMU désigné",
        schemas.NewIntervention,
        tag="Demandes d’intervention",
        example=CLICK,
    ),
    Door(
        "GET",
        "/v1/interventions/served",
        PLATFORM,
        requests.served_places,
        "Les lieux pour lesquels un SAMU est relié : communes, départements, CRRA",
        tag="Demandes d’intervention",
    ),
    Door(
        "GET",
        "/v1/interventions",
        OPERATOR,
        requests.read_all,
        "Les dernières demandes, avec les doublons possibles à côté",
        tag="Demandes d’intervention",
        query={"reference": "Référence dictée au téléphone."},
    ),
    Door(
        "GET",
        "/v1/interventions/stream",
        PLATFORM,
        requests.stream,
        "Suivre en direct ses demandes (SSE, reprise par Last-Event-ID)",
        tag="Demandes d’intervention",
        answers_media_type="text/event-stream",
        query={"after": "Reprendre après cette ligne."},
    ),
    Door(
        "GET",
        REQUEST,
        PLATFORM | OPERATOR,
        requests.read_one,
        "Où en est une demande",
        tag="Demandes d’intervention",
    ),
    Door(
        "PUT",
        REQUEST,
        PLATFORM,
        requests.replace,
        "Mettre une demande à jour : nouvelle version entière",
        schemas.NewIntervention,
        tag="Demandes d’intervention",
        example=CLICK,
        instruction=CALL_15,
    ),
    Door(
        "POST",
        REQUEST + "/cancel",
        PLATFORM,
        requests.cancel_one,
        "Annuler une demande",
        schemas.CancelledIntervention,
        tag="Demandes d’intervention",
        open_body=True,
        example={"reason": "transport déjà assuré"},
        instruction=CANCEL_CALL_15,
    ),
    Door(
        "GET",
        REQUEST + "/documents/{version}/{number}",
        OPERATOR,
        requests.document,
        "Un document joint",
        tag="Demandes d’intervention",
        answers_media_type="application/pdf",
    ),
    Door("GET", "/v1/routes", OPERATOR, requests.routes, "Les voies vers les SAMU", tag="Voies"),
    Door(
        "PUT",
        ROUTE,
        OPERATOR,
        requests.put_route,
        "Écrire une voie",
        schemas.WrittenRoute,
        tag="Voies",
        example=NEW_ROUTE,
    ),
    Door("DELETE", ROUTE, OPERATOR, requests.end_route, "Mettre fin à une voie", status=204, tag="Voies"),
    Door(
        "GET",
        "/v1/audit",
        OPERATOR,
        requests.audit,
        "Qui a écrit quelle voie, ouvert quel document, et ce qui a été retiré par l’âge",
        tag="Voies",
        query={
            "about": "Ce dont il s’agit : route:nom, ou la référence d’une demande.",
            "before": "Avant cette ligne (seq).",
        },
    ),
)
