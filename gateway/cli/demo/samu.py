"""The people of the demo's simulated SAMU: they open what arrives by themselves, so that a click there ends as it does in life."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Sequence

DELAYS: Final = {"RECUE": 8.0, "TRANSMISE": 8.0, "AFFICHEE": 12.0, "DOSSIER_OUVERT": 40.0, "DOSSIER-OUVERT": 40.0}
"""Seconds that a request stays in a state before the people move it one step on; in the other states it stays."""
LOOK: Final = 1.0  # seconds between two looks


class SamuPeople:
    """Who sits at the simulated CRRAs; they use the simulators' own doors, as a trainer would."""

    def __init__(self, urls: Sequence[str], delays: dict[str, float] | None = None) -> None:
        """`urls`: of the simulators; `delays`: seconds by state, in place of `DELAYS`."""
        self._urls = urls
        self._delays = DELAYS if delays is None else delays
        self._seen: dict[tuple[str, str, str], float] = {}

    async def work(self) -> None:
        """Until cancelled. A simulator that does not answer is asked again."""
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                for url in self._urls:
                    with contextlib.suppress(httpx.HTTPError):
                        await self._look(client, url)
                await asyncio.sleep(LOOK)

    async def _look(self, client: httpx.AsyncClient, url: str) -> None:
        now = asyncio.get_running_loop().time()
        held = (await client.get(f"{url}/_sandbox/state")).raise_for_status().json()["requests"]
        for reference, request in held.items():
            state = request["historique"][-1]["etat"]
            delay = self._delays.get(state)
            since = self._seen.setdefault((url, reference, state), now)
            if delay is not None and now - since >= delay:
                await client.post(f"{url}/_sandbox/requests/{reference}/advance")
