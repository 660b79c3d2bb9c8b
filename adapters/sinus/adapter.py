"""SINUS as a destination of the outbox: envelope, mapping, document, client, receipt.

Sends events, victims, detached numbers and counts, and nothing else; reads back what SINUS counts and whom it holds. Which fields may leave is
decided by the mapping and its allow-list, and by the schema, never here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, cast

from adapters.sinus.client import NAME, RefusalError, SinusClient, UnreadableAnswerError
from adapters.sinus.document import DocumentError, write
from adapters.sinus.faults import Code, translate
from adapters.sinus.poller import open_poller
from adapters.wire.http import open_client, refuse_other_mode
from mapping.errors import MappingError
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from adapters.sinus.client import Acknowledgement
    from adapters.wire.link import Link
    from adapters.wire.news import NewsPage, NewsPoller
    from adapters.wire.news import Shape as NewsShape
    from outbox.message import ClaimedMessage, Envelope

ROOTS = {
    "event": "evenement",
    "victim": "victime",
    "identifier.detached": "detachement",
    "counts": "denombrement",
}
"""Topic → the document of the contract that says it."""
HELD = "held"
"""The key, among the mappings by topic, of the one that reads back what SINUS counts."""
PEOPLE = "people"
"""The key of the one that reads back whom SINUS holds."""
NEWS = "news"
"""The key of the one that reads what SINUS says of its own accord."""


class Shape(Protocol):
    """A compiled mapping: canon in, tree of the wire out."""

    def apply(self, canon: Mapping[str, Any]) -> dict[str, Any]:
        """The target tree, or a `MappingError`."""


class SinusAdapter:
    """The `Destination` named `sinus`."""

    name = NAME

    def __init__(
        self, link: Link, mappings: Mapping[str, Shape], client: SinusClient, poller: NewsPoller | None = None
    ) -> None:
        """`mappings` has one shape per topic of `ROOTS`; `poller` asks for what SINUS says of its own accord."""
        self._link = link
        self._mappings = mappings
        self._client = client
        self._poller = poller

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Tell SINUS one thing. What it already knows, as new or newer, counts as delivered."""
        refuse_other_mode(claimed, self._link, NAME)
        return await self._send(claimed, self._document(claimed.envelope))

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Tell it once more with the very bytes of the last attempt."""
        refuse_other_mode(claimed, self._link, NAME)
        return await self._send(claimed, claimed.exact)

    async def _send(self, claimed: ClaimedMessage, document: bytes) -> Receipt:
        envelope = claimed.envelope
        try:
            answer = await self._tell(envelope, document)
        except (RefusalError, UnreadableAnswerError) as error:
            raise translate(error, document) from error
        if envelope.topic == "event" and not answer.sinus_id:
            # Everything else needs SINUS's identifier of the event: it is asked for again, under the same key.
            raise translate(UnreadableAnswerError("idSinus", answer.answered), document)
        facts: dict[str, Any] = {"resultat": answer.result}
        if envelope.topic == "event":
            facts["external_id"] = answer.sinus_id
        return Receipt(
            answer.sinus_id or claimed.reference,
            duplicate=answer.replay,
            sent=document,
            answered=answer.answered,
            facts=facts,
        )

    async def held(self, external_id: str) -> dict[str, int]:
        """How many victims SINUS holds by category in its event, recounted from the records it keeps."""
        try:
            tree = await self._client.get_counts(external_id)
        except (RefusalError, UnreadableAnswerError) as error:
            raise translate(error) from error
        self._refuse_other_mode(tree)
        return self._mappings[HELD].apply(tree)

    async def people(self, external_id: str) -> list[dict[str, Any]] | None:
        """Everybody that SINUS holds in its event, as `people` of `domain.canon.answers`; None when it does not know the event."""
        everybody: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            try:
                tree = await self._client.get_records(external_id, after)
            except RefusalError as refusal:
                if refusal.code == Code.EVENEMENT_INCONNU:
                    return None
                raise translate(refusal) from refusal
            except UnreadableAnswerError as error:
                raise translate(error) from error
            self._refuse_other_mode(tree)
            page = await asyncio.to_thread(self._mappings[PEOPLE].apply, tree)
            everybody += page.get("people", [])
            before, after = after, page.get("after")
            if after is None:
                return everybody
            if after == before:
                raise PermanentDeliveryError(f"{NAME}.suite", "SINUS répète la même page de ses fiches.")

    async def news(self, cursor: str | None) -> NewsPage:
        """What SINUS says of its own accord after that cursor. Raises `PageError`, or a `DeliveryError`."""
        if self._poller is None:
            raise PermanentDeliveryError(
                f"{NAME}.nouvelles", "Aucune correspondance ne lit les nouvelles de SINUS.", NEWS
            )
        return await self._poller.page(cursor)

    def _refuse_other_mode(self, tree: Mapping[str, Any]) -> None:
        if tree["mode"] != self._link.mode:
            raise PermanentDeliveryError(f"{NAME}.mode", "SINUS répond pour l’autre mode : vérifier l’adresse du lien.")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _document(self, envelope: Envelope) -> bytes:
        """The bytes of one message: the same at every attempt, as the mapping is a pure function."""
        root, shape = ROOTS.get(envelope.topic), self._mappings.get(envelope.topic)
        if root is None or shape is None:
            raise PermanentDeliveryError(f"{NAME}.sujet", "SINUS ne prend pas ce sujet.", envelope.topic)
        try:
            return write(root, shape.apply(envelope.body))
        except MappingError as error:
            raise PermanentDeliveryError(f"{NAME}.mapping", error.reason, error.path) from error
        except DocumentError as error:
            raise PermanentDeliveryError(
                f"{NAME}.document", "Le mapping ne donne pas un document du contrat SINUS.", error.field or error.code
            ) from error

    async def _tell(self, envelope: Envelope, document: bytes) -> Acknowledgement:
        body, key = envelope.body, envelope.id
        match envelope.topic:
            case "event":
                return await self._client.put_event(body["event"]["id"], document, key)
            case "victim":
                return await self._client.put_victim(_linked(body), body["victim"]["id"], document, key)
            case "identifier.detached":
                return await self._client.post_detachment(_linked(body), document, key)
            case _:
                return await self._client.put_counts(_linked(body), document, key)


def _linked(body: Mapping[str, Any]) -> str:
    """SINUS's identifier of the event."""
    external_id = (body["event"].get("link") or {}).get("external_id")
    if not external_id:
        raise TransientDeliveryError(
            f"{NAME}.evenement_non_lie", "L’événement n’est pas encore lié à SINUS.", "event.link.external_id"
        )
    return str(external_id)


def open_sinus(
    link: Link,
    mappings: Mapping[str, Shape],
    *,
    clock: Callable[[], datetime],
    transport: httpx.AsyncBaseTransport | None = None,
) -> SinusAdapter:
    """The adapter on its link; `aclose` it. `transport` replaces the wire."""
    http = open_client(link, transport)
    shape = mappings.get(NEWS)
    poller = open_poller(http, cast("NewsShape", shape), link.mode, clock) if shape is not None else None
    return SinusAdapter(link, mappings, SinusClient(http, clock), poller)
