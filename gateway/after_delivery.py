"""What follows a delivery, in the transaction that settles it: links become true, identifiers are heard, the portal is told.

The word of a neighbour enters by the same way as any other: as an observation, with its source.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.neighbours import NEIGHBOURS, kind_of
from domain.decisions.commands import ChangePatient
from domain.decisions.decide import decide
from domain.errors import RuleError
from domain.event import Link
from domain.numbers.identifier import SINUS_KINDS, identifier_from_json
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.accept import record, surroundings
from gateway.flow.outgoing import count_messages, outcome_message, victim_messages
from gateway.hub.settled import REPLY
from gateway.hub.settled import settled as settled_at_hub
from gateway.interventions.follow import asked_again, settled
from gateway.register import Register
from outbox.message import MessageStatus, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from domain.event import Event
    from domain.victim.observation import Observation
    from gateway.flow.deployment_rules import DeploymentRules
    from outbox.message import Envelope, Settlement
    from outbox.ports import Transaction

SETTLED = {MessageStatus.DELIVERED, MessageStatus.PARKED, MessageStatus.UNCERTAIN, MessageStatus.EXPIRED}


def consequences(deployment: DeploymentRules) -> Callable[[Transaction, Settlement], None]:
    """The outbox's aftermath for this house."""

    def follow(transaction: Transaction, settlement: Settlement) -> None:
        envelope = settlement.claimed.envelope
        request = envelope.topic.startswith("intervention.")
        if settlement.status is MessageStatus.PENDING and request:
            asked_again(Register(transaction.connection), settlement)
        given_up = settlement.status is MessageStatus.DISCARDED and (settlement.outcome is Outcome.PERMANENT or request)
        if settlement.status not in SETTLED and not given_up:
            return  # Somebody gave it up by hand, or it waits.
        if envelope.destination == "portal":
            return  # What the portal was told is not told to the portal.
        register = Register(transaction.connection)
        if envelope.destination == "hub":
            settled_at_hub(register, settlement)
            if envelope.topic == REPLY:
                return  # An answer is no news to the portal.
        if request:
            settled(register, deployment, settlement)
            return
        if envelope.topic == "event":
            _link(register, deployment, settlement, transaction)
        elif envelope.topic == "victim" and settlement.status == MessageStatus.DELIVERED:
            _hear(register, deployment, settlement)
        _tell(register, deployment, settlement, transaction)

    return follow


def _link(register: Register, deployment: DeploymentRules, settlement: Settlement, transaction: Transaction) -> None:
    """The neighbour opened or linked the event: it may now learn of the victims. Or it did not, and everyone can see that."""
    envelope, now = settlement.claimed.envelope, settlement.at
    event = register.events.find(envelope.scope, for_change=True)
    link = event.links.get(envelope.destination) if event else None
    if event is None or link is None or not _as_it_stands(link, envelope.body):
        return
    if settlement.status is MessageStatus.UNCERTAIN:
        return  # The neighbour may have opened it: no failure is told of, and a person asks.
    if settlement.status != MessageStatus.DELIVERED:
        if link.state != "linked":
            _keep_link(register, event, envelope.destination, replace(link, state="failed"), now)
        return
    external_id = settlement.receipt.facts.get("external_id") if settlement.receipt else None
    if link.state == "linked" or external_id is None:
        return
    event = _keep_link(register, event, envelope.destination, Link(link.action, str(external_id), "linked"), now)
    stamp = Stamp(Source.GATEWAY, "passerelle", now, now)
    messages: list[Envelope] = []
    for victim in register.victims.of_event(event.id):
        messages += victim_messages(deployment, event, None, victim, stamp, now, (envelope.destination,))
    messages += count_messages(deployment, event, now, (envelope.destination,))
    transaction.enqueue(messages)


