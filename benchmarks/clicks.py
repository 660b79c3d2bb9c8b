"""The same click as each door takes it: JSON, FHIR message and transaction, SOAP 1.1 and 1.2. Every call is for another person."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from gateway.doors.fhir import guide
from gateway.doors.interventions.soap import WSDL
from gateway.doors.interventions.table import CLICK

if TYPE_CHECKING:
    from collections.abc import Callable

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
FHIR_JSON = "application/fhir+json"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{soap}" xmlns:t="urn:passerelle:samu:intervention:1"><s:Body>'
    "<t:DemanderIntervention><t:demande><t:idDemande>{name}</t:idDemande><t:horodatage>{now}</t:horodatage>"
    "<t:demandeur><t:structureId>1750712184</t:structureId><t:structureNom>Cellule d’essai</t:structureNom>"
    "<t:professionnelNom>Zoé ESSAI</t:professionnelNom><t:rappel>+33100000000</t:rappel></t:demandeur>"
    "<t:patient><t:nom>TESTE {name}</t:nom><t:prenom>Angèle</t:prenom><t:anneeNaissance>1952</t:anneeNaissance>"
    "<t:sexe>F</t:sexe><t:telephone>+33600000000</t:telephone></t:patient>"
    "<t:lieu><t:adresse>12 rue de l’Exemple</t:adresse><t:codePostal>77000</t:codePostal><t:commune>Melun</t:commune>"
    "<t:codeInsee>77288</t:codeInsee></t:lieu><t:noteSuivi>SpO2 84 % sous 3 L/min.</t:noteSuivi>"
    "</t:demande></t:DemanderIntervention></s:Body></s:Envelope>"
)


@dataclass(frozen=True, slots=True)
class ClickDoor:
    """One way to ask."""

    name: str
    path: str
    media_type: str
    body: Callable[[str, str], bytes]
    """The name of a request, and the moment of the click."""


def _json(name: str, now: str) -> bytes:
    patient = {**CLICK["patient"], "name": f"TESTE {name}"}
    return orjson.dumps({**CLICK, "request_id": name, "clicked_at": now, "patient": patient})


def _bundle(example: str) -> Callable[[str, str], bytes]:
    kept = guide.definitions()[f"Bundle/{example}"]

    def body(name: str, now: str) -> bytes:
        bundle: dict[str, Any] = copy.deepcopy(kept)
        bundle["identifier"]["value"], bundle["timestamp"] = f"M-{name}", now
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "Patient":
                entry["resource"]["name"][0]["family"] = f"TESTE {name}"
            if entry["resource"]["resourceType"] == "ServiceRequest":
                entry["resource"]["identifier"][0]["value"] = name
                entry["resource"]["authoredOn"] = now
        return orjson.dumps(bundle)

    return body


def _envelope(soap: str) -> Callable[[str, str], bytes]:
    return lambda name, now: ENVELOPE.format(soap=soap, name=name, now=now).encode()


DOORS = (
    ClickDoor("JSON", "/v1/interventions", "application/json", _json),
    ClickDoor("FHIR message", "/fhir/$process-message", FHIR_JSON, _bundle("exemple-message")),
    ClickDoor("FHIR transaction", "/fhir", FHIR_JSON, _bundle("exemple-transaction")),
    ClickDoor("SOAP 1.1", "/soap/intervention", "text/xml; charset=utf-8", _envelope(SOAP_11)),
    ClickDoor("SOAP 1.2", "/soap/intervention", "application/soap+xml; charset=utf-8", _envelope(SOAP_12)),
)
BARE = ClickDoor("bare route", "/", "application/json", _json)
ROUTE = {
    "kind": "department",
    "key": "77",
    "destination": "lrm",
    "label": "SAMU 77",
    "crra": "fr.health.samu077",
}
CONTRACT = WSDL
