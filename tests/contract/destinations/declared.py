"""A neighbour known by files alone, for the suite of the Destination port: JSON, XML and SOAP at once."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.contract.neighbour import Neighbour
from tests.declared.declared_pair import Pair, claimed, counts_document, event_document, victim_document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def build(mode: str = "Actual") -> AsyncIterator[Neighbour]:
    """A fresh adapter wired to a fresh simulator."""
    pair = Pair(mode)
    bodies = [
        ("event", event_document()),
        ("victim", victim_document()),
        ("victim", victim_document(2, severity="DCD")),
        ("identifier.detached", event_document(victim_id="vic essai 1", sinus_number="FR825NOVI2026TR000001")),
        ("counts", counts_document()),
        ("victim", victim_document(3, deleted=True)),
    ]

    async def vanish() -> None:
        pair.wire.gone = True

    async def script(faults: list[dict[str, Any]]) -> None:
        await pair.script(*faults)

    yield Neighbour(
        destination=pair.adapter,
        envelopes=[claimed(topic, body, f"msg-{n}", mode).envelope for n, (topic, body) in enumerate(bodies)],
        personal=["ESSAI-USAGE"],
        state=pair.state,
        script=script,
        vanish=vanish,
    )
    await pair.adapter.aclose()
