"""The material that lies beside a developer's checkout: official schemas, samples, examples. A user's clone has none."""

from __future__ import annotations

from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared"


def shared(relative: str) -> Path:
    """The path of one piece of it, or a skip that says what is missing."""
    path = BESIDE / relative
    if not path.exists():
        pytest.skip(f"material beside the checkout is absent: {relative}")
    return path
