"""Doing what must be done, however often the store fails first."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log: Final = logging.getLogger("outbox.dispatcher")

POLL: Final = 1.0
"""Seconds after which what failed is tried again, and after which a dispatcher looks although nobody called."""


async def steadily(verb: str, work: Callable[[], Awaitable[int]]) -> None:
    """Until it succeeds."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("outbox.%s_failed", verb)
            await asyncio.sleep(POLL)
        else:
            return
