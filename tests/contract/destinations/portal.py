"""The portal, for the suite of the Destination port."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.contract.neighbour import ALL_FAULTS, Neighbour
from tests.portal.portal_pair import Pair, claimed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def build(mode: str = "Actual") -> AsyncIterator[Neighbour]:
    """A fresh adapter wired to a fresh simulator of `mode`."""
    pair = Pair(mode=mode, link_mode=mode)

    async def vanish() -> None:
        pair.wire.gone = True

    async def script(faults: list[dict[str, object]]) -> None:
        await pair.script(*faults)

    yield Neighbour(
        destination=pair.adapter,
        envelopes=[
            claimed("notif-essai-1", mode=mode).envelope,
            claimed("notif-essai-2", mode=mode, event_id=None, lane="DEMANDE-ESSAI-1").envelope,
        ],
        personal=[],
        state=pair.state,
        script=script,
        vanish=vanish,
        faults=ALL_FAULTS - {"soap_fault"},
    )
    await pair.adapter.aclose()
