"""Which rule made which value: the same closures, watched. For previews and tests, never on the way of a message.

A rule that cannot stand does not stop the explanation: its reason is a step like the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapping.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapping.language.paths import Read
    from mapping.language.rules import Rule

_STEPS = "\0steps"
_WHERE = "\0where"
"""Keys beside the document that no canon path can name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rule, seen at work on one document."""

    to: str
    """The target, with the number of each repeated element: `ventilation.localisation[0].ua`."""
    reads: str
    place: str
    """`file:line` of the rule."""
    value: Any
    """What it gave; None when the key is absent."""
    error: str = ""
    because: str = ""
    """The reason of the default, where the value may be one."""


class Watcher:
    """Writes a `Step` for every rule that runs."""

    def leaf(self, rule: Rule, produce: Read) -> Read:
        """Around a rule that gives one value."""

        def watched(scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-safe values
            to = scope[_WHERE] + rule.to.text
            try:
                value = produce(scope)
            except MappingError as error:
                scope[_STEPS].append(Step(to, rule.reads, rule.place, None, f"{error.path} : {error.reason}"))
                return None
            if not rule.rules or not value:
                because = rule.default.because if rule.default else ""
                scope[_STEPS].append(Step(to, rule.reads, rule.place, value, because=because))
            return value

        return watched

    def group(self, rule: Rule, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the rules of a group see."""
        return {**scope, _WHERE: f"{scope[_WHERE]}{rule.to.text}."}

    def inside(self, rule: Rule, scope: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """What the rules of an `each` see for its element number `at`."""
        return {**scope, _WHERE: f"{scope[_WHERE]}{rule.to.text}[{at}]."}


def watched_scope(canon: Mapping[str, Any], steps: list[Step]) -> dict[str, Any]:
    """The document, with the list that the watched rules write into."""
    return {**canon, _STEPS: steps, _WHERE: ""}
