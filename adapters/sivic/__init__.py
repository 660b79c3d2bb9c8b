"""SI-VIC, the health ministry's follow-up of the persons cared for: administrative data, never medical."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sivic.adapter import SivicAdapter
from adapters.sivic.client import SivicClient
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
    return SivicAdapter(link, SivicClient(open_client(link, transport or ThreadedTransport(link)), clock), mappings)
