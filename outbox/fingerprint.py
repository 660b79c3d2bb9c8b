"""Which parked messages have one cause, so that a person decides once: a short digest that forgets what is only of one message.

Two refusals are alike when destination, topic and code are, and the detail is but for numbers, identifiers and quoted values. Pure.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from outbox.message import Cause

_OWN: Final = re.compile(r"«[^»]*»|\"[^\"]*\"|'[^']*'|[0-9A-Za-z._-]*[0-9][0-9A-Za-z._-]*")
"""A quoted value, or a word with a digit in it."""


def fingerprint(destination: str, topic: str, cause: Cause) -> str:
    """Twelve characters: the same for messages that one mended mapping, or one mended neighbour, would free."""
    text = "\0".join((destination, topic, cause.code, _OWN.sub("#", cause.detail)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
