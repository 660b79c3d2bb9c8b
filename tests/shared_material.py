"""The material that lies beside a developer's checkout: official schemas, samples, examples. A user's clone has none."""

from __future__ import annotations

from pathlib import Path

from tests.servers import need

BESIDE = Path(__file__).resolve().parents[2] / "shared"


def shared(relative: str) -> Path:
    """The path of one piece of it, or a skip that says what is missing and where to put it; a failure where CI is set."""
    path = BESIDE / relative
    need(
        path.exists(),
        f"put `{relative}` in {BESIDE.name}/ beside the checkout (hubsante/: the official models of the hub)",
    )
    return path
