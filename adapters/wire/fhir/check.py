"""Holds a resource against the element table, in one pass. Pure, and on the hot path.

Refuses to repair: what is wrong either refuses the message or is taken out of it with a warning that names its place. A text that is
too long is not its business: `domain` cuts it and says so, the same for every door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.elements import KEYS, PARTS, PRIMITIVES, RESOURCES, Element
from adapters.wire.fhir.vocabulary import Issue, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping


def check(resource: Resource, shape: str, path: str, issues: list[Issue]) -> None:
    """Hold a resource against its lines. What is wrong and does not block is taken out of it, and said."""
    elements = RESOURCES.get(shape)
    if elements:
        _check_elements(resource, elements, path, _Findings(issues, blocks=True))


@dataclass(frozen=True, slots=True)
class _Findings:
    """Where issues go, and whether what is being looked at may block."""

    issues: list[Issue]
    blocks: bool

    def under(self, element: Element) -> _Findings:
        return self if element.blocks or not self.blocks else _Findings(self.issues, blocks=False)

    def said(self, path: str) -> bool:
        """Whether something was already said of this place, or inside it."""
        return any(one.expression is not None and one.expression.startswith(path) for one in self.issues)

    def say(self, kind: str, reason: str, text: str, path: str) -> None:
        if self.blocks:
            self.issues.append(Issue(reason, kind, text, path))
        else:
            self.issues.append(Issue(reason, kind, f"{text} Cet élément n’est pas repris.", path, "warning"))


def _check_elements(holder: Resource, elements: Mapping[str, Element], path: str, findings: _Findings) -> bool:
    """Whether every element that must be there is; each wrong one is taken out."""
    whole = True
    for name in list(holder):
        element = elements.get(name)
        if element is None:
            continue
        if holder[name] is None:
            del holder[name]  # FHIR has no null: it is an absence
        elif not _check_one(holder, name, element, f"{path}.{name}", findings.under(element)):
            del holder[name]
            whole = whole and not element.least
    for name, element in elements.items():
        if element.least and name not in holder and not findings.said(f"{path}.{name}"):
            findings.under(element).say("required", "ABSENT", "Élément obligatoire absent.", f"{path}.{name}")
            whole = False
    return whole


def _check_one(holder: Resource, name: str, element: Element, path: str, findings: _Findings) -> bool:
    value = holder[name]
    if element.most is None:
        return _check_value(value, element, path, findings)
    if not isinstance(value, list) or not value:
        findings.say("structure", "FORME", "Une liste non vide est attendue.", path)
        return False
    if len(value) > element.most:
        findings.say("business-rule", "CARDINALITE", f"Au plus {element.most} valeurs sont admises.", path)
    kept = [
        item
        for place, item in enumerate(value[: element.most])
        if _check_value(item, element, f"{path}[{place}]", findings)
    ]
    holder[name] = kept
    return bool(kept)


def _check_value(value: Any, element: Element, path: str, findings: _Findings) -> bool:  # noqa: ANN401 - JSON as it comes
    part = PARTS.get(element.kind)
    if part is not None:
        if isinstance(value, dict):
            return _check_elements(value, part, path, findings)
        findings.say("structure", "FORME", "Un objet est attendu.", path)
        return False
    is_one, expected = PRIMITIVES[element.kind]
    if not is_one(value):
        findings.say("value", "FORME", f"La forme n’est pas la bonne : {expected}.", path)
    elif element.codes and value not in element.codes:
        said = ", ".join(sorted(element.codes))
        findings.say("code-invalid", "CODE_INCONNU", f"Code inconnu ; attendu : {said}.", path)
    elif element.kind in KEYS and len(value) > element.longest:
        findings.say("too-long", "TROP_LONG", f"Texte trop long : au plus {element.longest} caractères.", path)
    else:
        return True
    return False
