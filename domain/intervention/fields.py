"""Readers of the leaves of an intervention request: a text in, its one form out, and a remark when it could not be read.

A reader never raises and never guesses: what it cannot read is withheld from its own field, remarked upon, and kept word for
word in `Pen.kept`, which the CRRA reads under the note. So nothing that a nurse typed is lost, and nothing wrong is believed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.intervention.remarks import remark
from domain.numbers.telephone import read_telephone

if TYPE_CHECKING:
    from domain.remark import Remark

AHEAD = timedelta(minutes=5)
OLD = timedelta(minutes=15)
HEAVIEST_KG = 700
LONGEST_AS_RECEIVED = 200

_INSEE = re.compile(r"[0-9]{5}|2[AB][0-9]{3}")
_POSTAL = re.compile(r"[0-9]{5}")
_UNWRITABLE = {"Cc", "Cs", "Cn"}
"""Unicode categories that XML and a screen do not take: controls, lone surrogates, what is no character."""

FRENCH_BOXES = (
    (41.2, 51.2, -5.3, 9.7),
    (14.2, 18.2, -63.2, -60.7),
    (2.0, 6.0, -54.7, -51.5),
    (-21.5, -20.8, 55.1, 55.9),
    (-13.1, -12.5, 44.9, 45.4),
    (46.6, 47.2, -56.6, -56.0),
    (-23.0, -18.0, 158.0, 172.0),
    (-28.0, -7.0, -155.0, -134.0),
    (-14.6, -13.0, -178.5, -176.0),
)
"""Latitude from, to, longitude from, to: métropole, Antilles, Guyane, Réunion, Mayotte, Saint-Pierre, Calédonie, Polynésie, Wallis."""


@dataclass(slots=True)
class Pen:
    """What is noted down while a request is read."""

    remarks: list[Remark] = field(default_factory=list)
    kept: list[str] = field(default_factory=list, repr=False)
    """Words that could not be read, with what they were meant to be."""

    def remark(self, code: str, path: str) -> None:
        """Say something of a field."""
        self.remarks.append(remark(code, path))

    def withhold(self, code: str, path: str, title: str, words: str) -> None:
        """Say that a field could not be read, and keep its words."""
        self.remark(code, path)
        self.kept.append(f"{title} : {one_line(words)[:LONGEST_AS_RECEIVED]}")


def one_line(text: str) -> str:
    """Without what a screen cannot show, and without line breaks."""
    return " ".join(
        "".join(" " if unicodedata.category(character) in _UNWRITABLE else character for character in text).split()
    )


def lines(text: str) -> str:
    """The same, with its line breaks."""
    kept = "".join(
        character if character in "\n\t" or unicodedata.category(character) not in _UNWRITABLE else " "
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
    )
    return kept.strip()


def short(pen: Pen, path: str, text: str | None, longest: int) -> str | None:
    """A line of a form. Too long: cut, and said; control characters: taken out, and said."""
    if text is None:
        return None
    clean = one_line(text)
    if any(unicodedata.category(character) in _UNWRITABLE and not character.isspace() for character in text):
        pen.remark("CARACTERES_RETIRES", path)
    return cut(pen, path, clean, longest) or None


def prose(pen: Pen, path: str, text: str | None, longest: int) -> str | None:
    """A text of several lines, with the same care."""
    if text is None:
        return None
    clean = lines(text)
    if any(unicodedata.category(character) in _UNWRITABLE and not character.isspace() for character in text):
        pen.remark("CARACTERES_RETIRES", path)
    return cut(pen, path, clean, longest) or None


def cut(pen: Pen, path: str, text: str, longest: int) -> str:
    """At most so many characters."""
    if len(text) <= longest:
        return text
    pen.remark("TEXTE_COUPE", path)
    return text[: longest - 1] + "…"


def phone(pen: Pen, path: str, title: str, text: str | None) -> str | None:
    """E.164. A French national number gets its country code; an extension and what nobody could dial stay words."""
    if text is None or not text.strip():
        return None
    read = read_telephone(text)
    if read is None:
        pen.withhold("TELEPHONE_ILLISIBLE", path, title, text)
        return None
    if read.extension is not None:
        pen.withhold("TELEPHONE_POSTE", path, f"{title}, poste", read.extension)
    return read.number


def instant(text: str | None) -> datetime | None:
    """An ISO 8601 instant with its offset."""
    try:
        read = datetime.fromisoformat(text.strip()) if text else None
    except ValueError:
        return None
    return read if read is not None and read.tzinfo is not None and read.utcoffset() is not None else None


def clicked(pen: Pen, text: str | None, now: datetime) -> datetime:
    """When it was clicked; the instant of receipt when nobody can tell."""
    read = instant(text)
    if read is None:
        pen.remark("HORODATAGE_ILLISIBLE" if text else "HORODATAGE_ABSENT", "clicked_at")
        return now
    if read - now > AHEAD:
        pen.remark("HORODATAGE_FUTUR", "clicked_at")
    elif now - read > OLD:
        pen.remark("HORODATAGE_ANCIEN", "clicked_at")
    return read


def insee_code(pen: Pen, text: str | None) -> str | None:
    """The code of the commune. Corsica is 2A or 2B: 20004 looks right and is nowhere."""
    if text is None or not text.strip():
        return None
    code = text.strip().upper()
    if not _INSEE.fullmatch(code) or code.startswith("20"):
        known = "INSEE_CORSE" if code.startswith("20") and code.isdigit() else "INSEE_ILLISIBLE"
        pen.withhold(known, "place.insee_code", "Code INSEE reçu", text)
        return None
    return code


def postal_code(pen: Pen, text: str | None) -> str | None:
    """Five digits."""
    if text is None or not text.strip():
        return None
    code = text.replace(" ", "")
    if _POSTAL.fullmatch(code):
        return code
    pen.withhold("CODE_POSTAL_ILLISIBLE", "place.postal_code", "Code postal reçu", text)
    return None


def department(insee: str | None, postal: str | None) -> str | None:
    """The department of a commune, else that of a postal code; None when neither says it."""
    code = insee or postal
    if code is None:
        return None
    if insee is None and code.startswith("20"):
        return {"200": "2A", "201": "2A", "202": "2B", "206": "2B"}.get(code[:3])
    return code[:3] if code[:2] in {"97", "98"} else code[:2]


def position(pen: Pen, latitude: str | None, longitude: str | None) -> tuple[float, float] | None:
    """Latitude and longitude, when they can be believed. Two numbers that are only French the other way round are not."""
    if latitude is None and longitude is None:
        return None
    path, words = "place.latitude", f"{latitude or '?'} ; {longitude or '?'}"
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    swapped = _degrees(longitude, 90), _degrees(latitude, 180)
    if (north is None or east is None or not _french(north, east)) and None not in swapped and _french(*swapped):  # type: ignore[arg-type]
        pen.withhold("POSITION_INVERSEE", path, "Position reçue", words)
        return None
    if north is None or east is None:
        pen.withhold("POSITION_ILLISIBLE", path, "Position reçue", words)
        return None
    if not _french(north, east):
        pen.remark("POSITION_HORS_FRANCE", path)
    return north, east


def _degrees(text: str | None, most: int) -> float | None:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if -most <= value <= most else None


def _french(north: float, east: float) -> bool:
    return any(south <= north <= top and west <= east <= right for south, top, west, right in FRENCH_BOXES)


def weight(pen: Pen, text: str | None) -> float | None:
    """Kilograms."""
    if text is None or not text.strip():
        return None
    try:
        kilograms = float(text.lower().replace("kg", "").strip().replace(",", "."))
    except ValueError:
        kilograms = 0.0
    if 0 < kilograms <= HEAVIEST_KG:
        return kilograms
    pen.withhold("POIDS_ILLISIBLE", "patient.weight_kg", "Poids reçu", text)
    return None


def whole(text: str | None) -> int | None:
    """A whole number of a few digits."""
    bare = (text or "").strip()
    return int(bare) if re.fullmatch(r"[0-9]{1,4}", bare) else None
