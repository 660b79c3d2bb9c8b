"""The elements of the SOAP door, read into the domain's words and written from them."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from lxml import etree

from domain.intervention.attachment import decoded
from domain.intervention.ins import Ins
from domain.intervention.reading import MOST_FACTS
from domain.intervention.remarks import remark
from domain.intervention.request import (
    CALL_15,
    CANCEL_CALL_15,
    REPLAYED_CALL_15,
    UNKNOWN_CALL_15,
    Cancellation,
    Document,
    Fact,
    FactKind,
    InterventionRequest,
    Note,
    Patient,
    Place,
    Requester,
)
from gateway.doors.interventions.soap_faults import RETRYABLE
from gateway.interventions.tell import status_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.wire.soap.server import Element, SoapFault
    from domain.mode import Mode
    from domain.remark import Remark
    from gateway.interventions.messages import Answer
    from gateway.register.interventions.requests import Intervention

log = logging.getLogger("gateway.doors")

NAMESPACE = "urn:passerelle:samu:intervention:1"
REQUESTER = {
    "structure_id": "structureId",
    "structure_name": "structureNom",
    "professional_id": "professionnelId",
    "professional_name": "professionnelNom",
    "callback": "rappel",
}
PATIENT = {
    "name": "nom",
    "birth_name": "nomNaissance",
    "given_name": "prenom",
    "given_names": "listePrenoms",
    "sex": "sexe",
    "birth_date": "dateNaissance",
    "birth_year": "anneeNaissance",
    "age": "age",
    "birth_place": "lieuNaissance",
    "phone": "telephone",
    "weight_kg": "poidsKg",
    "identity_status": "statutIdentite",
}
PLACE = {
    "address": "adresse",
    "postal_code": "codePostal",
    "city": "commune",
    "insee_code": "codeInsee",
    "latitude": "position/latitude",
    "longitude": "position/longitude",
    "building": "batiment",
    "floor": "etage",
    "door": "porte",
    "interphone": "interphone",
    "access": "acces",
}
"""Field → element; a test holds them beside the contract."""
ELEMENTS = {
    "request_id": "idDemande",
    "message_id": "idMessage",
    "mode": "mode",
    "clicked_at": "horodatage",
    "crra": "crra",
    "note": "noteSuivi",
    "note.written_at": "noteHorodatage",
    "note.author": "noteAuteur",
    "facts": "fait",
    "documents": "document",
    "requester": "demandeur",
    "patient": "patient",
    "patient.ins": "patient.ins",
    "patient.doubtful": "patient.identiteDouteuse",
    "patient.fictitious": "patient.identiteFictive",
    "place": "lieu",
    "place.codes": "lieu.code",
    **{f"requester.{field}": f"demandeur.{name}" for field, name in REQUESTER.items()},
    **{f"patient.{field}": f"patient.{name}" for field, name in PATIENT.items()},
    **{f"place.{field}": f"lieu.{name.replace('/', '.')}" for field, name in PLACE.items()},
}
INSTRUCTIONS = (CALL_15, CANCEL_CALL_15, REPLAYED_CALL_15, UNKNOWN_CALL_15)
"""What a fault tells its sender to do: one of these."""
HOLDERS = {"DemanderIntervention": "demande.", "AnnulerDemande": "annulation."}


def element_of(field: str, operation: str = "DemanderIntervention") -> str:
    """A field of a request, as the sender of this operation calls it; what has no element here keeps its name."""
    known = {"id": "request_id"}.get(field, field)
    while known not in ELEMENTS and "." in known:
        known = known.rpartition(".")[0]
    return HOLDERS.get(operation, "") + ELEMENTS[known] if known in ELEMENTS else field


def _below(element: Element | None, path: str) -> Element | None:
    return None if element is None else element.find("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))


def _text(element: Element | None, path: str) -> str | None:
    elements = _below(element, path)
    return (elements.text or "") if elements is not None else None


def _texts(element: Element | None, names: dict[str, str]) -> dict[str, str | None]:
    return {field: _text(element, path) for field, path in names.items()}


def _every(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else element.findall(f"{{{NAMESPACE}}}{name}")


def readable(body: Element) -> bool:
    """Whether a message outside its contract can be acted upon all the same: one request or one question, of one patient in one place."""
    name = HOLDERS.get(str(etree.QName(body).localname), "").rstrip(".")
    holders = _every(body, name) if name else [body]
    if len(holders) != 1 or len(_every(holders[0], "idDemande")) != 1:
        return False
    return all(
        len(_every(holders[0], part)) <= 1 for part in ("patient", "lieu", "demandeur", "mode", "crra", "idMessage")
    )


def asked(body: Element, beside: tuple[Remark, ...] = ()) -> InterventionRequest:
    """A DemanderIntervention; `beside` is what is already to be said of it."""
    demande = _below(body, "demande")
    patient, place = _below(demande, "patient"), _below(demande, "lieu")
    facts, remarks = _facts(_every(demande, "fait"))
    matricule = _text(patient, "ins/matricule")
    return InterventionRequest(
        request_id=_text(demande, "idDemande") or "",
        message_id=_text(demande, "idMessage"),
        mode=_text(demande, "mode"),
        clicked_at=_text(demande, "horodatage"),
        crra=_text(demande, "crra"),
        requester=Requester(**_texts(_below(demande, "demandeur"), REQUESTER)),
        patient=Patient(
            **_texts(patient, PATIENT),
            ins=Ins(matricule, _text(patient, "ins/oid") or "") if matricule else None,
            doubtful=_text(patient, "identiteDouteuse") in {"true", "1"},
            fictitious=_text(patient, "identiteFictive") in {"true", "1"},
        ),
        place=Place(**_texts(place, PLACE), codes=tuple(code.text or "" for code in _every(place, "code"))),
        note=Note(_text(demande, "noteSuivi"), _text(demande, "noteHorodatage"), _text(demande, "noteAuteur")),
        facts=tuple(facts),
        documents=tuple(_document(document) for document in _every(demande, "document")),
        remarks=(*beside, *remarks),
    )


def _facts(elements: list[Element]) -> tuple[list[Fact], list[Remark]]:
    """One more than can be told, so that the reading sees that there were more."""
    facts, remarks = [], []
    for number, element in enumerate(elements[: MOST_FACTS + 1]):
        name, text = element.get("genre", ""), element.text or ""
        known = name in set(FactKind)
        facts.append(Fact(FactKind(name) if known else FactKind.OTHER, text if known else f"{name[:60]} : {text}"))
        if not known:
            remarks.append(remark("FAIT_INCONNU", f"facts.{number}"))
    return facts, remarks


def _document(element: Element) -> Document:
    """What cannot be decoded is no PDF, and is judged as such."""
    return Document(_text(element, "titre") or "", decoded(_text(element, "contenu") or ""))


def cancelled(body: Element) -> Cancellation:
    """An AnnulerDemande."""
    annulation = _below(body, "annulation")
    return Cancellation(
        _text(annulation, "idDemande") or "",
        _text(annulation, "idMessage"),
        _text(annulation, "mode"),
        _text(annulation, "motif"),
    )


def _written(operation: str, fields: Mapping[str, str | None], warnings: tuple[Remark, ...] = ()) -> Element:
    response = etree.Element(f"{{{NAMESPACE}}}{operation}Response", nsmap={"t": NAMESPACE})
    acknowledgement = etree.SubElement(response, f"{{{NAMESPACE}}}accuse")
    for name, text in fields.items():
        if text is not None:
            etree.SubElement(acknowledgement, f"{{{NAMESPACE}}}{name}").text = text
    for caution in warnings:
        warning = etree.SubElement(acknowledgement, f"{{{NAMESPACE}}}avertissement")
        for name, text in (("code", caution.code), ("champ", element_of(caution.field)), ("texte", caution.title)):
            etree.SubElement(warning, f"{{{NAMESPACE}}}{name}").text = text
    return response


def accuse(operation: str, answer: Answer, mode: Mode) -> Element:
    """What a sender is answered."""
    fields = {
        "idDemande": answer.request_id,
        "mode": mode.value,
        "etat": answer.status.value.replace("-", "_"),
        "recuLe": answer.received_at,
        "etatLe": answer.received_at,
        "doublon": "true" if answer.duplicate else "false",
        "reference": answer.reference,
        "version": str(answer.version),
        "samu": answer.crra,
    }
    return _written(operation, fields, answer.warnings)


def consulted(intervention: Intervention, instruction: str | None) -> Element:
    """Where a request is, and what its sender should do now."""
    shown = status_document(intervention, instruction)
    fields = {
        "idDemande": intervention.request_id,
        "idDossier": intervention.case_id,
        "mode": intervention.mode,
        "etat": intervention.status.value.replace("-", "_"),
        "motifRefus": shown["reason"],
        "recuLe": intervention.received_at.isoformat(),
        "etatLe": intervention.since.isoformat(),
        "doublon": "false",
        "reference": intervention.reference,
        "version": str(intervention.version),
        "samu": intervention.crra,
        "consigne": shown["instruction"],
    }
    return _written("ConsulterDemande", fields)


def fault_detail(fault: SoapFault) -> Element:
    """The contract's own detail of a fault."""
    reason = fault.reason or "ERREUR_INTERNE"
    correlation = uuid.uuid4().hex
    log.info("soap.refused reason=%s correlation=%s", reason, correlation)
    detail = etree.Element(f"{{{NAMESPACE}}}DemandeFault", nsmap={"t": NAMESPACE})
    fields = [("code", reason), *(("champ", path[:255]) for path in fault.fields[:20])]
    fields += [("reessayable", "true" if reason in RETRYABLE else "false"), ("correlation", correlation)]
    fields.append(("consigne", next((words for words in INSTRUCTIONS if words in fault.text), CALL_15)))
    for name, text in fields:
        etree.SubElement(detail, f"{{{NAMESPACE}}}{name}").text = text
    return detail
