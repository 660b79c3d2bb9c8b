"""From what a sender said to what a CRRA is told: read, remarked upon, and refused in one case only.

Refused: no place to go to **and** no telephone to call. Everything else goes on, with remarks for the sender and, for the CRRA, every
word that could not be read, as it was received. Nothing is completed: a year stays a year, a commune without a code has none.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.errors import InvalidError
from domain.intervention.fields import (
    Pen,
    clicked,
    cut,
    department,
    insee_code,
    instant,
    one_line,
    phone,
    position,
    postal_code,
    prose,
    short,
)
from domain.intervention.identity import read_patient
from domain.intervention.ins import Decision, is_shaped
from domain.intervention.professionals import read_professional, read_structure
from domain.intervention.request import CALL_15, Document

if TYPE_CHECKING:
    from datetime import datetime

    from domain.canon.intervention import InterventionDocument, InterventionPlaceCanon, NoteCanon, RequesterCanon
    from domain.intervention.ins import Ins, Judgement
    from domain.intervention.request import InterventionRequest, Place
    from domain.mode import Mode
    from domain.remark import Remark

UNKNOWN = "INCONNU"
NO_NOTE = "Aucune note de suivi transmise."
ADDRESS_LENGTH, ACCESS_LENGTH, NOTE_LENGTH, FACT_LENGTH = 255, 1000, 20_000, 1000
MOST_FACTS = 60
LARGEST_DOCUMENT = 2 * 1024 * 1024
MOST_DOCUMENTS = 2
PDF_MARK = b"%PDF-"
PDF_MARK_WITHIN = 1024  # where readers look for it


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """A request, read."""

    document: InterventionDocument
    """What the CRRA is told; its `request_id` and `crra` are given when it is accepted and routed."""
    remarks: tuple[Remark, ...]
    documents: tuple[Document, ...]
    """The PDFs worth keeping."""
    incident: bool
    """A trial INS in a real request."""
    department: str | None
    from_postal_code: bool
    """The department is that of the postal code, which may be another one than the commune's."""
    ins_key: str | None
    person_key: str | None
    """Name, given name, year of birth and commune: two requests that share it may be of one patient."""


def read(request: InterventionRequest, mode: Mode, now: datetime, sender: str) -> Reading:
    """Read everything. Raises InvalidError when there is neither a place nor a telephone; `sender` names the caller's key."""
    pen = Pen(list(request.remarks))
    at = clicked(pen, request.clicked_at, now)
    requester = _requester(pen, request, sender)
    patient, judgement = read_patient(pen, request.patient, mode, now)
    place = _place(pen, request.place)
    if not (place["address"] != UNKNOWN or place["latitude"] is not None or requester["callback"] or patient["phone"]):
        raise InvalidError(
            "SANS_LIEU_NI_TELEPHONE",
            "place.address",
            f"Ni lieu où aller, ni numéro à appeler. {CALL_15}",
            "une adresse, une position, ou un numéro de téléphone lisible",
        )
    documents = _documents(pen, request.documents)
    note = _note(pen, request)
    code = place["insee_code"]
    return Reading(
        document={
            "mode": mode.value,
            "request_id": "",
            "version": 1,
            "clicked_at": at.isoformat(),
            "crra": None,
            "requester": requester,
            "patient": patient,
            "place": place,
            "note": note,
        },
        remarks=(*pen.remarks, *judgement.remarks),
        documents=documents,
        incident=judgement.incident,
        department=department(code, place["postal_code"]),
        from_postal_code=code is None,
        ins_key=_ins_key(request.patient.ins, judgement),
        person_key=person_key(patient["name"], patient["given_name"], patient["birth_year"], code),
    )


def _requester(pen: Pen, request: InterventionRequest, sender: str) -> RequesterCanon:
    requester = request.requester
    structure = short(pen, "requester.structure_id", requester.structure_id, 80)
    structure_name = short(pen, "requester.structure_name", requester.structure_name, 255)
    professional = short(pen, "requester.professional_id", requester.professional_id, 80)
    name = short(pen, "requester.professional_name", requester.professional_name, 255)
    if structure is None:
        pen.remark("STRUCTURE_ABSENTE", "requester.structure_id")
    else:
        pen.remarks.extend(read_structure(structure, "requester.structure_id").remarks)
    if professional is not None:
        pen.remarks.extend(read_professional(professional, "requester.professional_id").remarks)
    elif name is None:
        pen.remark("PROFESSIONNEL_ABSENT", "requester.professional_name")
    callback = phone(pen, "requester.callback", "Rappel du demandeur", requester.callback)
    if callback is None:
        pen.remark("RAPPEL_ABSENT", "requester.callback")
    return {
        "structure_id": structure or sender,
        "structure_name": structure_name or structure or sender,
        "professional_id": professional,
        "professional_name": name or UNKNOWN,
        "callback": callback,
    }