def _as_it_stands(link: Link, body: Mapping[str, Any]) -> bool:
    """Whether the message asked for the link that is wanted today: one that was changed meanwhile is answered for by its own."""
    asked = body.get("event", {}).get("link")
    wanted = (link.action, link.external_id)
    return link.state == "linked" or not asked or (asked["action"], asked.get("external_id")) == wanted


def _keep_link(register: Register, event: Event, destination: str, link: Link, now: datetime) -> Event:
    linked = replace(event, links={**event.links, destination: link}, revision=event.revision + 1)
    register.events.change(linked, now)
    body = {"destination": destination, "state": link.state, "external_id": link.external_id}
    register.feed.tell(event.id, event.mode, "link", body, now)
    return linked


def _hear(register: Register, deployment: DeploymentRules, settlement: Settlement) -> None:
    """The identifiers that a neighbour gave to a victim."""
    envelope, receipt, now = settlement.claimed.envelope, settlement.receipt, settlement.at
    kind = NEIGHBOURS.get(kind_of(envelope.destination))
    gives = kind.gives if kind else None
    if receipt is None or kind is None or gives is None:
        return
    if gives.when_joined and not envelope.body.get("victim", {}).get("joined_number"):
        return
    event = register.events.find(envelope.scope)
    victim = register.victims.find(envelope.scope, envelope.lane.removeprefix("victim:"), for_change=True)
    if event is None or victim is None or victim.deleted:
        return
    given = {gives.own: receipt.reference, **{name: receipt.facts.get(name) for name in gives.shared}}
    command = ChangePatient({name: value for name, value in given.items() if value})
    stamp = Stamp(gives.source, kind.title, now, now)
    try:
        observations = decide(event, victim, command, stamp, surroundings(register, event), deployment.rules)
    except RuleError as refusal:
        # Such as an event that was closed meanwhile: kept for a person to see, never forced.
        body = {"patient_id": victim.id, "source": gives.source, "code": refusal.code, "field": refusal.field}
        register.feed.tell(event.id, event.mode, "refused", body, now)
        return
    # Its own identifier interests nobody else; a SINUS number it gave interests whoever counts by number.
    others = [name for name in deployment.destinations if name != envelope.destination]
    tell = others if any(_gives_number(observation) for observation in observations) else ()
    record(register, deployment, event, victim, observations, now, tell)


def _gives_number(observation: Observation) -> bool:
    """Whether a SINUS number now names the victim that did not; one that was set aside interests no neighbour."""
    given = [identifier_from_json(row) for row in observation.facts.get("identifiers", ())]
    return any(identifier.holds and identifier.kind in SINUS_KINDS for identifier in given)


def _tell(register: Register, deployment: DeploymentRules, settlement: Settlement, transaction: Transaction) -> None:
    """The feed, and the portal's webhook where there is one."""
    envelope, now = settlement.claimed.envelope, settlement.at
    lag = round((now - envelope.created_at).total_seconds() * 1000)
    cause = settlement.cause
    body = {
        "mode": envelope.mode,
        "message_id": envelope.id,
        "destination": envelope.destination,
        "topic": envelope.topic,
        "event_id": envelope.scope or None,
        "lane": envelope.lane,
        "status": settlement.status.value,
        "settled_at": now.isoformat(),
        "lag_ms": lag,
        "attempts": settlement.claimed.attempt,
        "reference": settlement.receipt.reference if settlement.receipt else None,
        "cause_code": cause.code if cause else None,
        "cause_title": cause.title if cause else None,
    }
    notice = {
        name: body[name] for name in ("destination", "topic", "lane", "status", "lag_ms", "attempts", "cause_code")
    }
    register.feed.tell(envelope.scope, envelope.mode, "delivery", notice, now)
    if "portal" in deployment.destinations:
        lane = f"{envelope.destination}:{envelope.lane}"
        transaction.enqueue(
            [outcome_message(envelope.mode, envelope.scope, lane, deployment.restrict("portal", "outcome", body), now)]
        )
