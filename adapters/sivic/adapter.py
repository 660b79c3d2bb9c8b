"""SI-VIC as a destination: events, persons and detached numbers, administrative data only.

A victim is announced while the lane knows no fiche, updated afterwards, announced again if SI-VIC lost it, withdrawn
when deleted. It refuses to read a victim beyond `deleted`: what leaves is what the mapping and its allow-list let through.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from adapters.sivic.faults import FaultCode, delivery_error, fault_code, only_taken, unheard, unknown_topic, unmapped
from adapters.wire.http import refuse_other_mode, refused
from adapters.wire.soap.client import FaultAnswerError
from mapping import MappingError
from outbox.errors import PermanentDeliveryError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Mapping as Dictionary

    from adapters.sivic.client import SivicClient
    from adapters.wire.link import Link
    from adapters.wire.news import NewsPage, NewsPoller
    from adapters.wire.soap.client import Answer
    from mapping import Mapping
    from outbox.message import ClaimedMessage

WITHDRAWAL = "victim.deleted"
"""The key, among the mappings by topic, of the one that says a deleted victim."""
HELD = "held"
"""The key of the one that reads back how many persons SI-VIC holds."""
PEOPLE = "people"
"""The key of the one that reads back who they are."""
ANSWERS = {
    "event": "event.answer",
    "victim": "victim.answer",
    "identifier.detached": "victim.answer",
}
"""Topic → the key of the one that says what SI-VIC's answer means."""


NEWS = "news"
"""The key of the one that reads what SI-VIC says of its own accord."""


class SivicAdapter:
    """Tells SI-VIC; one mapping per topic, and one for withdrawals."""

    name = "sivic"

    def __init__(
        self, link: Link, client: SivicClient, mappings: Dictionary[str, Mapping], poller: NewsPoller | None = None
    ) -> None:
        """`mappings` by topic, with `victim.deleted`, the two of `ANSWERS`, and `held`; `poller` asks for SI-VIC's own news."""
        self._link = link
        self._client = client
        self._mappings = mappings
        self._poller = poller

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Say one envelope; its id is the idempotency key."""
        refuse_other_mode(claimed, self._link, self.name)
        return await self._receipt(claimed, self._say(claimed))

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Say once more what the last attempt said, in the same words."""
        refuse_other_mode(claimed, self._link, self.name)
        return await self._receipt(claimed, self._client.repeat(claimed.exact))

    async def _receipt(self, claimed: ClaimedMessage, said_now: Awaitable[Answer]) -> Receipt:
        try:
            answer = await said_now
        except FaultAnswerError as fault:
            raise delivery_error(fault) from None
        taken = (
            self._heard(claimed.envelope.topic, answer) if answer.tree else only_taken(claimed.envelope.topic, answer)
        )
        fields = (("external_id", "reference"), ("etat", "state"), ("sinus_number_hp", "sinus_number_hp"))
        return Receipt(
            reference=taken.get("reference") or claimed.reference,
            duplicate=taken["duplicate"],
            sent=answer.sent,
            answered=answer.answered,
            facts={fact: taken[name] for fact, name in fields if taken.get(name) is not None},
        )

    async def held(self, external_id: str) -> dict[str, int]:
        """How many persons SI-VIC holds in its event `external_id`: UA, UR, IMP, DCD, NC and total."""
        try:
            counted = await self._client.counts(external_id, self._link.mode)
        except FaultAnswerError as fault:
            raise delivery_error(fault) from None
        if not counted:
            raise refused(204, self.name)
        held: dict[str, int] = self._mappings[HELD].apply(counted)
        return {**held, "total": sum(held.values())}

    async def people(self, external_id: str) -> list[dict[str, Any]] | None:
        """Everybody that SI-VIC holds in its event, as `people` of `domain.canon.answers`; None when it does not know the event."""
        everybody: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            try:
                tree = await self._client.people(external_id, self._link.mode, after)
            except FaultAnswerError as fault:
                if fault_code(fault) is FaultCode.EVENEMENT_SIVIC_INCONNU:
                    return None
                raise delivery_error(fault) from None
            page = await asyncio.to_thread(self._mappings[PEOPLE].apply, tree)
            everybody += page.get("people", [])
            before, after = after, page.get("after")
            if after is None:
                return everybody
            if after == before:
                raise PermanentDeliveryError("sivic.suite", "SI-VIC répète la même page de ses personnes.")

    async def news(self, cursor: str | None) -> NewsPage:
        """What SI-VIC says of its own accord after that cursor. Raises `PageError`, or a `DeliveryError`."""
        if self._poller is None:
            raise PermanentDeliveryError(
                "sivic.nouvelles", "Aucune correspondance ne lit les nouvelles de SI-VIC.", NEWS
            )
        return await self._poller.page(cursor)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()

    async def _say(self, claimed: ClaimedMessage) -> Answer:
        envelope = claimed.envelope
        match envelope.topic:
            case "event":
                return await self._client.open_or_link(envelope.id, self._tree("event", envelope.body))
            case "victim" if _is_deleted(envelope.body):
                return await self._client.person("RetirerPersonne", envelope.id, self._tree(WITHDRAWAL, envelope.body))
            case "victim":
                return await self._announce_or_update(claimed, self._tree("victim", envelope.body))
            case "identifier.detached":
                tree = self._tree("identifier.detached", envelope.body)
                return await self._client.person("DetacherNumero", envelope.id, tree)
            case _:
                raise unknown_topic(envelope.topic)

    async def _announce_or_update(self, claimed: ClaimedMessage, tree: dict[str, Any]) -> Answer:
        """The whole person. A fiche that SI-VIC no longer has is made again: nobody should have to notice."""
        if claimed.reference is not None:
            try:
                return await self._client.person("MettreAJourPersonne", claimed.envelope.id, tree)
            except FaultAnswerError as fault:
                if fault_code(fault) is not FaultCode.PERSONNE_INCONNUE:
                    raise
        return await self._client.person("AnnoncerPersonne", claimed.envelope.id, tree)

    def _heard(self, topic: str, answer: Answer) -> dict[str, Any]:
        """The answer in our own words (`domain.canon.answers`), by the mapping of what comes in."""
        try:
            return self._mappings[ANSWERS[topic]].apply(answer.tree)
        except MappingError as error:
            raise unheard(error.path, error.reason, answer) from None

    def _tree(self, name: str, document: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._mappings[name].apply(document)
        except MappingError as error:
            raise unmapped(error.path, error.reason) from None


def _is_deleted(document: dict[str, Any]) -> bool:
    victim = document.get("victim")
    return isinstance(victim, dict) and victim.get("deleted") is True
