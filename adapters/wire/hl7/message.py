"""One HL7 v2 message as a tree that a mapping file reads, and the acknowledgement that answers it.

A tree has a key per segment (first occurrence), `f3` per field, `c1` per component; `PID.ids` holds the identifiers of PID-3 by
their type (CX.5). No meaning is given to any of it here. Reading is `hl7`'s; sizes and the charset (MSH-18) are judged first.
Sources: HL7 v2.5.1 chapters 2 (control) and 3 (patient administration), IHE PAM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import hl7

if TYPE_CHECKING:
    from datetime import datetime

LARGEST: Final = 256 * 1024
"""Bytes of one message; an ADT is some kilobytes."""
MOST_REPETITIONS: Final = 50
CHARSETS: Final = {
    "": "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "8859/1": "latin-1",
    "8859/15": "iso-8859-15",
}
"""MSH-18 → the codec. Bytes that declare nothing are read as UTF-8, and as 8859/1 when they are not."""
IDENTIFIERS: Final = "PID"
TRAINING: Final = frozenset({"T", "D"})
"""MSH-11: what is not production."""


class Hl7Error(ValueError):
    """What cannot be read; holds no value of the message."""

    def __init__(self, place: str, reason: str) -> None:
        """`place` as HL7 names it (`MSH-9`), `reason` in French."""
        super().__init__(f"{place} : {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class Hl7Message:
    """One message, read."""

    tree: dict[str, Any]
    kind: str
    """MSH-9.1, such as ADT."""
    trigger: str
    """MSH-9.2, such as A01."""
    control_id: str
    """MSH-10: names the message for its sender and for us."""
    training: bool
    """MSH-11 says training or debugging, not production."""


def read_message(raw: bytes) -> Hl7Message:
    """Read one message. Raises `Hl7Error` with the place and what was expected."""
    if len(raw) > LARGEST:
        raise Hl7Error("MSH", f"message de plus de {LARGEST // 1024} Ko")
    text = _text(raw)
    if not text.startswith("MSH") or len(text) < len("MSH|^~\\&|"):
        raise Hl7Error("MSH", "un message HL7 v2 commence par MSH et ses séparateurs")
    try:
        message = hl7.parse(text)
        tree = _tree(message)
    except (hl7.HL7Exception, IndexError, KeyError, ValueError) as error:
        raise Hl7Error("MSH", "les séparateurs ou les segments ne sont pas lisibles") from error
    header = tree["MSH"]
    read = Hl7Message(
        tree,
        kind=_part(header, "f9", "c1"),
        trigger=_part(header, "f9", "c2"),
        control_id=_part(header, "f10", "c1"),
        training=_part(header, "f11", "c1").upper() in TRAINING,
    )
    for place, value in (("MSH-9", read.kind and read.trigger), ("MSH-10", read.control_id)):
        if not value:
            raise Hl7Error(place, "champ obligatoire absent")
    if not _part(header, "f11", "c1"):
        raise Hl7Error("MSH-11", "P (production) ou T (entraînement) est obligatoire : l’exercice ne se devine pas")
    return read


def acknowledgement(message: Hl7Message | None, code: str, now: datetime, place: str = "", reason: str = "") -> bytes:
    """The ACK of a message: `AA` taken, `AE` a person must look, `AR` refused; `place` and `reason` go into ERR."""
    header = message.tree["MSH"] if message else {}
    control_id, trigger = (message.control_id, message.trigger) if message else ("", "")
    sender, facility = _part(header, "f3", "c1"), _part(header, "f4", "c1")
    training = "T" if message is not None and message.training else "P"
    stamp = f"{now:%Y%m%d%H%M%S%z}"
    header_line = (
        f"MSH|^~\\&|PASSERELLE||{_escaped(sender)}|{_escaped(facility)}|{stamp}||ACK^{_escaped(trigger)}^ACK|"
        f"A{_escaped(control_id)[:19]}|{training}|2.5|||||FRA|UNICODE UTF-8"
    )
    segments = [header_line, f"MSA|{code}|{_escaped(control_id)}"]
    if reason:
        segments.append(f"ERR||{_escaped(place).replace('-', '^1^', 1)}|207|E||||{_escaped(reason)}")
    return ("\r".join(segments) + "\r").encode()


def _text(raw: bytes) -> str:
    first = raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r", 1)[0]
    fields = first.split(first[3:4]) if len(first) > len("MSH|") else []
    declared = fields[17].split(b"~")[0].decode("ascii", "replace").strip().upper() if len(fields) > 17 else ""  # noqa: PLR2004 - MSH-18, MSH-1 being the separator itself
    codec = CHARSETS.get(declared)
    if codec is None:
        raise Hl7Error("MSH-18", "jeu de caractères inconnu ; attendu UNICODE UTF-8, 8859/1 ou 8859/15")
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        if declared:
            raise Hl7Error("MSH-18", "les octets ne sont pas du jeu de caractères annoncé") from None
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\r").replace("\n", "\r").strip("\r\x0b\x1c \t")


def _tree(message: hl7.Message) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for segment in message:
        name = str(segment[0][0])
        if name in tree:
            continue
        tree[name] = {
            f"f{number}": _field(segment[number]) for number in range(1, len(segment)) if str(segment[number])
        }
        if name == IDENTIFIERS:
            tree[name]["ids"] = _identifiers(segment)
    return tree


def _field(field: Any) -> dict[str, str]:  # noqa: ANN401 - `hl7` gives a text where a field has no parts
    repetitions = field if isinstance(field, hl7.Field) else [field]
    return _components(repetitions[0]) if repetitions else {}


def _components(repetition: Any) -> dict[str, str]:  # noqa: ANN401 - same
    if not isinstance(repetition, hl7.Repetition):
        return {"c1": str(repetition)} if str(repetition) else {}
    parts = {
        f"c{number}": str(part[0] if isinstance(part, hl7.Component) else part)
        for number, part in enumerate(repetition, 1)
    }
    return {name: value for name, value in parts.items() if value and value != '""'}


def _identifiers(segment: hl7.Segment) -> dict[str, dict[str, str]]:
    """PID-3 by type; of several of one type the first, as the sender ordered them."""
    identifiers: dict[str, dict[str, str]] = {}
    if len(segment) > 3 and isinstance(segment[3], hl7.Field):  # noqa: PLR2004 - PID-3
        for repetition in segment[3][:MOST_REPETITIONS]:
            parts = _components(repetition)
            identifiers.setdefault(parts.get("c5") or "PI", parts)
    return identifiers


def _part(segment: dict[str, Any], field: str, component: str) -> str:
    part = segment.get(field, {}).get(component, "")
    return str(part)


def _escaped(text: str) -> str:
    """As HL7 escapes its separators; control characters do not travel."""
    for character, escape in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\")):
        text = text.replace(character, escape)
    return "".join(character for character in text if character.isprintable())
