"""Asks SI-VIC for its news, for a SI-VIC that does not push: the same pages as `inbound`, after a cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.wire.news import NewsPoller

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from adapters.wire.news import Shape

PATH: Final = "/sivic/v1/nouvelles"
"""The door of the contract, below the address of the link."""


def open_poller(http: httpx.AsyncClient, shape: Shape, mode: str, clock: Callable[[], datetime]) -> NewsPoller:
    """The poller on the adapter's own client, which closes it."""
    return NewsPoller(http, "sivic", PATH, shape, mode, clock)
