"""SI-VIC, the health ministry's follow-up of the persons cared for: administrative data, never medical."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sivic.adapter import NEWS, SivicAdapter
from adapters.sivic.client import SivicClient
from adapters.sivic.poller import open_poller
from adapters.wire.http import open_client
from adapters.wire.urllib3_transport import ThreadedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    import mapping
    from adapters.wire.link import Link

__all__ = ["open_sivic"]


def open_sivic(
    link: Link,
    mappings: Mapping[str, mapping.Mapping],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    clock: Callable[[], datetime],
) -> SivicAdapter:
    """The destination `sivic`: `mappings` by topic, with `victim.deleted` for withdrawals."""
    http = open_client(link, transport or ThreadedTransport(link))
    shape = mappings.get(NEWS)
    poller = open_poller(http, shape, link.mode, clock) if shape is not None else None
    return SivicAdapter(link, SivicClient(http, clock), mappings, poller)
