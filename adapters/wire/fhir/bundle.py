"""From bytes to a Bundle whose resources may be read: size, JSON, depth, entries, element tables, states, references. Pure, and on the hot path.

No resource is read but through here: each was held against its table, what was retracted is not given, and what carries a state or an
unknown modifier is given with the words for it. It refuses to resolve anything outside the Bundle: nothing is ever fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from adapters.wire.fhir.check import Findings, check
from adapters.wire.fhir.names import Names
from adapters.wire.fhir.primitives import shape_of
from adapters.wire.fhir.standing import OUT, standing
from adapters.wire.fhir.vocabulary import LARGEST, FhirRefusalError, Issue, PlacedResource, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adapters.wire.fhir.primitives import Element

DEEPEST = 32
"""Our own contract needs 11 levels; FHIR's own examples stay under 20."""
NESTED = (dict, list)
"""What holds more JSON; a tuple, because a union is slower to ask about, at each value of each message."""
MOST_WARNINGS = 300
"""Warnings of one message; those beyond are told as one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the Bundles of one door are read."""

    kinds: frozenset[str]
    """Types of Bundle."""
    elements: Mapping[str, Mapping[str, Element]]
    """Resource → its element table; a resource without one is not read, and named."""
    states: Mapping[str, Mapping[str, Mapping[str, str]]]
    most: Mapping[str, int]
    """How many of a resource are read."""
    entries: int
    """How many entries a Bundle may have."""
    fewest: int = 1


@dataclass(frozen=True, slots=True)
class OpenBundle:
    """A Bundle whose resources stand, and whose references resolve inside it."""

    bundle: Resource
    entries: tuple[PlacedResource, ...]
    """In the order of the message, each followed by what it contains; what is retracted is not there."""
    issues: list[Issue]
    names: Names
    left_out: frozenset[str]
    """Places of the resources that are there and are not read."""
    used: set[str] = field(default_factory=set)
    """Places of the resources that a reader asked for."""
    by_type: dict[str, list[PlacedResource]] = field(init=False, default_factory=dict)
    """The entries of each type."""

    def __post_init__(self) -> None:
        """Sort the entries by their type."""
        for placed in self.entries:
            self.by_type.setdefault(placed.type, []).append(placed)

    def of_type(self, *types: str) -> Sequence[PlacedResource]:
        """The resources of some types, in the order of the message."""
        kinds = [self.by_type[kind] for kind in types if kind in self.by_type]
        given = (
            kinds[0] if len(kinds) == 1 else sorted((each for kind in kinds for each in kind), key=self.entries.index)
        )
        self.used.update(placed.path for placed in given)
        return given

    def find(self, holder: PlacedResource, reference: Any, *types: str) -> PlacedResource | None:  # noqa: ANN401 - whatever stands where a Reference should
        """What a Reference of a resource points at, when it stands and is of one of these types."""
        target = self.names.resolve(holder, reference) if isinstance(reference, dict) else None
        if target is None or target.path in self.left_out or (types and target.type not in types):
            return None
        self.used.add(target.path)
        return target

    def name_unused(self) -> None:
        """Warn of each resource that no reader asked for: nothing that is read refers to it."""
        for placed in self.entries:
            if placed.path not in self.used:
                text = "Cette ressource n’est désignée par rien de ce qui est lu : elle n’est pas reprise."
                self.warn("RESSOURCE_IGNOREE", text, placed.path)

    def warn(self, reason: str, text: str, path: str) -> None:
        """Say something that does not block."""
        self.issues.append(Issue(reason, "business-rule", text, path, "warning"))


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
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, NESTED)
        ]
        if not level:
            return False
    return True


def open_bundle(document: Resource, rules: Rules) -> OpenBundle:
    """The Bundle with its resources held to their tables. Raises `FhirRefusalError` when its structure lets nothing be read."""
    if document.get("resourceType") != "Bundle":
        raise refuse("structure", "PAS_UN_BUNDLE", "Une ressource Bundle est attendue.", "resourceType")
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in rules.kinds:
        expected = " ou ".join(sorted(rules.kinds))
        text = f"Le type du Bundle n’est pas celui attendu : {expected}."
        raise refuse("invalid", "TYPE_DE_BUNDLE", text, "Bundle.type")
    entries = document.get("entry")
    if not isinstance(entries, list) or not rules.fewest <= len(entries) <= rules.entries:
        received = f"{len(entries)} entrées" if isinstance(entries, list) else shape_of(entries)
        text = f"Un Bundle porte de {rules.fewest} à {rules.entries} entrées ; reçu : {received}."
        raise refuse("structure", "NOMBRE_D_ENTREES", text, "Bundle.entry")
    issues: list[Issue] = []
    placed = [each for place, entry in enumerate(entries) for each in _placed(entry, f"Bundle.entry[{place}]", issues)]
    names = Names(placed, issues)
    findings = Findings(issues)
    check(document, rules.elements["Bundle"], "Bundle", findings)
    kept, left_out = _standing(placed, rules, findings)
    _dangling(names, findings, left_out)
    return OpenBundle(document, tuple(kept), issues, names, left_out)


