"""What a mapping may say against a document at run time: which path, and why. Never which value: it may be a patient's.

MappingError          this document cannot be mapped by this file
UnknownMappingError   no file of that name was loaded
"""

from __future__ import annotations


class MappingError(Exception):
    """A document that a mapping cannot turn into its target; nothing was produced."""

    def __init__(self, path: str, reason: str, rule: str = "", *, table: str = "", final: bool = False) -> None:
        """`path` names a field, `reason` is French for people and holds no value, `rule` is `file:line` of the rule.

        `table` is the one that has no pair for the code met, where that is why. `final`: the recipient's policy refuses
        such a document for good, whatever the table may learn later.
        """
        super().__init__(f"{path} : {reason}" + (f" ({rule})" if rule else ""))
        self.path = path
        self.reason = reason
        self.rule = rule
        self.table = table
        self.final = final


class UnknownMappingError(LookupError):
    """A name that no loaded file bears."""
