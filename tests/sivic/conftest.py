"""One SI-VIC per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sivic.sivic_pair import Pair

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """A real-mode SI-VIC that knows the event already."""
    built = Pair()
    await built.open_event()
    yield built
    await built.adapter.aclose()
