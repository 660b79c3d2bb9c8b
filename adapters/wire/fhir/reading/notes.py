"""The follow-up note and what is joined: of several notes the newest that stands is the note, the others are lines under it.

Nothing is fetched: an address is followed inside the message only. What is not base64, or not text in its charset, is left out and said.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from adapters.wire.fhir.reading.clinical import about
from adapters.wire.fhir.reading.requester import name_of
from adapters.wire.fhir.reading.values.words import instant, when
from adapters.wire.fhir.vocabulary import LOINC, NOTE, codes
from domain.intervention.request import Document, Fact, FactKind, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.vocabulary import PlacedResource, Resource

CHARSETS = {
    "utf-8": "utf-8-sig",
    "us-ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
}
"""The charsets a note may be in."""
TEXT = "text/plain"


class _Piece(NamedTuple):
    """What an attachment holds."""

    media_type: str
    charset: str
    title: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _DatedNote:
    """A note, with what decides which is the last."""

    note: Note
    progress: bool
    """Whether its type is that of a follow-up note."""
    words: str
    """The state that it must be told with."""

    @property
    def order(self) -> tuple[bool, bool, object]:
        """The one that stands, is a follow-up note, and is the newest, comes last."""
        return (not self.words, self.progress, instant(self.note.written_at))

    def told(self) -> Note:
        """The note with its state in front."""
        text = f"[{self.words}] {self.note.text}" if self.words else self.note.text
        return Note(text, self.note.written_at, self.note.author)

    def as_line(self) -> Fact:
        """The note as a line under another one."""
        at = f"note du {when(self.note.written_at)}" if self.note.written_at else ""
        signed = ", ".join(part for part in (at, self.note.author) if part)
        return Fact(FactKind.OTHER, f"{f'({signed}) ' if signed else ''}{self.told().text}")


def read_notes(opened: OpenBundle, patient: PlacedResource) -> tuple[Note, tuple[Fact, ...], tuple[Document, ...]]:
    """The last note, the others as lines under it, and the documents; whether these are PDFs of a size to be kept, `domain` says."""
    notes: list[_DatedNote] = []
    documents: list[Document] = []
    facts: list[Fact] = []
    for placed in about(opened, patient, "DocumentReference"):
        resource = placed.resource
        if resource.get("description"):
            facts.append(Fact(FactKind.OTHER, f"Pièce : {resource['description']}"))
        for place, content in enumerate(resource.get("content", ())):
            path = f"{placed.path}.content[{place}].attachment"
            piece = _piece(opened, placed, content["attachment"], path)
            if piece is not None and piece.media_type == TEXT:
                notes += _text(opened, placed, content["attachment"], piece, path)
            elif piece is not None:
                title = f"[{placed.words}] {piece.title}" if placed.words else piece.title
                documents.append(Document(title, piece.data))
    notes.sort(key=lambda each: each.order, reverse=True)
    elsewhere = sorted(_elsewhere(opened, patient), key=lambda each: each.order, reverse=True)
    notes += elsewhere
    if not notes:
        return Note(), tuple(facts), tuple(documents)
    return notes[0].told(), (*facts, *(each.as_line() for each in notes[1:])), tuple(documents)


def _text(
    opened: OpenBundle, placed: PlacedResource, attachment: Resource, piece: _Piece, path: str
) -> Iterator[_DatedNote]:
    resource = placed.resource
    try:
        text = piece.data.decode(CHARSETS[piece.charset])
    except (UnicodeDecodeError, KeyError):
        text = "La note n’est pas du texte dans le jeu de caractères dit. Elle n’est pas reprise."
        opened.warn("NOTE_ILLISIBLE", text, path)
        return
    names = (name_of(opened, placed, each) for each in resource.get("author", ()))
    author = ", ".join(name for name in names if name)
    written_at = resource.get("date") or attachment.get("creation")
    progress = NOTE in codes([resource.get("type", {})], LOINC)
    yield _DatedNote(Note(text, written_at, author or None), progress, placed.words)


def _elsewhere(opened: OpenBundle, patient: PlacedResource) -> Iterator[_DatedNote]:
    """Notes that were put in a Communication or a ClinicalImpression."""
    for placed in about(opened, patient, "Communication", "ClinicalImpression"):
        resource = placed.resource
        lines = [each["contentString"] for each in resource.get("payload", ()) if each.get("contentString")]
        text = "\n".join(lines) or resource.get("summary")
        if not text:
            opened.warn(
                "NOTE_ILLISIBLE", "Aucun texte n’est lu dans cette ressource : elle n’est pas reprise.", placed.path
            )
        else:
            sentence = f"La note est reprise de {placed.type} ; une DocumentReference est attendue."
            opened.warn("NOTE_AILLEURS", sentence, placed.path)
            yield _DatedNote(
                Note(text, resource.get("sent") or resource.get("date"), None), progress=False, words=placed.words
            )


def _piece(opened: OpenBundle, placed: PlacedResource, attachment: Resource, path: str) -> _Piece | None:
    """What an attachment holds: its data, else the Binary of the message that it points at."""
    binary: Resource = {}
    if "data" not in attachment and "url" in attachment:
        target = opened.find(placed, {"reference": attachment["url"]}, "Binary")
        binary = target.resource if target is not None else {}
    data = attachment.get("data") or binary.get("data")
    media_type, charset = _kind(attachment.get("contentType") or binary.get("contentType") or TEXT)
    decoded = _decoded(data) if data else None
    if decoded is None:
        outside = not data and "url" in attachment
        text = "La pièce est à une adresse que la passerelle n’ouvre pas : elle doit être dans le message, en base64."
        text = text if outside else "La pièce doit être dans le message, en base64."
        opened.warn("PIECE_ILLISIBLE", f"{text} Elle n’est pas reprise.", f"{path}.{'url' if outside else 'data'}")
        return None
    return _Piece(media_type, charset, attachment.get("title") or "", decoded)


def _kind(media_type: str) -> tuple[str, str]:
    """The media type, then the charset."""
    kind, _, rest = media_type.lower().partition(";")
    return kind.strip(), rest.rpartition("charset=")[2].strip().strip('"') or "utf-8"


def _decoded(text: str) -> bytes | None:
    """Base64 with or without line breaks, of either alphabet, behind a `data:` address or not; None when it is none."""
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    bare = "".join(text.split()).translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
