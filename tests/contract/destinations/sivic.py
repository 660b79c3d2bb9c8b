"""SI-VIC for the suite of the Destination port."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.contract.neighbour import Neighbour
from tests.sivic.documents import PERSONAL, claimed, detached_document, document, event, victim
from tests.sivic.sivic_pair import Pair

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def build(mode: str = "Actual") -> AsyncIterator[Neighbour]:
    """A fresh adapter wired to a fresh simulator of `mode`."""
    pair = Pair(mode, read_timeout=0.3)

    def said(**changes: Any) -> dict[str, Any]:
        return document(mode=mode, **{"event": event(mode=mode), **changes})

    bodies = [
        ("event", said()),
        ("victim", said(victim=victim())),
        ("victim", said(revision=2, victim=victim(severity="DCD", used_name="ESSAI-USAGE"))),
        ("identifier.detached", {**detached_document(3), **said(revision=3)}),
        ("victim", said(revision=4, victim=victim(deleted=True, status="PATIENT_SUPPRIME"))),
    ]

    async def vanish() -> None:
        pair.wire.gone = True

    async def script(faults: list[dict[str, Any]]) -> None:
        await pair.script(*faults)

    yield Neighbour(
        destination=pair.adapter,
        envelopes=[claimed(topic, body, id_=f"msg-{n}").envelope for n, (topic, body) in enumerate(bodies)],
        personal=[*PERSONAL, "ESSAI-USAGE"],
        state=pair.state,
        script=script,
        vanish=vanish,
    )
    await pair.adapter.aclose()
