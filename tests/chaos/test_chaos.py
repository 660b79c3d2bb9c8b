"""A short rain of faults on a real PostgreSQL, three nodes and a receiver; the long one is `python -m tests.chaos`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.chaos.run import Plan, Run
from tests.servers import need
from tests.servers.postgres import binaries

SEED = 20261122


@pytest.mark.crash
@pytest.mark.postgres
@pytest.mark.timeout(240)
async def test_no_fault_breaks_a_promise() -> None:
    """Killed, frozen, cut off, misled by their clocks: nothing is lost, doubled, out of order or late, and all ends clean."""
    found = binaries()
    need(found, "no PostgreSQL binaries on this machine (initdb, postgres)")
    assert found is not None
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - PostgreSQL may run as another user
        report = await Run.of(Plan(SEED, faults=120, seconds=25), Path(folder), found).play()
    assert report.judgement.violations == []
    assert report.inflicted.total() >= 120
    assert report.sent > 0
    left = [one.pid for one in psutil.Process(os.getpid()).children() if one.status() != psutil.STATUS_ZOMBIE]
    names = [psutil.Process(pid).cmdline() for pid in left]
    assert [line for line in names if "tests.chaos" in " ".join(line) or folder in " ".join(line)] == []
