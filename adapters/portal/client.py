"""Speaks the portal's webhook: bytes signed and posted, an acknowledgement read. Knows nothing of outcomes or victims.

Refuses to follow a redirect, and to take for an acknowledgement a 200 that says something else than the notification's name; an
empty success, or a 201, 202 or 204, says by itself that it was taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adapters.portal.contract import faults_of, is_pointer
from adapters.portal.faults import not_the_portal, refused_by_portal
from adapters.wire.exchange import exchange
from adapters.wire.http import open_client
from adapters.wire.webhook_signature import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import httpx
    from pydantic import SecretStr

    from adapters.wire.link import Link

SHORTEST_SECRET = 16
"""Characters; below, a secret can be guessed off line from one signed notification."""


@dataclass(frozen=True, slots=True)
class PortalAcknowledgement:
    """The portal has the notification."""

    duplicate: bool
    sent: bytes
    answered: bytes


def _json(answered: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(answered)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


class PortalClient:
    """One receiver, one URL, the secrets shared with it (the newest first)."""

    def __init__(
        self,
        link: Link,
        secrets: Sequence[SecretStr],
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._secrets = [secret.get_secret_value() for secret in secrets]
        if not self._secrets or min(map(len, self._secrets)) < SHORTEST_SECRET:
            raise ValueError(f"portail : il faut au moins un secret partagé, de {SHORTEST_SECRET} caractères ou plus")
        self._url = link.url
        self._clock = clock
        self._http = open_client(link, transport)

    async def notify(self, identifier: str, body: bytes) -> PortalAcknowledgement:
        """Post one notification, or raise a `DeliveryError`. Safe to repeat: the identifier is its idempotency key."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": identifier,
            **sign(self._secrets, self._clock(), body),
        }
        answer = await exchange(self._http, "portal", "POST", self._url, content=body, headers=headers)
        document = _json(answer.body)
        if not answer.is_success:
            raise refused_by_portal(
                answer.status,
                document.get("code"),
                []
                if faults_of(document, "problem")
                else [field for field in document.get("fields", []) if is_pointer(field)],
                retry_after=answer.wait(self._clock()),
                sent=body,
                answered=answer.answered,
            )
        if faults_of(document, "acknowledgement"):
            if not answer.is_receipt:
                raise not_the_portal(body, answer.answered)
            return PortalAcknowledgement(duplicate=False, sent=body, answered=answer.answered)
        if document["received"] != identifier:
            raise not_the_portal(body, answer.answered)
        return PortalAcknowledgement(document.get("duplicate", False), body, answer.answered)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()
