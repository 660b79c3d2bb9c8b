"""A CRRA's software over SOAP, in the manner of Samu-Script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.soap.adapter import LrmSoapAdapter
from adapters.lrm.soap.client import LrmClient
from adapters.wire.ws_security.sign import Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    import mapping
    from adapters.wire.link import Link
    from adapters.wire.ws_security.sign import SigningKey
    from adapters.wire.ws_security.username_token import Credentials

__all__ = ["open_lrm"]


def open_lrm(  # noqa: PLR0913 - one link, as its editor wants it
    link: Link,
    mappings: Mapping[str, mapping.Mapping],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    clock: Callable[[], datetime],
    credentials: Credentials | None = None,
    signing: SigningKey | None = None,
    name: str = "lrm",
) -> LrmSoapAdapter:
    """A destination: `mappings` by topic (`intervention.request`, `intervention.cancel`); `credentials` and `signing` where the editor asks."""
    client = LrmClient(link, clock, credentials, transport, Signer(signing) if signing else None)
    return LrmSoapAdapter(link, client, mappings, name)
