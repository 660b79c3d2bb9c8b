"""Fixtures of the intervention tests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.interventions.stage import Stage, open_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PERSONAL = ("TESTE", "Angèle", "12 rue de l’Exemple", "+33600000000", "SpO2 84")


@pytest.fixture
async def stage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Stage]:
    """An open house; when it closes, nothing of a patient was logged."""
    caplog.set_level(logging.DEBUG)
    async with open_stage(tmp_path) as opened:
        yield opened
    assert [value for value in PERSONAL if value in caplog.text] == []
