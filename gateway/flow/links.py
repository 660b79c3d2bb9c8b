"""How an event stands with a neighbour, as people change it: linked, unlinked, or linked to another of the neighbour's events.

What went to the event that is left is withdrawn there: each number is freed, each record withdrawn, the counts are of nobody.
What the neighbour makes of an event that nobody is in is its own affair, and is said to whoever unlinks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adapters.neighbours import NEIGHBOURS, kind_of
from domain.errors import ConflictError, InvalidError, UnknownError
from domain.event import Link, link_event, unlink_event
from gateway.flow.accept import keep_event
from gateway.flow.outgoing import count_messages, withdrawal_messages
from gateway.flow.routing import EVENT_DESTINATIONS
from outbox.message import Kind
from outbox.sql import enqueue, free_scope

if TYPE_CHECKING:
    from domain.event import Event
    from domain.victim.observation import Stamp
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from outbox.message import Envelope


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What a change of a link made."""

    event: Event
    left: str | None = None
    """The neighbour's event that was left."""
    withdrawn: int = 0
    """Records that are withdrawn from it."""
    given_up: int = 0
    """Messages that waited for a decision and have lost their sense."""

    def words(self, destination: str) -> str:
        """What follows, French, for who decided it."""
        if self.left is None:
            return "Rien n’y était encore : rien n’est à retirer."
        title = NEIGHBOURS[kind_of(destination)].title
        return (
            f"{self.withdrawn} fiche(s) sont retirées de l’événement {self.left} de {title}. L’événement lui-même y reste, "
            f"vide des nôtres : seul {title} peut le clore."
        )


def holds_events(deployment: DeploymentRules, destination: str) -> None:
    """Raises `UnknownError` for a destination that keeps no events here."""
    if destination not in EVENT_DESTINATIONS or destination not in deployment.destinations:
        raise UnknownError("destination_inconnue", "destination", "Cette destination ne tient pas d’événements ici.")


def link(  # noqa: PLR0913 - which event, to which, by whom, why
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    destination: str,
    wanted: Link,
    stamp: Stamp,
    reason: str = "",
) -> LinkChange:
    """Create there or link to one there; from another one of theirs only with a reason, and what was there is withdrawn."""
    holds_events(deployment, destination)
    if (wanted.action == "link") != (wanted.external_id is not None):
        raise InvalidError(
            "lien", "external_id", "L’identifiant du voisin va avec « link », et seulement avec lui.", ""
        )
    known = event.links.get(destination)
    changed = LinkChange(event)
    if known is not None and known.state == "linked":
        if not reason.strip() or known.external_id == wanted.external_id:
            raise ConflictError(
                "deja_lie",
                "destination",
                "Cet événement est déjà lié à ce voisin.",
                f"événement {known.external_id} ; pour en changer, un autre identifiant et la raison (reason)",
            )
        changed = unlink(register, deployment, event, destination, stamp, reason)
    linked = link_event(changed.event, destination, wanted)
    return replace(changed, event=keep_event(register, deployment, linked, stamp))


def unlink(  # noqa: PLR0913 - which event, from which, by whom, why
    register: Register, deployment: DeploymentRules, event: Event, destination: str, stamp: Stamp, reason: str
) -> LinkChange:
    """The neighbour is told of this event no more, and what it holds of it is withdrawn; audited."""
    holds_events(deployment, destination)
    known = event.links.get(destination)
    if known is None:
        raise ConflictError("non_lie", "destination", "Cet événement n’est pas lié à ce voisin.")
    if not reason.strip():
        raise InvalidError("lien", "reason", "La raison manque.", "un texte")
    now, lanes = stamp.received_at, {f"event:{event.id}", f"event:{event.id}:counts"}
    given_up = free_scope(
        register.connection, destination, event.id, lanes=lanes, by=stamp.author, reason=reason, now=now
    )
    left = known.external_id if known.state == "linked" else None
    messages = _withdrawals(register, deployment, event, destination, stamp) if left else []
    withdrawn = sum(message.topic == "victim" for message in messages)
    unlinked = unlink_event(event, destination)
    if left is None:  # Asked for and never true: there is nothing to leave.
        unlinked = replace(unlinked, left=event.left)
    register.events.change(unlinked, now)
    enqueue(register.connection, messages, now)
    facts = {"destination": destination, "left": left, "withdrawn": withdrawn, "given_up": given_up, "reason": reason}
    register.audit.note(stamp.author, "event.unlinked", event.id, now, facts)
    body = {"destination": destination, "state": "unlinked", "external_id": left}
    register.feed.tell(event.id, event.mode, "link", body, now)
    return LinkChange(unlinked, left, withdrawn, given_up)


def _withdrawals(
    register: Register, deployment: DeploymentRules, event: Event, destination: str, stamp: Stamp
) -> list[Envelope]:
    """Every record of the event, withdrawn by a revision that the neighbour has not seen; the next one is newer still."""
    now = stamp.received_at
    messages: list[Envelope] = []
    for before in list(register.victims.of_event(event.id)):
        gone = replace(before, revision=before.revision + 1)
        leaving = withdrawal_messages(deployment, event, gone, stamp, destination, now)
        if leaving:
            register.victims.change(before, replace(gone, revision=gone.revision + 1), now, deployment.rules)
        messages += leaving
    known = event.links[destination]
    return messages + [
        replace(
            message,
            lane=f"{message.lane}:left",
            kind=Kind.COMMAND,
            due_at=None,
            body={**message.body, "left": known.external_id},
        )
        for message in count_messages(deployment, event, now, (destination,))
    ]
