"""The content of a joined document, out of the ways in which real systems write base64: one reading for every door."""

from __future__ import annotations

import base64
import binascii
import re

_DATA_URI = re.compile(r"\s*data:[^,]{0,200};\s*base64\s*,", re.IGNORECASE)


def decoded(text: str) -> bytes:
    """The bytes, whatever line breaks, `data:` address, URL-safe alphabet or missing padding; empty for what is no base64."""
    prefix = _DATA_URI.match(text[:300])
    bare = "".join(text[prefix.end() if prefix else 0 :].split()).rstrip("=")
    plain = bare.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
