"""Writes down the elements of the FHIR resources that an emergency speaks of, so that a gateway starts without the library that knows them."""

from __future__ import annotations

import json

from mapping.contracts.fhir import WRITTEN, written_down


def text() -> str:
    """One type a line, so that a change of the library is seen."""
    lines = (f"{json.dumps(name)}: {json.dumps(told, ensure_ascii=False)}" for name, told in written_down().items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    WRITTEN.write_text(text(), encoding="utf-8")
