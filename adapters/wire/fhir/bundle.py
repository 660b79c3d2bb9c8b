"""From bytes to a Bundle that holds together: size, JSON, depth, entries, full URLs, references. Pure, and on the hot path.

What a resource must contain is not asked here. It refuses to resolve anything outside the Bundle: nothing is ever fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adapters.wire.fhir.vocabulary import LARGEST, FhirRefusalError, Issue, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 32
"""Our own contract needs 11 levels; FHIR's own examples stay under 20."""
FEWEST_ENTRIES = 2
MOST_ENTRIES = 60
NESTED = (dict, list)
"""What holds more JSON; a tuple, because a union is slower to ask about, at each value of each message."""
URN = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource, and where it stands."""

    resource: Resource
    path: str
    """`Bundle.entry[1].resource`."""

    @property
    def type(self) -> str:
        """Its resourceType."""
        name: str = self.resource["resourceType"]
        return name


@dataclass(frozen=True, slots=True)
class OpenBundle:
    """A Bundle whose references resolve inside it."""

    bundle: Resource
    entries: tuple[Placed, ...]
    by_url: dict[str, Placed]

    def of_type(self, *types: str) -> list[Placed]:
        """The resources of some types, in the order of the message."""
        return [one for one in self.entries if one.type in types]

    def find(self, reference: Any, *types: str) -> Placed | None:  # noqa: ANN401 - whatever stands where a Reference should
        """What a Reference points at, when it is of one of these types."""
        target = self.by_url.get(reference.get("reference", "")) if isinstance(reference, dict) else None
        return target if target is not None and (not types or target.type in types) else None


def refuse(kind: str, reason: str, text: str, expression: str | None = None) -> FhirRefusalError:
    """A refusal for one fault."""
    return FhirRefusalError((Issue(reason, kind, text, expression),))


def read_json(raw: bytes) -> Resource:
    """The document, if it is one that may be looked at."""
    if len(raw) > LARGEST:
        raise refuse("too-costly", "TROP_GROS", "Le message dépasse 5 Mo.")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise refuse("structure", "JSON", "Le message n’est pas du JSON lisible.") from None
    if not isinstance(document, dict):
        raise refuse("structure", "JSON", "Le message n’est pas une ressource FHIR.")
    if too_deep(document):
        raise refuse("structure", "PROFONDEUR", f"Le message a plus de {DEEPEST} niveaux.")
    return document


def too_deep(document: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    """Whether it has more levels than any message of ours."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, NESTED)
        ]
        if not level:
            return False
    return True


def open_bundle(document: Resource, kinds: frozenset[str]) -> OpenBundle:
    """The Bundle with its entries in place; refused with every fault of its structure."""
    if document.get("resourceType") != "Bundle":
        raise refuse("structure", "PAS_UN_BUNDLE", "Une ressource Bundle est attendue.", "resourceType")
    if document.get("type") not in kinds:
        said = " ou ".join(sorted(kinds))
        raise refuse("invalid", "TYPE_DE_BUNDLE", f"Le type du Bundle n’est pas celui attendu : {said}.", "Bundle.type")
    entries = document.get("entry")
    if not isinstance(entries, list) or not FEWEST_ENTRIES <= len(entries) <= MOST_ENTRIES:
        text = f"Un Bundle porte de {FEWEST_ENTRIES} à {MOST_ENTRIES} entrées."
        raise refuse("structure", "NOMBRE_D_ENTREES", text, "Bundle.entry")
    issues: list[Issue] = []
    by_url: dict[str, Placed] = {}
    for place, entry in enumerate(entries):
        placed = _entry(entry, f"Bundle.entry[{place}]", issues)
        if placed is None:
            continue
        url = entry["fullUrl"]
        if url in by_url:
            issues.append(
                _structure("FULLURL_DOUBLE", "Deux entrées portent le même fullUrl.", placed.path[:-9] + ".fullUrl")
            )
        by_url[url] = placed
    opened = OpenBundle(document, tuple(by_url.values()), by_url)
    issues += _dangling(opened)
    if issues:
        raise FhirRefusalError(issues)
    return opened


def _entry(entry: Any, path: str, issues: list[Issue]) -> Placed | None:  # noqa: ANN401 - JSON as it comes
    resource = entry.get("resource") if isinstance(entry, dict) else None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if resource is None or not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        issues.append(_structure("ENTREE", "Cette entrée ne porte pas de ressource FHIR.", path))
        return None
    if not isinstance(entry.get("fullUrl"), str) or not URN.fullmatch(entry["fullUrl"]):
        issues.append(_structure("FULLURL", "Chaque entrée porte un fullUrl « urn:uuid:… ».", f"{path}.fullUrl"))
        return None
    return Placed(resource, f"{path}.resource")


def _structure(reason: str, text: str, expression: str) -> Issue:
    return Issue(reason, "structure", text, expression)


def _dangling(opened: OpenBundle) -> list[Issue]:
    if _all_resolve(opened):
        return []
    text = "Cette référence ne désigne aucune entrée du message."
    return [
        Issue("REFERENCE_PENDANTE", "structure", text, path)
        for placed in opened.entries
        for path, reference in _references(placed.resource, placed.path)
        if reference not in opened.by_url
    ]


def _all_resolve(opened: OpenBundle) -> bool:
    """The same question without places: nearly always the only one that is asked."""
    level: list[Any] = [placed.resource for placed in opened.entries]
    while level:
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                literal = one.get("reference")
                if isinstance(literal, str) and literal not in opened.by_url and not literal.startswith("#"):
                    return False
                below += [inner for inner in one.values() if isinstance(inner, NESTED)]
            else:
                below += [inner for inner in one if isinstance(inner, NESTED)]
        level = below
    return True


def _references(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON as it comes
    """Every literal reference with its place. One by identifier alone, or inside a `contained`, is not literal."""
    if isinstance(value, dict):
        literal = value.get("reference")
        if isinstance(literal, str) and not literal.startswith("#"):
            yield f"{path}.reference", literal
        for name, inner in value.items():
            if isinstance(inner, NESTED):
                yield from _references(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            if isinstance(inner, NESTED):
                yield from _references(inner, f"{path}[{place}]")
