"""Holds a resource against the element table, in one pass. Pure, and on the hot path.

Refuses to repair: what is wrong either refuses the message or is taken out of it with a warning that names its place; what is in no table is
named, so that nothing is dropped in silence. A text that is too long is not its business: `domain` cuts it and says so, the same for every door.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.parts import PARTS
from adapters.wire.fhir.primitives import KEYS, PRIMITIVES, Element, shape_of
from adapters.wire.fhir.vocabulary import (
    ACCESS,
    BIRTH_LIST,
    BIRTH_PLACE,
    DATA_ABSENT,
    INSEE_EXTENSION,
    INSEE_TABLE,
    RELIABILITY,
    Issue,
    PlacedResource,
    Resource,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SILENT = frozenset(
    {"resourceType", "id", "meta", "language", "contained", "text", "modifierExtension", "implicitRules"}
)
"""What every resource may hold and says nothing of a person, or is read elsewhere: labels, `contained`, modifiers."""
READ_EXTENSIONS: Mapping[str, frozenset[str]] = {
    RELIABILITY: frozenset({"identityStatus", "comment"}),
    ACCESS: frozenset({"ascenseur", "cles", "batiment", "etage", "porte", "interphone", "digicode"}),
    BIRTH_PLACE: frozenset(),
    BIRTH_LIST: frozenset(),
    INSEE_EXTENSION: frozenset(),
    DATA_ABSENT: frozenset(),
}
"""Extension that is read → those of its inner extensions that are."""
NARRATIVES = frozenset({"generated", "extensions", "empty"})
"""States of a narrative that says nothing more than the elements do."""
MOST_NAMED = 12
"""Elements of one resource that are named one by one; with more of them, the resource is."""
_NAME = re.compile(r"[a-z][A-Za-z]{0,50}[0-9]{0,3}")
"""An element of FHIR; any other key of the sender is not repeated, because it may hold a value."""


@dataclass(slots=True)
class Findings:
    """What is found in one resource."""

    issues: list[Issue]
    unread: list[str] = field(default_factory=list)
    """Places of what no table knows."""
    references: list[tuple[PlacedResource | None, str, str]] = field(default_factory=list)
    """Holder, place and text of each literal reference that is read."""
    holder: PlacedResource | None = None
    """The resource that is being looked at; None for the Bundle itself."""


def check(resource: Resource, elements: Mapping[str, Element], path: str, findings: Findings) -> None:
    """Hold a resource against its lines. What is wrong and does not block is taken out of it, and said; then what was not read is named."""
    for name, kind in (("id", str), ("meta", dict)):
        if name in resource and not isinstance(resource[name], kind):
            value = resource.pop(name)
            if value is not None:
                _Pass(findings, blocks=False).shape("un texte" if kind is str else "un objet", value, f"{path}.{name}")
    narrative = resource.get("text")
    if narrative is not None and (not isinstance(narrative, dict) or str(narrative.get("status")) not in NARRATIVES):
        findings.unread.append(f"{path}.text")
    _check_elements(resource, elements, path, _Pass(findings, blocks=True))
    if findings.unread:
        findings.issues.append(_not_read(findings.unread, path))
        findings.unread.clear()


def _not_read(places: list[str], path: str) -> Issue:
    named = " | ".join(places) if len(places) <= MOST_NAMED else path
    many = len(places) > 1
    text = f"{len(places)} éléments ne sont pas repris." if many else "Cet élément n’est pas repris."
    return Issue("NON_REPRIS", "not-supported", text, named, "warning")


@dataclass(frozen=True, slots=True)
class _Pass:
    """Where issues go, and whether what is being looked at may block."""

    findings: Findings
    blocks: bool

    def under(self, element: Element) -> _Pass:
        return self if element.blocks or not self.blocks else _Pass(self.findings, blocks=False)

    def has_issue(self, path: str) -> bool:
        """Whether something was already said of this place, or inside it."""
        return any(issue.expression is not None and issue.expression.startswith(path) for issue in self.findings.issues)

    def say(self, kind: str, reason: str, text: str, path: str) -> None:
        if self.blocks:
            self.findings.issues.append(Issue(reason, kind, text, path))
        else:
            text = f"{text} Cet élément n’est pas repris."
            self.findings.issues.append(Issue(reason, kind, text, path, "warning"))

    def shape(self, expected: str, value: Any, path: str) -> None:  # noqa: ANN401 - JSON as it comes
        """What is there is not what may be there."""
        self.say("value", "FORME", f"Attendu : {expected} ; reçu : {shape_of(value)}.", path)


def _check_elements(holder: Resource, elements: Mapping[str, Element], path: str, this: _Pass) -> bool:
    """Whether every element that must be there is; each wrong one is taken out."""
    whole = True
    for name, value in list(holder.items()):
        if value is None:
            del holder[name]  # FHIR has no null: it is an absence
            continue
        element = elements.get(name)
        if element is None:
            if name not in SILENT:
                _beside(holder, name, path, this)
        elif element.most is None and _is_plain(value, element):
            pass  # nearly every value: no place is written for it
        elif not _check_one(holder, name, element, f"{path}.{name}", this.under(element)):
            del holder[name]
            whole = whole and not element.least
    for name, element in _required(elements):
        if name not in holder and not this.has_issue(f"{path}.{name}"):
            expected = _expected(element)
            this.under(element).say("required", "ABSENT", f"Élément obligatoire absent : {expected}.", f"{path}.{name}")
            whole = False
    return whole


def _is_plain(value: Any, element: Element) -> bool:  # noqa: ANN401 - JSON as it comes
    """Whether a value is a primitive that may stand there."""
    primitive = PRIMITIVES.get(element.kind)
    return (
        primitive is not None
        and primitive[0](value)
        and (not element.codes or value in element.codes)
        and (element.kind not in KEYS or len(value) <= element.longest)
    )


def _required(elements: Mapping[str, Element]) -> tuple[tuple[str, Element], ...]:
    """The lines of a table that must be there; kept by table, because tables are constants."""
    key = id(elements)
    if key not in _REQUIRED:
        _REQUIRED[key] = tuple((name, element) for name, element in elements.items() if element.least)
    return _REQUIRED[key]


_REQUIRED: dict[int, tuple[tuple[str, Element], ...]] = {}


def _expected(element: Element) -> str:
    if element.codes:
        return ", ".join(sorted(element.codes))
    kind = PRIMITIVES[element.kind][1] if element.kind in PRIMITIVES else f"un objet {element.kind}"
    return f"une liste, {kind} d’abord" if element.most is not None else kind


def _beside(holder: Resource, name: str, path: str, this: _Pass) -> None:
    """What is in no table: extensions that are known are read elsewhere, everything else is named."""
    unread, value = this.findings.unread, holder[name]
    if name == "extension":
        _extensions(holder, path, this)
    elif name[:1] == "_" and _NAME.fullmatch(name[1:]):
        for place, inner in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(inner, dict) and set(inner) <= {"id", "extension"}:
                at = f"{path}.{name[1:]}" + (f"[{place}]" if isinstance(value, list) else "")
                _extensions(inner, at, this)
            elif inner is not None:
                unread.append(f"{path}.{name[1:]}.extension")
    else:
        unread.append(f"{path}.{name}" if _NAME.fullmatch(name) else path)


def _extensions(holder: Resource, path: str, this: _Pass) -> None:
    extensions = holder.get("extension")
    if extensions is None:
        return
    if not isinstance(extensions, list):
        _Pass(this.findings, blocks=False).shape("une liste", extensions, f"{path}.extension")
        del holder["extension"]
        return
    for place, extension in enumerate(extensions):
        at = f"{path}.extension[{place}]"
        url = extension.get("url") if isinstance(extension, dict) else None
        inner = READ_EXTENSIONS.get(url) if isinstance(url, str) else None
        if inner is None:
            if not (isinstance(extension, dict) and _is_insee(extension)):
                this.findings.unread.append(at)
        elif isinstance(parts := extension.get("extension"), list):
            this.findings.unread += [
                f"{at}.extension[{number}]"
                for number, part in enumerate(parts)
                if not isinstance(part, dict) or str(part.get("url")) not in inner
            ]


def _is_insee(extension: Resource) -> bool:
    coding = extension.get("valueCoding")
    concept = extension.get("valueCodeableConcept")
    codings = concept.get("coding") if isinstance(concept, dict) else [coding]
    return isinstance(codings, list) and any(
        isinstance(each, dict) and INSEE_TABLE.search(str(each.get("system"))) for each in codings
    )


def _check_one(holder: Resource, name: str, element: Element, path: str, this: _Pass) -> bool:
    value = holder[name]
    if element.most is None:
        return _check_value(value, element, path, this)
    if not isinstance(value, list) or not value:
        this.shape("une liste non vide", value, path)
        return False
    if len(value) > element.most:
        text = f"Au plus {element.most} valeurs sont reprises, et il y en a {len(value)}."
        this.findings.issues.append(Issue("CARDINALITE", "business-rule", text, path, "warning"))
    kept = [
        item
        for place, item in enumerate(value[: element.most])
        # A null stands in a list of primitives for a value that only has extensions.
        if item is not None and _check_value(item, element, f"{path}[{place}]", this)
    ]
    holder[name] = kept
    return bool(kept)


def _check_value(value: Any, element: Element, path: str, this: _Pass) -> bool:  # noqa: ANN401 - JSON as it comes
    part = PARTS.get(element.kind)
    if part is not None:
        if not isinstance(value, dict):
            this.shape(f"un objet {element.kind}", value, path)
            return False
        if value.get("modifierExtension"):
            text = "Un modificateur inconnu peut en changer le sens."
            _Pass(this.findings, blocks=False).say("business-rule", "MODIFICATEUR", text, f"{path}.modifierExtension")
            return False
        if element.kind == "Reference" and isinstance(literal := value.get("reference"), str):
            this.findings.references.append((this.findings.holder, path, literal))
        return _check_elements(value, part, path, this)
    if _is_plain(value, element):
        return True
    is_one, expected = PRIMITIVES[element.kind]
    if not is_one(value):
        this.shape(expected, value, path)
    elif element.codes and value not in element.codes:
        listed = ", ".join(sorted(element.codes))
        this.say("code-invalid", "CODE_INCONNU", f"Code inconnu ; attendu : {listed}.", path)
    else:
        this.say("too-long", "TROP_LONG", f"Texte trop long : au plus {element.longest} caractères.", path)
    return False
