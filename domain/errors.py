"""Why a command is refused, told to people.

    RuleError
    ├── InvalidError    wrong in itself, whatever the state of things
    ├── ConflictError   right in itself, not in this state of things
    │   └── StaleError  decided on what has changed since it was read
    └── UnknownError    names a thing of the event that is not there

No error here carries a patient's data: a rule, the name of a field, what was expected.
"""

from __future__ import annotations


class RuleError(Exception):
    """A rule of the trade was not kept."""

    def __init__(self, code: str, field: str, title: str, expected: str = "", *, advice: str = "") -> None:
        """`code` is the rule (`R-12`); `title`, `expected` and `advice` (what to do now) are French, for a person at a screen."""
        super().__init__(f"{code} {field}: {title}")
        self.code = code
        self.field = field
        self.title = title
        self.expected = expected
        self.advice = advice


class InvalidError(RuleError):
    """A value that is wrong in itself."""


class ConflictError(RuleError):
    """A wish that does not fit the state of things."""


class StaleError(ConflictError):
    """A wish that was made of something as it was, and no longer is; `field` is `revision`."""


class UnknownError(RuleError):
    """Something of the event that is not there."""
