"""One HTTP exchange as it was agreed: headers, proof of who we are, bytes out, status and bytes back.

It knows neither topics nor mappings, and refuses to say what a status means.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from adapters.wire.http import broken_link, open_client, retry_after
from adapters.wire.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from adapters.declared.agreement import Agreement, Told
    from adapters.wire.link import Link


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    sent: bytes = field(repr=False)
    content: bytes = field(repr=False)
    html: bool
    """It is a page for people: a captive portal, never a neighbour's answer."""
    wait: float | None
    """`Retry-After`, in seconds."""


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

    async def send(self, told: Told, path: str, key: str, body: bytes) -> Answered:
        """One exchange; raises a `DeliveryError` when there was no answer."""
        headers = {"Content-Type": told.content, **self._headers(key, body)}
        if told.media == "soap":
            headers["SOAPAction"] = f'"{told.action}"'
        try:
            answer = await self._http.request(told.method, self._base + path, content=body, headers=headers)
        except httpx.HTTPError as error:
            # `from None`: the error of the library holds the request, hence the patient.
            raise broken_link(error, self._name, sent=body) from None
        start = answer.content[:200].lstrip().lower()
        html = start.startswith((b"<!doctype html", b"<html")) or "text/html" in answer.headers.get("content-type", "")
        return Answered(answer.status_code, body, answer.content, html, retry_after(answer, self._clock()))

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        agreed = self._agreement
        headers = {**agreed.headers, agreed.idempotency_header: key}
        if agreed.basic is not None:
            headers["Authorization"] = basic(agreed.basic.username, agreed.basic.password.get_secret_value())
        if agreed.signature is not None:
            signed = sign([one.get_secret_value() for one in agreed.signature.secrets], self._clock(), body)
            headers[agreed.signature.timestamp_header] = signed[TIMESTAMP_HEADER]
            headers[agreed.signature.header] = signed[SIGNATURE_HEADER]
        return headers

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()


def basic(username: str, password: str) -> str:
    """The value of `Authorization`."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")
