"""The last step of a rule: the value that was read, in the form that the target wants, by a format or by a code table.

A code without a pair follows the policy of its recipient: it is never replaced by a default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from mapping.errors import MappingError
from mapping.formats import FORMATS, as_text

if TYPE_CHECKING:
    from mapping.codes.tables import CodeTable
    from mapping.language.rules import Rule

Scope: TypeAlias = Mapping[str, Any]
"""The document, and `item` inside an `each`."""

LOCAL_ZONE: Final = "Europe/Paris"
"""Where nobody said another one."""

Convert: TypeAlias = Callable[[Any, Scope], Any]


def blamed(rule: Rule) -> str:
    """The field that an error of the rule names."""
    return rule.paths[0].text if rule.paths else rule.to.text


def through_format(rule: Rule) -> Convert:
    """The form that the rule names."""
    write = FORMATS[rule.format.text if rule.format else ""].write
    path, place = blamed(rule), rule.place

    def convert(value: Any, _scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        try:
            return write(value)
        except ValueError as error:
            raise MappingError(path, str(error), place) from None

    return convert


def _unknown(rule: Rule, table: CodeTable, policy: str, when: str = "") -> MappingError:
    sentence = f"code absent de la table {table.name}{when}"
    final = policy == "refuse"
    sentence += ", refusé pour ce destinataire" if final else ""
    return MappingError(blamed(rule), sentence, rule.place, table=table.name, final=final)


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a document: that of an instant is the one that people at the place have then."""

    field: str
    zone: str = LOCAL_ZONE

    def of(self, scope: Scope) -> str:
        """`2027-01-01`; empty where the document has none."""
        text = str(scope.get(self.field) or "")
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text[:10]
        return at.date().isoformat() if at.tzinfo is None else at.astimezone(ZoneInfo(self.zone)).date().isoformat()


def through_table(rule: Rule, table: CodeTable, dated_by: Day, policy: str) -> Convert:
    """From our code to the neighbour's; on the day of the document, where the table has dates."""
    path, place = blamed(rule), rule.place
    codes = table.forward

    def code_of(value: Any) -> str:  # noqa: ANN401 - JSON-safe values
        try:
            return as_text(value)
        except ValueError as error:
            raise MappingError(path, str(error), place) from None

    def convert(value: Any, _scope: Scope) -> str:  # noqa: ANN401 - same
        code = value if isinstance(value, str) else code_of(value)
        wire = codes.get(code)
        if wire is None:
            table.missed(code)
            if policy == "raw":
                return code
            raise _unknown(rule, table, policy)
        return wire

    def convert_on_day(value: Any, scope: Scope) -> str:  # noqa: ANN401 - same
        day = dated_by.of(scope)
        if not day:
            raise MappingError(path, f"la table {table.name} est datée et ce document n'a pas de date", place)
        wire = table.to_wire(code_of(value), day)
        if wire is None:
            if policy == "raw":
                return code_of(value)
            raise _unknown(rule, table, policy, " à cette date")
        return wire

    return convert_on_day if table.dated else convert


def back_through_table(rule: Rule, table: CodeTable, policy: str) -> Convert:
    """From the neighbour's code to ours."""
    path, place = blamed(rule), rule.place

    def convert(value: Any, _scope: Scope) -> str:  # noqa: ANN401 - JSON-safe values
        try:
            code = as_text(value)
        except ValueError as error:
            raise MappingError(path, str(error), place) from None
        ours = table.to_canon(code)
        if ours is None:
            if policy == "raw":
                return code
            raise _unknown(rule, table, policy)
        return ours

    return convert