def _standing(
    placed: list[PlacedResource], rules: Rules, findings: Findings
) -> tuple[list[PlacedResource], frozenset[str]]:
    """Those that may be read, each with the words for its state; then the places of the others."""
    issues, counted = findings.issues, dict.fromkeys(rules.most, 0)
    kept: list[PlacedResource] = []
    left_out: set[str] = set()
    for each in placed:
        elements = rules.elements.get(each.type)
        if elements is None or each.type == "Bundle":
            text = "Cette ressource n’est pas lue."
            issues.append(Issue("RESSOURCE_IGNOREE", "not-supported", text, each.path, "warning"))
            left_out.add(each.path)
            continue
        findings.holder = each
        check(each.resource, elements, each.path, findings)
        each.words = standing(each.resource, each.path, issues, rules.states)
        if each.type in counted:
            counted[each.type] += 1
        if each.words == OUT:
            left_out.add(each.path)
        elif counted.get(each.type, 0) > rules.most.get(each.type, 0):
            text = f"Au plus {rules.most[each.type]} ressources {each.type} sont reprises : celle-ci ne l’est pas."
            issues.append(Issue("CARDINALITE", "business-rule", text, each.path, "warning"))
            left_out.add(each.path)
        else:
            kept.append(each)
    return kept, frozenset(left_out)


def _placed(entry: Any, path: str, issues: list[Issue]) -> Iterator[PlacedResource]:  # noqa: ANN401 - JSON as it comes
    """The resource of an entry, then those that it contains."""
    resource: Any = entry.get("resource") if isinstance(entry, dict) else None
    if not _is_resource(resource):
        text = f"Cette entrée ne porte pas de ressource FHIR ; reçu : {shape_of(resource)}."
        issues.append(Issue("ENTREE", "structure", text, f"{path}.resource", "warning"))
        return
    url = entry.get("fullUrl")
    if url is not None and not isinstance(url, str):
        text = f"Attendu : une adresse ; reçu : {shape_of(url)}."
        issues.append(Issue("FULLURL", "structure", text, f"{path}.fullUrl", "warning"))
    root = PlacedResource(resource, f"{path}.resource", url if isinstance(url, str) else "")
    yield root
    contained = resource.get("contained")
    if contained is None:
        return
    if not isinstance(contained, list):
        text = f"Attendu : une liste ; reçu : {shape_of(contained)}."
        issues.append(Issue("FORME", "value", text, f"{root.path}.contained", "warning"))
        return
    for place, inner in enumerate(contained):
        at = f"{root.path}.contained[{place}]"
        if _is_resource(inner):
            yield PlacedResource(inner, at, container=root)
        else:
            text = f"Attendu : une ressource FHIR ; reçu : {shape_of(inner)}."
            issues.append(Issue("ENTREE", "structure", text, at, "warning"))


def _is_resource(value: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    return isinstance(value, dict) and isinstance(value.get("resourceType"), str)


def _dangling(names: Names, findings: Findings, left_out: frozenset[str]) -> None:
    """Name each reference of what is read that leads nowhere."""
    for holder, path, literal in findings.references:
        if holder is None or holder.path in left_out:
            continue
        target = names.resolve(holder, {"reference": literal})
        if target is None:
            outside = literal.startswith(("http://", "https://"))
            text = "Cette référence désigne une ressource d’un autre serveur : elle n’est pas lue."
            text = text if outside else "Cette référence ne désigne aucune entrée du message."
            findings.issues.append(Issue("REFERENCE_PENDANTE", "structure", text, f"{path}.reference", "warning"))


def gathered(issues: list[Issue]) -> list[Issue]:
    """The issues, where warnings beyond what a person can read are told as one, at the place that holds them all."""
    if len(issues) <= MOST_WARNINGS:
        return issues
    blocking = [issue for issue in issues if issue.blocks][:MOST_WARNINGS]
    others = [issue for issue in issues if not issue.blocks]
    shown = others[: MOST_WARNINGS - len(blocking)]
    text = f"{len(others) - len(shown)} autres avertissements : des éléments de ce message ne sont pas repris."
    return [*blocking, *shown, Issue("NON_REPRIS", "not-supported", text, "Bundle.entry", "warning")]
