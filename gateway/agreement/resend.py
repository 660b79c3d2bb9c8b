"""Sends again what a neighbour lost: the records concerned, as they are now, in the lanes that keep their order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.agreement import Gap
from domain.event import Link
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.outgoing import count_messages, event_messages, victim_messages
from outbox.sql import enqueue

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from gateway.agreement.standing import Look
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from outbox.message import Envelope


@dataclass(frozen=True, slots=True)
class ResentRecords:
    """What was queued again."""

    records: int
    """Records of persons."""
    event: bool = False
    """The event itself: the neighbour had forgotten it. Its persons follow once it is linked anew."""
    unsendable: int = 0
    """Differences that no sending mends: persons whom only the neighbour knows."""


def resend(  # noqa: PLR0913 - what, where, by whom
    register: Register,
    deployment: DeploymentRules,
    look: Look,
    by: str,
    now: datetime,
    kinds: Collection[Gap] = frozenset(Gap),
) -> ResentRecords:
    """Queue again every person whose difference nothing on its way explains; inside the caller's transaction, audited."""
    event = register.events.find(look.event.id, for_change=True)
    if event is None:
        return ResentRecords(0)
    stamp = Stamp(Source.GATEWAY, by, now, now)
    if look.standing.forgotten or look.standing.link_failed:
        return _event_again(register, deployment, look, stamp, now)
    messages: list[Envelope] = []
    unsendable = 0
    for gap in look.lost:
        if gap.gap not in kinds:
            continue
        victim = register.victims.find(event.id, gap.person, for_change=True) if gap.person is not None else None
        if victim is None:
            unsendable += 1
            continue
        if gap.gap is Gap.DIFFERENT:
            # The neighbour holds this very revision with another value, and would take it for a replay.
            before, victim = victim, replace(victim, revision=victim.revision + 1)
            register.victims.change(before, victim, now, deployment.rules)
        messages += victim_messages(deployment, event, None, victim, stamp, now, (look.name,), again=True)
    records = len(messages)
    if records:
        messages += count_messages(deployment, event, now, (look.name,))
    enqueue(register.connection, messages, now)
    _note(register, look, by, now, records)
    return ResentRecords(records, unsendable=unsendable)


def _event_again(
    register: Register, deployment: DeploymentRules, look: Look, stamp: Stamp, now: datetime
) -> ResentRecords:
    """Open it anew where we had opened it; where it was linked to one of theirs, ask for that one again."""
    event = register.events.find(look.event.id, for_change=True)
    link = event.links.get(look.name) if event else None
    if event is None or link is None:
        return ResentRecords(0)
    wanted = Link(link.action, link.external_id if link.action == "link" else None, "requested")
    event = replace(event, links={**event.links, look.name: wanted}, revision=event.revision + 1)
    register.events.change(event, now)
    enqueue(register.connection, event_messages(deployment, event, stamp, now, (look.name,)), now)
    body = {"destination": look.name, "state": wanted.state, "external_id": wanted.external_id}
    register.feed.tell(event.id, event.mode, "link", body, now)
    _note(register, look, stamp.author, now, 0)
    return ResentRecords(0, event=True)


def _note(register: Register, look: Look, by: str, now: datetime, records: int) -> None:
    facts = {"event_id": look.event.id, "destination": look.name, "records": records}
    register.audit.note(by, "agreement.resent", look.event.id, now, facts)
