"""A CRRA's software over SOAP, in the manner of Samu-Script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.soap.adapter import LrmSoapAdapter
from adapters.lrm.soap.client import LrmClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    import mapping
    from adapters.link import Link
    from adapters.ws_security import Credentials

__all__ = ["open_lrm"]


def open_lrm(
    link: Link,
    mappings: Mapping[str, mapping.Mapping],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    clock: Callable[[], datetime],
    credentials: Credentials | None = None,
) -> LrmSoapAdapter:
    """The destination `lrm`: `mappings` by topic (`intervention.request`, `intervention.cancel`); `credentials` where the editor asks."""
    return LrmSoapAdapter(link, LrmClient(link, clock, credentials, transport), mappings)
