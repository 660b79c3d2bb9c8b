"""What leaves after a change: canon documents, restricted to each recipient's allow-list, in the lanes that keep their order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from domain.disclosure import unnamed, withdrawn, without_numbers
from domain.victim.snapshot import detached_documents, event_document, victim_document, withdrawn_numbers
from gateway.flow.routing import EVENT_DESTINATIONS, KINDS, priority
from gateway.ids import new_id
from outbox.message import Envelope, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from domain.event import Event
    from domain.victim.observation import Observation, Stamp
    from domain.victim.victim import Victim
    from gateway.flow.deployment_rules import DeploymentRules


def _envelope(  # noqa: PLR0913 - the fields of an envelope
    destination: str,
    topic: str,
    lane: str,
    event: Event,
    body: dict[str, Any],
    now: datetime,
    *,
    severity: Any = None,  # noqa: ANN401 - a Severity or nothing
    due_at: datetime | None = None,
) -> Envelope:
    return Envelope(
        id=new_id(now),
        destination=destination,
        lane=lane,
        topic=topic,
        kind=KINDS[topic],
        mode=event.mode,
        body=body,
        created_at=now,
        scope=event.id,
        priority=priority(topic, severity),
        due_at=due_at,
    )


def linked(event: Event, destination: str) -> bool:
    """Whether victims may be sent there: a neighbour that keeps events must know this one first."""
    link = event.links.get(destination)
    return destination not in EVENT_DESTINATIONS or (link is not None and link.state == "linked")


def victim_messages(  # noqa: PLR0913 - what, of whom, before and after, to whom
    deployment: DeploymentRules,
    event: Event,
    before: Victim | None,
    victim: Victim,
    stamp: Stamp,
    now: datetime,
    only: Collection[str] | None = None,
    *,
    again: bool = False,
) -> list[Envelope]:
    """The record of one victim, for every neighbour that keeps victims, knows the event and has to do with this one.

    A neighbour that no longer has to do with the victim is told so, without a name; with `again`, even when it was told.
    """
    messages = []
    for destination in deployment.takers("victim", only):
        concerned = deployment.concerned(destination, victim)
        was = again or (before is not None and deployment.concerned(destination, before))
        if not linked(event, destination) or not (concerned or was):
            continue
        document = victim_document(victim, event, stamp, destination, deployment.rules)
        if not concerned:
            document = withdrawn(document)
        elif not deployment.may_name(destination, victim):
            document = unnamed(document)
        body = deployment.restrict(destination, "victim", document)
        messages.append(
            _envelope(destination, "victim", f"victim:{victim.id}", event, body, now, severity=victim.severity)
        )
    return messages


def withdrawal_messages(  # noqa: PLR0913 - whom, from where, by whom
    deployment: DeploymentRules, event: Event, victim: Victim, stamp: Stamp, destination: str, now: datetime
) -> list[Envelope]:
    """That a neighbour's event has nothing to do with this victim any more: its numbers are freed, its record withdrawn.

    Commands, by the event as it was linked: no later record, which goes elsewhere, makes them needless.
    """
    if not deployment.concerned(destination, victim):
        return []
    lane, messages = f"victim:{victim.id}", []
    if destination in deployment.takers("identifier.detached"):
        for document in withdrawn_numbers(victim, event, stamp, destination):
            body = deployment.restrict(destination, "identifier.detached", document)
            messages.append(_envelope(destination, "identifier.detached", lane, event, body, now))
    gone = without_numbers(withdrawn(victim_document(victim, event, stamp, destination, deployment.rules)))
    record = _envelope(destination, "victim", lane, event, deployment.restrict(destination, "victim", gone), now)
    return [*messages, replace(record, kind=Kind.COMMAND)]


def evacuation_messages(  # noqa: PLR0913 - what, of whom, before and after, to whom
    deployment: DeploymentRules,
    event: Event,
    before: Victim | None,
    victim: Victim,
    stamp: Stamp,
    now: datetime,
    only: Collection[str] | None = None,
) -> list[Envelope]:
    """What carries a victim, for those who follow vehicles: in full when one is decided, else where it is.

    In the victim's own lane, behind the record that shares the case.
    """
    topic = _moved(before, victim)
    if topic is None:
        return []
    messages = []
    for destination in deployment.takers(topic, only):
        if linked(event, destination):
            document = victim_document(victim, event, stamp, destination, deployment.rules)
            body = deployment.restrict(
                destination, topic, document if deployment.may_name(destination, victim) else unnamed(document)
            )
            messages.append(
                _envelope(destination, topic, f"victim:{victim.id}", event, body, now, severity=victim.severity)
            )
    return messages


def _moved(before: Victim | None, victim: Victim) -> str | None:
    """Which of the two is due after a change, if any."""
    was, care = before.care if before else None, victim.care
    had = was.vector if was else None
    if care.vector is not None and care.vector != had:
        return "evacuation"
    admitted = before.value("admitted_at") if before else None
    went = (was.evacuated_at if was else None, admitted) != (care.evacuated_at, victim.value("admitted_at"))
    return "evacuation.status" if had is not None and (care.vector is None or went) else None


def detachment_messages(  # noqa: PLR0913 - what, of whom, before and after
    deployment: DeploymentRules,
    event: Event,
    before: Victim | None,
    victim: Victim,
    observation: Observation,
    now: datetime,
) -> list[Envelope]:
    """The SINUS numbers that no longer name a victim: said as such, before the record without them (R-41).

    To those who had to do with the victim; the others never learnt of the number.
    """
    if "identifiers" not in observation.facts or before is None:
        return []
    return [
        _envelope(
            destination,
            "identifier.detached",
            f"victim:{victim.id}",
            event,
            deployment.restrict(destination, "identifier.detached", document),
            now,
        )
        for destination in deployment.takers("identifier.detached")
        if linked(event, destination) and deployment.concerned(destination, before)
        for document in detached_documents(victim, event, observation, destination)
    ]


def count_messages(
    deployment: DeploymentRules, event: Event, now: datetime, only: Collection[str] | None = None
) -> list[Envelope]:
    """Counts are due. The body names the event only: they are counted when they leave (docs/decisions/0006)."""
    return [
        _envelope(
            destination,
            "counts",
            f"event:{event.id}:counts",
            event,
            {"event_id": event.id, "mode": event.mode},
            now,
            due_at=now + deployment.count_delay,
        )
        for destination in deployment.takers("counts", only)
        if linked(event, destination)
    ]


def event_messages(
    deployment: DeploymentRules, event: Event, stamp: Stamp, now: datetime, only: Collection[str] | None = None
) -> list[Envelope]:
    """The event itself, for the neighbours it is, or is to be, linked with, and those that only want to know of it."""
    messages = []
    for destination in deployment.takers("event", only):
        if destination in event.links or destination not in EVENT_DESTINATIONS:
            document = event_document(event, stamp, destination)
            body = deployment.restrict(destination, "event", document)
            messages.append(_envelope(destination, "event", f"event:{event.id}", event, body, now))
    return messages


def news_message(event: Event, victim_id: str, body: dict[str, Any], now: datetime, destination: str) -> Envelope:
    """That a neighbour's word changed a record, for the portal; the last of a record is the one that matters."""
    return _envelope(destination, "patient.news", f"news:{victim_id}", event, body, now)


def outcome_message(mode: str, scope: str, lane: str, body: Mapping[str, Any], now: datetime) -> Envelope:
    """What became of a delivery, for the portal. The last outcome of a lane is the one that matters."""
    return Envelope(
        id=new_id(now),
        destination="portal",
        lane=lane,
        topic="outcome",
        kind=KINDS["outcome"],
        mode=mode,
        body=dict(body),
        created_at=now,
        scope=scope,
        priority=priority("outcome"),
    )
