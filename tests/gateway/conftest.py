"""Fixtures of the gateway's tests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.gateway.house import PERSONAL, OpenHouse, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[OpenHouse]:
    """An open house; when it closes, nothing of a person was logged, refused aloud, or told to who may not know it."""
    caplog.set_level(logging.DEBUG)
    async with open_house(tmp_path) as opened:
        yield opened
    assert leaks(caplog.text, opened) == []


def leaks(log: str, house: OpenHouse) -> list[str]:
    """Where a person's value was seen that must not be."""
    told = [
        (f"{one.request} {one.status}", one.text)
        for one in house.heard
        if one.media_type == "application/problem+json" or one.scope != "portal"
    ]
    return [f"{where}: {value}" for where, text in [("log", log), *told] for value in PERSONAL if value in text]
