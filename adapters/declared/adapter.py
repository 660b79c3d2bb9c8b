"""A neighbour known by files alone, as a destination: an agreement in the settings, mapping files, a contract, an allow-list.

The document is written by its mapping and checked by the neighbour's own contract before it leaves; the answer is checked and
read the same way. It refuses whatever was not agreed, and knows the name of no neighbour.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from lxml import etree

from adapters.declared.agreement import PLACES
from adapters.declared.faults import (
    by_status,
    no_address,
    outside_contract,
    said_no,
    soap_fault,
    unheard,
    unknown_topic,
    unmapped,
    unreadable,
)
from adapters.wire.http import refuse_other_mode
from adapters.wire.soap.server import SOAP, SoapFault, open_envelope, seal
from mapping import MappingError
from mapping.contracts.writing import DocumentError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.declared.agreement import Agreement, Topic, TopicTerms
    from adapters.declared.client import DeclaredClient
    from adapters.wire.exchange import Reply
    from adapters.wire.link import Link
    from outbox.message import ClaimedMessage, Envelope

DELETED = "victim.deleted"
_PLACE = re.compile(r"\{(\w+)\}")


class Shape(Protocol):
    """A mapping, or the version of it that is in force."""

    def write(self, canon: Mapping[str, Any]) -> bytes:
        """Our document in the neighbour's language, checked."""

    def read(self, raw: bytes) -> dict[str, Any]:
        """The neighbour's document in our words, checked."""


class DeclaredAdapter:
    """Tells one neighbour what was agreed."""

    def __init__(
        self, name: str, link: Link, client: DeclaredClient, agreement: Agreement, shapes: Mapping[str, Shape]
    ) -> None:
        """`shapes` by topic, with `<topic>.answer` and `<topic>.refusal` where agreed."""
        self.name = name
        self._link = link
        self._client = client
        self._agreement = agreement
        self._shapes = shapes

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Tell one envelope; its id is the idempotency key."""
        refuse_other_mode(claimed, self._link, self.name)
        topic, terms = self._agreed(claimed.envelope)
        return await self._exchange(claimed, topic, terms, self._written(topic, terms, claimed.envelope))

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """The very bytes of the last attempt, once more."""
        refuse_other_mode(claimed, self._link, self.name)
        topic, terms = self._agreed(claimed.envelope)
        return await self._exchange(claimed, topic, terms, claimed.exact)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()

    def _agreed(self, envelope: Envelope) -> tuple[Topic, TopicTerms]:
        """What was agreed on this topic; a deleted victim may have an agreement of its own."""
        victim = envelope.body.get("victim")
        deleted = envelope.topic == "victim" and isinstance(victim, dict) and victim.get("deleted") is True
        for topic, terms in self._agreement.topics.items():
            if topic == (DELETED if deleted and DELETED in self._agreement.topics else envelope.topic):
                return topic, terms
        raise unknown_topic(self.name, envelope.topic)

    def _written(self, topic: Topic, terms: TopicTerms, envelope: Envelope) -> bytes:
        try:
            raw = self._shapes[topic].write(envelope.body)
        except MappingError as error:
            raise unmapped(self.name, error.path, error.reason) from None
        except DocumentError as error:
            raise outside_contract(self.name, error.place, error.reason) from None
        return seal(etree.fromstring(raw)) if terms.media == "soap" else raw

    async def _exchange(self, claimed: ClaimedMessage, topic: Topic, terms: TopicTerms, body: bytes) -> Receipt:
        path = self._address(terms, claimed.envelope)
        answer = await self._client.send(terms, path, claimed.envelope.id, body)
        heard = self._heard(topic, terms, answer)
        reference = heard.get("reference")
        return Receipt(
            reference=reference or claimed.reference,
            duplicate=heard.get("duplicate") is True,
            sent=answer.sent,
            # An empty answer is one too: its status is what was heard.
            answered=answer.answered or f"HTTP {answer.status}".encode("ascii"),
            facts={"external_id": reference} if reference else {},
        )

    def _address(self, terms: TopicTerms, envelope: Envelope) -> str:
        def place(match: re.Match[str]) -> str:
            value = envelope.id if match[1] == "message" else _first(envelope.body, PLACES[match[1]])
            if value is None:
                raise no_address(self.name, match[1])
            return quote(value, safe="")

        return _PLACE.sub(place, terms.path)

    def _heard(self, topic: Topic, terms: TopicTerms, answer: Reply) -> dict[str, Any]:
        """The answer in our own words; a `DeliveryError` where it is not a yes."""
        agreed = self._agreement
        if terms.media == "soap" and not answer.is_page:
            fault, content = self._opened(answer)
        else:
            fault, content = "", answer.body
        yes = answer.is_success or answer.status in agreed.taken
        if fault or not yes:
            heard = self._no(f"{topic}.refusal", content, answer) if terms.refusal and content else None
            if heard is not None and heard.get("outcome") != "taken":
                raise said_no(self.name, heard, answer, self._client.now())
            if heard is not None:
                return heard
            now = self._client.now()
            raise soap_fault(self.name, fault, answer, now) if fault else by_status(self.name, agreed, answer, now)
        if answer.is_page:
            raise unreadable(self.name, answer)
        if not terms.answer or (not content and answer.status in agreed.taken):
            return {}
        return self._yes(topic, content, answer)

    def _yes(self, topic: Topic, content: bytes, answer: Reply) -> dict[str, Any]:
        try:
            heard = self._shapes[f"{topic}.answer"].read(content)
        except DocumentError as error:
            if answer.is_receipt:
                return {}  # Its status says that it was taken, and nothing more.
            raise unreadable(self.name, answer, error.place) from None
        except MappingError as error:
            raise unheard(self.name, answer, error.path, error.reason) from None
        if heard.get("outcome") in {"later", "refused"}:
            raise said_no(self.name, heard, answer, self._client.now())
        return heard

    def _no(self, use: str, content: bytes, answer: Reply) -> dict[str, Any] | None:
        """The neighbour's refusal, where it is the document that was agreed; else the status speaks."""
        try:
            return self._shapes[use].read(content)
        except DocumentError:
            return None
        except MappingError as error:
            raise unheard(self.name, answer, error.path, error.reason) from None

    def _opened(self, answer: Reply) -> tuple[str, bytes]:
        """The code of a SOAP fault, if it is one, and the document inside."""
        if not answer.body:
            return "", b""
        try:
            _, body = open_envelope(answer.body)
        except SoapFault:
            if answer.is_success and not answer.is_receipt:
                raise unreadable(self.name, answer) from None
            return "", b""
        if body.tag != f"{{{SOAP}}}Fault":
            return "", etree.tostring(body)
        detail = next(body.iterfind("detail/*"), None)
        code = (body.findtext("faultcode") or "").strip().rpartition(":")[2]
        return code or "Client", b"" if detail is None else etree.tostring(detail)


def _first(body: Mapping[str, Any], paths: tuple[str, ...]) -> str | None:
    for path in paths:
        value: Any = body
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            return value
    return None
