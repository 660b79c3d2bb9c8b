"""Where a request goes, and where it goes instead when the first route is down. Never both, and never a queue in the dark."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.errors import InvalidError
from domain.intervention.remarks import remark
from domain.intervention.request import CALL_15
from domain.intervention.route import Route, RouteKind, choose, keys_of
from domain.intervention.status import InterventionStatus
from gateway.flow.routing import KINDS, priority
from gateway.ids import new_id
from gateway.interventions.tell import tell
from gateway.register.interventions.requests import Word
from outbox.message import Envelope
from outbox.sql import enqueue, withdraw_lane

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from domain.intervention.reading import Reading
    from domain.remark import Remark
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention
    from gateway.security.keys import Principal

REQUEST, CANCEL = "intervention.request", "intervention.cancel"


@dataclass(frozen=True, slots=True)
class PickedRoute:
    """A route, and what is to be said of how it was found."""

    route: Route
    expiry: timedelta
    remarks: tuple[Remark, ...]


LANE: Final = "intervention:"
"""Before the identifier of a request: the lane of all that is told of it."""


def lane_of(intervention: Intervention) -> str:
    """What is told of one request keeps its order."""
    return f"{LANE}{intervention.id}"


def pick(  # noqa: PLR0913 - what routing may go by
    register: Register,
    deployment: DeploymentRules,
    reading: Reading,
    named: str | None,
    sender: Principal,
    now: datetime,
) -> PickedRoute:
    """The route of a request. Raises InvalidError when there is none: its sender must telephone at once."""
    named = (named or "").strip() or None
    # What cannot be printed is nobody's name, and PostgreSQL would not even look for it.
    keys = keys_of(
        named if named and named.isprintable() else None,
        reading.document["place"]["insee_code"],
        reading.department,
        sender.name,
    )
    open_ones = set(deployment.takers(REQUEST))
    rows = [row for row in register.routes.of(keys) if row.destination in open_ones]
    route = choose(rows, keys, now)
    if route is None:
        raise InvalidError(
            "AUCUNE_ROUTE",
            "place.insee_code",
            f"Aucun SAMU n’est relié à la passerelle pour ce lieu. {CALL_15}",
            "un code INSEE de commune, ou un CRRA nommé, que dessert cette passerelle",
        )
    remarks = []
    if named and route.kind is not RouteKind.CRRA:
        remarks.append(remark("CRRA_SANS_ROUTE", "crra"))
    if route.kind is RouteKind.DEPARTMENT and reading.from_postal_code:
        remarks.append(remark("ROUTE_CODE_POSTAL", "place.postal_code"))
    if route.kind is RouteKind.PLATFORM:
        remarks.append(remark("ROUTE_CONVENTION", "place.insee_code"))
    if not _agreed(deployment, reading, sender):
        remarks.append(remark("STRUCTURE_HORS_CONVENTION", "requester.structure_id"))
    second = route.second if route.second in open_ones and route.second != route.destination else None
    return PickedRoute(replace(route, second=second), _expiry(deployment, route, sender), tuple(remarks))


def _agreed(deployment: DeploymentRules, reading: Reading, sender: Principal) -> bool:
    """Whether the structure that asks is of those agreed with the platform, said with its prefix (idNat_Struct) or without."""
    agreed = deployment.interventions.structures.get(sender.name)
    structure = reading.document["requester"]["structure_id"]
    # Nobody is named when the key's own name stands in: that is remarked upon already.
    return (
        not agreed
        or structure == sender.name
        or not agreed.isdisjoint({structure, structure[1:], *(d + structure for d in "123")})
    )


def _expiry(deployment: DeploymentRules, route: Route, sender: Principal) -> timedelta:
    """How long the request may wait: said by its platform's agreement, else by its route, else by the house."""
    rules = deployment.interventions
    agreed = rules.agreements.get(sender.name)
    if agreed is not None:
        return agreed
    return timedelta(seconds=route.expiry_seconds) if route.expiry_seconds else rules.expiry


def queue(  # noqa: PLR0913 - what, where to, until when
    register: Register,
    deployment: DeploymentRules,
    intervention: Intervention,
    topic: str,
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    """Queue a message of this request; not sent after its time."""
    envelope = Envelope(
        id=new_id(now),
        destination=intervention.destination,
        lane=lane_of(intervention),
        topic=topic,
        kind=KINDS[topic],
        mode=intervention.mode,
        body=deployment.restrict(intervention.destination, topic, body),
        created_at=now,
        scope=intervention.id,
        priority=priority(topic),
        expires_at=intervention.expires_at,
    )
    enqueue(register.connection, [envelope], now)


def take_second_route(register: Register, deployment: DeploymentRules, reference: str, now: datetime) -> bool:
    """Send by the second route what certainly never left by the first; whether it was so.

    The first message is discarded, with its reason, in the transaction that queues the second: never both.
    """
    intervention = register.interventions.by_reference(reference, for_change=True)
    if (
        intervention is None
        or intervention.second is None
        or intervention.delivered_at is not None
        or intervention.status is not InterventionStatus.TRANSMISE
    ):
        return False
    if not intervention.readable:
        # There is nothing to send by the other way; its sender reads "appelez le 15" in time all the same.
        return False
    if now - intervention.sent_at < deployment.interventions.second_after or now >= intervention.expires_at:
        return False
    reason = f"Voie injoignable : demande confiée à la seconde voie ({intervention.second})."
    if not withdraw_lane(
        register.connection,
        intervention.destination,
        lane_of(intervention),
        intervention.id,
        by="passerelle",
        reason=reason,
        now=now,
    ):
        return False
    intervention = replace(intervention, destination=intervention.second, second=None)
    register.interventions.change(intervention)
    register.interventions.hear(
        intervention, Word("passerelle", intervention.status, reason, moved=False, happened_at=now, received_at=now)
    )
    queue(register, deployment, intervention, REQUEST, intervention.document, now)
    tell(register, deployment, intervention, now)
    return True
