"""One HTTP exchange as it was agreed: headers, proof of who we are, bytes out, status and bytes back.

It knows neither topics nor mappings, and refuses to say what a status means.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from adapters.wire.exchange import exchange
from adapters.wire.http import open_client
from adapters.wire.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from adapters.declared.agreement import Agreement, TopicTerms
    from adapters.wire.exchange import Reply
    from adapters.wire.link import Link


class DeclaredClient:
    """One neighbour's HTTP door."""

    def __init__(
        self,
        name: str,
        link: Link,
        agreement: Agreement,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._name = name
        self._agreement = agreement
        self._clock = clock
        self._http = open_client(link, transport)
        self._base = link.url

    async def send(self, terms: TopicTerms, path: str, key: str, body: bytes) -> Reply:
        """One exchange; raises a `DeliveryError` when there was no answer."""
        headers = {"Content-Type": terms.content, **self._headers(key, body)}
        if terms.media == "soap":
            headers["SOAPAction"] = f'"{terms.action}"'
        return await exchange(self._http, self._name, terms.method, self._base + path, content=body, headers=headers)

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        agreed = self._agreement
        headers = {**agreed.headers, agreed.idempotency_header: key}
        if agreed.basic is not None:
            headers["Authorization"] = basic(agreed.basic.username, agreed.basic.password.get_secret_value())
        if agreed.signature is not None:
            signed = sign([secret.get_secret_value() for secret in agreed.signature.secrets], self._clock(), body)
            headers[agreed.signature.timestamp_header] = signed[TIMESTAMP_HEADER]
            headers[agreed.signature.header] = signed[SIGNATURE_HEADER]
        return headers

    def now(self) -> datetime:
        """When it is, for what a neighbour asks to wait."""
        return self._clock()

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()


def basic(username: str, password: str) -> str:
    """The value of `Authorization`."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")
