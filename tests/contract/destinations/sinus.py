"""SINUS, in process."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.contract.neighbour import ALL_FAULTS, Neighbour
from tests.sinus.sinus_documents import (
    PERSONAL,
    counts_document,
    detached_document,
    envelope,
    event_document,
    pair,
    victim_document,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def build(mode: str = "Actual") -> AsyncIterator[Neighbour]:
    """An event, its victim, its count, and the number that leaves the victim."""
    adapter, transport = pair(mode)

    async def state() -> dict[str, Any]:
        held: dict[str, Any] = await transport.control("GET", "/_sandbox/state")
        return held

    async def script(faults: list[dict[str, Any]]) -> None:
        await transport.control("POST", "/_sandbox/faults", faults)

    async def vanish() -> None:
        transport.gone = True

    envelopes = [
        envelope("event", event_document(mode=mode)),
        envelope("victim", victim_document(mode=mode)),
        envelope("counts", counts_document(mode=mode)),
        envelope("identifier.detached", detached_document(mode=mode)),
    ]
    yield Neighbour(adapter, envelopes, PERSONAL, state, script, vanish, ALL_FAULTS - {"soap_fault"})
    await adapter.aclose()
