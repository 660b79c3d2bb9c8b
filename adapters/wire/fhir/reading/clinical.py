"""The note and what stands beside it: follow-up note, PDF, vitals, alerts, history, each as a person will read it.

Nothing is fetched by URL; what is not base64, or not text in its charset, is left out and said. A Flag whose kind is not known is kept as text: unknown is not unimportant.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from adapters.wire.fhir.reading.people import concept_text
from adapters.wire.fhir.reading.requester import name_of
from adapters.wire.fhir.vocabulary import LOINC, NOTE, Issue, Resource, codes
from domain.intervention.request import Document, Fact, FactKind, Note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.wire.fhir.bundle import OpenBundle, Placed

CHARSETS = {
    "utf-8": "utf-8-sig",
    "us-ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
}
"""The charsets a note may be in."""
AGE = "30525-0"
WEIGHT = "29463-7"
VITALS: Mapping[str, str] = {
    "59408-5": "SpO2",
    "2708-6": "SpO2",
    "9279-1": "FR",
    "8867-4": "FC",
    "8480-6": "PA systolique",
    "8462-4": "PA diastolique",
    "8310-5": "Température",
    "9269-2": "Glasgow",
    "29463-7": "Poids",
    "8302-2": "Taille",
}
"""LOINC → what a regulating doctor calls it."""
FLAGS: Mapping[str, FactKind] = {
    "INFECTION": FactKind.DANGER,
    "DANGER": FactKind.DANGER,
    "ANIMAL": FactKind.DANGER,
    "BARIATRIQUE": FactKind.MOBILITY,
    "MOBILITE": FactKind.MOBILITY,
    "OXYGENE": FactKind.DEVICE,
    "DISPOSITIF": FactKind.DEVICE,
    "SEUL": FactKind.ALONE,
}
"""Our `type-alerte` → the line it makes."""
HISTORY: Mapping[str, FactKind] = {
    "Condition": FactKind.HISTORY,
    "AllergyIntolerance": FactKind.ALLERGIES,
    "MedicationStatement": FactKind.TREATMENT,
}


def read_note(opened: OpenBundle, issues: list[Issue]) -> tuple[Note, tuple[Fact, ...]]:
    """The last note, and the others as lines under it."""
    notes = [note for placed in opened.of_type("DocumentReference") for note in _texts(opened, placed, issues)]
    # The progress note first, then the newest; ISO dates of one sender sort as they read.
    notes.sort(key=lambda one: (one[0], one[1].written_at or ""), reverse=True)
    if not notes:
        return _elsewhere(opened, issues), ()
    return notes[0][1], tuple(Fact(FactKind.OTHER, note.text or "") for _, note in notes[1:])


def _texts(opened: OpenBundle, placed: Placed, issues: list[Issue]) -> list[tuple[bool, Note]]:
    resource, found = placed.resource, []
    progress = NOTE in codes([resource.get("type", {})], LOINC)
    author = ", ".join(name for one in resource.get("author", ()) if (name := name_of(opened, one)))
    for place, content in enumerate(resource["content"]):
        attachment, path = content["attachment"], f"{placed.path}.content[{place}].attachment"
        kind, charset = _kind(attachment)
        if kind != "text/plain":
            continue
        data = _data(attachment, path, issues)
        if data is None:
            continue
        try:
            text = data.decode(CHARSETS[charset])
        except (UnicodeDecodeError, KeyError):
            issues.append(
                _left_out("NOTE_ILLISIBLE", "La note n’est pas du texte dans le jeu de caractères dit.", path)
            )
            continue
        found.append((progress, Note(text, resource.get("date") or attachment.get("creation"), author or None)))
    return found


def _elsewhere(opened: OpenBundle, issues: list[Issue]) -> Note:
    """A note that was put in a Communication or a ClinicalImpression."""
    for placed in opened.of_type("Communication", "ClinicalImpression"):
        resource = placed.resource
        lines = [one["contentString"] for one in resource.get("payload", ()) if one.get("contentString")]
        text = "\n".join(lines) or resource.get("summary")
        if text:
            said = f"La note est reprise de {placed.type} ; une DocumentReference est attendue."
            issues.append(Issue("NOTE_AILLEURS", "business-rule", said, placed.path, "warning"))
            return Note(text, resource.get("sent") or resource.get("date"), None)
    return Note()


def read_documents(opened: OpenBundle, issues: list[Issue]) -> tuple[Document, ...]:
    """What is joined beside the note; whether it is a PDF, and one of a size to be kept, `domain` says."""
    found: list[Document] = []
    for placed in opened.of_type("DocumentReference"):
        for place, content in enumerate(placed.resource["content"]):
            attachment = content["attachment"]
            if _kind(attachment)[0] != "text/plain":
                data = _data(attachment, f"{placed.path}.content[{place}].attachment", issues)
                found += [Document(attachment.get("title") or "", data)] if data is not None else []
    return tuple(found)


def _kind(attachment: Resource) -> tuple[str, str]:
    """The media type, then the charset."""
    kind, _, rest = attachment.get("contentType", "text/plain").lower().partition(";")
    return kind.strip(), rest.rpartition("charset=")[2].strip().strip('"') or "utf-8"


def _data(attachment: Resource, path: str, issues: list[Issue]) -> bytes | None:
    try:
        return base64.b64decode("".join(attachment["data"].split()), validate=True)
    except (KeyError, binascii.Error, ValueError):
        issues.append(_left_out("PIECE_ILLISIBLE", "La pièce doit être dans le message, en base64.", path))
        return None


def read_observations(opened: OpenBundle) -> tuple[str | None, str | None, list[Fact]]:
    """The age announced, the weight, and every observation as a line."""
    age = weight = None
    lines: list[Fact] = []
    for placed in opened.of_type("Observation"):
        said = codes([placed.resource["code"]], LOINC)
        quantity = placed.resource.get("valueQuantity", {})
        value = quantity.get("value")
        if AGE in said and quantity.get("code", "a") == "a" and value is not None:
            age = str(value)
            continue
        if WEIGHT in said and quantity.get("code", "kg") == "kg" and value is not None:
            weight = repr(value)
        label = next((VITALS[code] for code in said if code in VITALS), concept_text(placed.resource["code"]))
        shown = f"{value} {quantity.get('unit') or quantity.get('code') or ''}".strip() if value is not None else None
        shown = shown or placed.resource.get("valueString")
        if shown:
            lines.append(Fact(FactKind.VITALS, f"{label} {shown}{_when(placed.resource)}"))
    return age, weight, lines


def _when(resource: Resource) -> str:
    at = str(resource.get("effectiveDateTime", ""))
    return f" ({at[8:10]}/{at[5:7]}/{at[:4]} {at[11:16]})" if len(at) > 16 else ""  # noqa: PLR2004 - a date and a time


def read_alerts(opened: OpenBundle) -> list[Fact]:
    """Flags, history, treatment, allergies, consent."""
    lines = []
    for placed in opened.of_type("Flag"):
        kinds = codes(placed.resource.get("category", ()))
        kind = next((FLAGS[one] for one in kinds if one in FLAGS), FactKind.OTHER)
        words = concept_text(placed.resource.get("code", {})) or next(iter(kinds), "")
        lines.append(Fact(kind, words))
    for placed in opened.of_type(*HISTORY):
        said = placed.resource.get("code") or placed.resource.get("medicationCodeableConcept") or {}
        lines += [Fact(HISTORY[placed.type], concept_text(said))]
    for placed in opened.of_type("Consent"):
        lines.append(
            Fact(
                FactKind.CONSENT,
                "consentement joint" if placed.resource.get("status") == "active" else "consentement joint, non actif",
            )
        )
    return [line for line in lines if line.text]


def _left_out(reason: str, text: str, path: str) -> Issue:
    return Issue(reason, "invalid", f"{text} Elle n’est pas reprise.", path, "warning")


def request_facts(request: Resource) -> Sequence[Fact]:
    """The wishes and words of the ServiceRequest itself."""
    lines = [Fact(FactKind.MOTIVE, concept_text(one)) for one in request.get("reasonCode", ())]
    if request.get("priority"):
        lines.append(Fact(FactKind.URGENCY, PRIORITIES[request["priority"]]))
    lines += [Fact(FactKind.MEANS, concept_text(one)) for one in request.get("orderDetail", ())]
    if request.get("occurrenceDateTime") not in {None, request.get("authoredOn")}:
        lines.append(Fact(FactKind.OTHER, f"Souhaité pour {request['occurrenceDateTime']}"))
    lines += [Fact(FactKind.PHONE_CALL, one["text"]) for one in request.get("note", ()) if one.get("text")]
    return [line for line in lines if line.text]


PRIORITIES: Mapping[str, str] = {
    "routine": "sans urgence",
    "urgent": "urgent",
    "asap": "dès que possible",
    "stat": "immédiate",
}
"""The sender's wish, in words: it is never the regulating doctor's priority."""