def _place(pen: Pen, place: Place) -> InterventionPlaceCanon:
    address = short(pen, "place.address", place.address, ADDRESS_LENGTH)
    if address is None:
        pen.remark("ADRESSE_ABSENTE", "place.address")
    city = short(pen, "place.city", place.city, 80)
    if city is None:
        pen.remark("COMMUNE_ABSENTE", "place.city")
    insee = insee_code(pen, place.insee_code)
    if not (place.insee_code or "").strip():
        pen.remark("INSEE_ABSENT", "place.insee_code")
    coordinates = position(pen, place.latitude, place.longitude)
    return {
        "address": address or UNKNOWN,
        "postal_code": postal_code(pen, place.postal_code),
        "city": city or UNKNOWN,
        "insee_code": insee,
        "latitude": coordinates[0] if coordinates else None,
        "longitude": coordinates[1] if coordinates else None,
        "access": prose(pen, "place.access", _access(place), ACCESS_LENGTH),
    }


def _access(place: Place) -> str | None:
    """Doors, codes and words, in the order one meets them."""
    parts = (
        ("bâtiment", place.building),
        ("code", ", ".join(one_line(code)[:30] for code in place.codes[:5] if code.strip())),
        ("interphone", place.interphone),
        ("étage", place.floor),
        ("porte", place.door),
    )
    steps = ", ".join(f"{title} {one_line(text)}" for title, text in parts if text and text.strip())
    return "\n".join(line for line in (steps[:1].upper() + steps[1:], place.access) if line) or None


def _note(pen: Pen, request: InterventionRequest) -> NoteCanon:
    """The note, then what else was said, then the words that could not be read: those last two are never cut away by the first."""
    note = request.note
    if len(request.facts) > MOST_FACTS:
        pen.remark("FAIT_EN_TROP", "facts")
    facts = [
        f"{fact.kind.label} : {cut(pen, f'facts.{place}', one_line(fact.text), FACT_LENGTH)}"
        for place, fact in enumerate(request.facts[:MOST_FACTS])
    ]
    written = instant(note.written_at)
    if note.written_at is not None and written is None:
        pen.withhold("NOTE_HORODATAGE", "note.written_at", "Heure de la note", note.written_at)
    whole = "".join(
        f"\n\n{title}\n" + "\n".join(lines)
        for title, lines in (("— Aussi transmis —", facts), ("— Tel que reçu, à vérifier —", pen.kept))
        if lines
    )
    below = cut(pen, "facts", whole, NOTE_LENGTH // 2)
    text = prose(pen, "note.text", note.text, NOTE_LENGTH - len(below))
    if text is None:
        pen.remark("NOTE_ABSENTE", "note.text")
    return {
        "text": (text or NO_NOTE) + below,
        "written_at": written.isoformat() if written else None,
        "author": short(pen, "note.author", note.author, 255),
    }


def _documents(pen: Pen, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    kept: list[Document] = []
    for number, document in enumerate(documents):
        path = f"documents.{number}"
        if PDF_MARK not in document.content[:PDF_MARK_WITHIN]:
            pen.remark("DOCUMENT_PAS_PDF", path)
        elif len(document.content) > LARGEST_DOCUMENT:
            pen.remark("DOCUMENT_TROP_GROS", path)
        elif len(kept) >= MOST_DOCUMENTS:
            pen.remark("DOCUMENT_EN_TROP", path)
        else:
            pen.remark("DOCUMENT_CONSERVE", path)
            kept.append(
                Document(short(pen, f"{path}.title", document.title, 255) or f"Document {number + 1}", document.content)
            )
    return tuple(kept)


def _ins_key(ins: Ins | None, judgement: Judgement) -> str | None:
    """The number that two requests of one patient share, qualified or not: it is compared here, and goes nowhere."""
    if ins is None or judgement.decision not in {Decision.SENT, Decision.WITHHELD}:
        return None
    matricule = "".join(ins.matricule.split()).upper()
    return matricule if is_shaped(matricule) else None


def person_key(name: str, given_name: str, birth_year: str | None, insee: str | None) -> str | None:
    """Name, given name, year of birth and commune, folded; None when one of them is not known: nothing is compared on a guess."""
    if UNKNOWN in {name, given_name} or birth_year is None or insee is None:
        return None
    return "|".join((_folded(name), _folded(given_name), birth_year, insee))


def _folded(text: str) -> str:
    """Letters only, without accents: the same name typed by two people."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if character.isalnum())
