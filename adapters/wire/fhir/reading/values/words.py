"""Any value of FHIR R4 in the words of a person: comparator, unit, range, period, dosage; nothing rounded, converted or left out. Pure.

A unit is its text, else its code. An instant is told as its sender wrote it, with « UTC » where it is not a local time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.parts import PARTS, SENTENCES
from adapters.wire.fhir.vocabulary import UCUM, Resource, codings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.primitives import Element
    from adapters.wire.fhir.vocabulary import PlacedResource

EARLIEST = datetime.min.replace(tzinfo=UTC)
TOLD_APART = frozenset(
    {"Observation", "DiagnosticReport", "Condition", "AllergyIntolerance", "Procedure", "DocumentReference"}
)
"""What has a line of its own: a reference to it adds nothing."""
_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
CODES: Mapping[str, str] = {
    "mild": "légère",
    "moderate": "modérée",
    "severe": "sévère",
    "low": "faible",
    "high": "élevé",
    "unable-to-assess": "non évaluable",
    "allergy": "allergie",
    "intolerance": "intolérance",
    "food": "aliment",
    "medication": "médicament",
    "environment": "environnement",
    "biologic": "produit biologique",
    "s": "secondes",
    "min": "minutes",
    "h": "heures",
    "d": "jours",
    "wk": "semaines",
    "mo": "mois",
    "a": "ans",
}
"""Codes of the resources that are told, in French; any other is told as it is."""


def instant(text: Any) -> datetime:  # noqa: ANN401 - JSON as it comes
    """What an instant or a date sorts by: the instant itself; a date begins at its first moment; what cannot be read comes first."""
    if not isinstance(text, str):
        return EARLIEST
    try:
        read = datetime.fromisoformat(text.replace(":60", ":59"))
    except ValueError:
        parts = _DATE.fullmatch(text)
        year = int(parts[1]) if parts else 0
        return datetime(year, int(parts[2] or 1), 1, tzinfo=UTC) if parts and year and _month(parts[2]) else EARLIEST
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def _month(text: str | None) -> bool:
    return text is None or 1 <= int(text) <= 12  # noqa: PLR2004 - months


def is_day(text: str) -> bool:
    """Whether a text is a whole date of the calendar."""
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))  # noqa: PLR2004 - AAAA-MM-JJ
    except ValueError:
        return False


def when(text: str) -> str:
    """An instant or a date, as it is read aloud: `01/01/2026 07:55`, `03/1952`."""
    if match := _INSTANT.fullmatch(text):
        zone = " UTC" if match[5] in {"Z", "+00:00"} else ""
        return f"{match[3]}/{match[2]}/{match[1]} {match[4]}{zone}"
    if match := _DATE.fullmatch(text):
        return "/".join(part for part in (match[3], match[2], match[1]) if part)
    return text


def concept(value: Resource) -> str:
    """A CodeableConcept or a Coding for a person: its text, else a display, else a code."""
    codings = codings_of(value) or [value]
    words = (
        value.get("text"),
        *(coding.get("display") for coding in codings),
        *(coding.get("code") for coding in codings),
    )
    return next((word for word in words if isinstance(word, str) and word), "")


def unit_of(quantity: Resource) -> str:
    """Its unit in words, else its code; empty when it says neither."""
    return str(quantity.get("unit") or quantity.get("code") or "")


def ucum(quantity: Resource) -> str | None:
    """The UCUM code of a quantity; None when the code is of another system, or missing."""
    code = quantity.get("code")
    return code if isinstance(code, str) and quantity.get("system", UCUM) == UCUM else None


def quantity(value: Resource) -> str:
    """`< 70 %`."""
    number = value.get("value")
    parts = (value.get("comparator"), None if number is None else str(number), unit_of(value))
    return " ".join(str(part) for part in parts if part)


def period(value: Resource) -> str:
    """`du … au …`."""
    start, end = value.get("start"), value.get("end")
    bounds = (f"du {when(start)}" if start else "", f"au {when(end)}" if end else "")
    return " ".join(part for part in bounds if part)


def _range(value: Resource) -> str:
    low, high = quantity(value.get("low", {})), quantity(value.get("high", {}))
    return f"de {low} à {high}" if low and high else f"à partir de {low}" if low else f"jusqu’à {high}" if high else ""


def _ratio(value: Resource) -> str:
    parts = [quantity(value.get(name, {})) for name in ("numerator", "denominator")]
    return " / ".join(part for part in parts if part)


def _sampled(value: Resource) -> str:
    parts = (
        ("signal", value.get("data")),
        ("origine", quantity(value.get("origin", {}))),
        ("pas en ms", value.get("period")),
        ("dimensions", value.get("dimensions")),
    )
    return ", ".join(f"{label} {part}" for label, part in parts if part)


_PLAIN: Mapping[str, Callable[[Any], str]] = {
    "boolean": lambda value: "oui" if value else "non",
    "dateTime": when,
    "instant": when,
    "date": when,
    "code": lambda value: CODES.get(value, str(value)),
    "Coding": concept,
    "CodeableConcept": concept,
    "Quantity": quantity,
    "Range": _range,
    "Ratio": _ratio,
    "SampledData": _sampled,
    "Period": period,
    "Identifier": lambda value: str(value.get("value", "")),
}
"""Kind of element → its words, where they need nothing of the rest of the message."""


class Teller:
    """Tells the elements of one resource, whose references may lead to others of the message."""

    def __init__(self, opened: OpenBundle, placed: PlacedResource) -> None:
        self._opened, self._placed = opened, placed

    def value(self, value: Any, kind: str) -> str:  # noqa: ANN401 - JSON as it comes
        """One value, in words; empty when it says nothing."""
        plain = _PLAIN.get(kind)
        if plain is not None:
            return plain(value)
        if kind in SENTENCES:
            return self.sentence(value, PARTS[kind])
        match kind:
            case "Reference":
                return self._reference(value)
            case "Annotation":
                return self._annotation(value)
            case "Timing":
                events = [when(event) for event in value.get("event", ())]
                repeat = value.get("repeat")
                parts = (concept(value.get("code", {})), *events, self.value(repeat, "Repeat") if repeat else "")
                return ", ".join(part for part in parts if part)
            case _:
                return str(value)

    def sentence(self, holder: Resource, elements: Mapping[str, Element]) -> str:
        """Every labelled element that is there, in the order of the table."""
        parts: list[str] = []
        for name, element in elements.items():
            if element.label is None or name not in holder:
                continue
            values = holder[name] if element.most is not None else (holder[name],)
            text = ", ".join(word for word in (self.value(each, element.kind) for each in values) if word)
            if text:
                parts.append(f"{element.label} {text}".strip())
        return ", ".join(parts)

    def _annotation(self, note: Resource) -> str:
        author = note.get("authorString") or self._reference(note.get("authorReference") or {})
        signed = ", ".join(part for part in (author, when(note["time"]) if "time" in note else "") if part)
        return f"{note.get('text', '')} ({signed})" if signed else str(note.get("text", ""))

    def _reference(self, reference: Resource) -> str:
        """What it leads to, else its display, else its identifier; nothing for what is told on a line of its own."""
        target = self._opened.find(self._placed, reference)
        words = _named(target) if target is not None else ""
        if target is not None and not words and target.type in TOLD_APART:
            return ""
        return words or str(reference.get("display") or self.value(reference.get("identifier", {}), "Identifier"))


def _named(target: PlacedResource) -> str:
    """A resource that is told by what refers to it."""
    resource = target.resource
    if target.type == "Medication":
        parts = (concept(resource.get("code", {})), concept(resource.get("form", {})), target.words.lower())
        return ", ".join(part for part in parts if part)
    names = resource.get("name")
    if isinstance(names, list) and names:
        return full_name(names[0])
    return names if isinstance(names, str) else ""


def full_name(name: Resource) -> str:
    """A name as one text."""
    # In France a suffix is the title of a profession, which is said before the name.
    parts = [*name.get("prefix", ()), *name.get("suffix", ()), *name.get("given", ()), name.get("family", "")]
    return str(name.get("text") or " ".join(part for part in parts if part))
