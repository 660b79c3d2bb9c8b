"""Who asks where vehicles are, and what they are, is answered with what partners told us of them in the last day.

Where is a GEO-POS, what is a GEO-RES. A vehicle that nobody told us of is not guessed: the request then stays a person's task.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.hub.received.names import use_cases
from gateway.hub.say import HUB, queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.hub.messages import HubMessage

    Read = Callable[[HubMessage, datetime], ReceivedMessage]

WHERE, WHAT = "partner.positions", "partner.resource_details"
SPEAK_OF_IT = ("GEO-POS", "GEO-RES", "RS-RI", "RC-RI")
FRESH = timedelta(days=1)
MOST = 200
"""Messages looked through: who asks waits for it."""
LIFE = 15
"""Minutes: an older position misleads."""


def answer_positions(
    register: Register, deployment: DeploymentRules, received: ReceivedMessage, read: Read, mode: str
) -> bool:
    """Queue what is known of the vehicles asked for; whether every one of them was answered."""
    canon = received.content.canon if received.content else {}
    wanted = dict.fromkeys(canon.get("numbers") or ())
    to = received.envelope.sender if received.envelope else None
    if not wanted or to is None:
        return False
    where, what = _known(register, received.at, read)
    seen = [where[number] for number in wanted if number in where]
    known = [what[number] for number in wanted if number in what]
    sayings = [
        _say(register, deployment, mode, to, received.at, topic, field, content)
        for topic, field, content in ((WHERE, "positions", seen), (WHAT, "resources", known))
    ]
    return any(sayings) and all(number in where or number in what for number in wanted)


def _say(  # noqa: PLR0913 - a document and where it goes
    register: Register,
    deployment: DeploymentRules,
    mode: str,
    to: str,
    now: datetime,
    topic: str,
    field: str,
    positions: list[dict[str, Any]],
) -> bool:
    if not positions or not deployment.takers(topic, [HUB]):
        return False
    document = {"mode": mode, "to": to, "said_at": now.isoformat(), field: positions}
    queue(register, topic, deployment.restrict(HUB, topic, document), mode, now, None, LIFE)
    return True


def _known(register: Register, now: datetime, read: Read) -> tuple[dict[str, Any], dict[str, Any]]:
    """Number of a vehicle → where it was last seen, and what it is."""
    where: dict[str, Any] = {}
    what: dict[str, Any] = {}
    keys = [key for name in SPEAK_OF_IT for key in use_cases(name)]
    for message in register.hub.latest_of(keys, now - FRESH, MOST):
        content = read(message, now).content
        canon = content.canon if content and message.state == "received" else {}
        for position in _positions(canon):
            if position["at"] >= where.get(position["number"], position)["at"]:
                where[position["number"]] = position
        for position in _details(canon):
            what.setdefault(position["number"], position)
    return where, what


def _positions(canon: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for position in canon.get("positions") or ():
        points: list[dict[str, Any]] = position.get("points") or [{}]
        yield from _seen(position.get("number"), position.get("at"), points[-1], position)
    for vehicle in canon.get("vehicles") or ():
        at = vehicle.get("positioned_at") or vehicle.get("said_at")
        yield from _seen(vehicle.get("number"), at, vehicle.get("position") or {}, {})


def _seen(number: str | None, at: str | None, point: dict[str, Any], more: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if number and at and point.get("latitude") is not None and point.get("longitude") is not None:
        yield {
            "number": number,
            "at": at,
            "latitude": point["latitude"],
            "longitude": point["longitude"],
            "height": point.get("height"),
            "speed": more.get("speed"),
            "move": more.get("moving"),
            "engine_on": more.get("engine_on"),
            "on_ground": more.get("grounded"),
            "status": more.get("status"),
            "engaged_status": more.get("engaged"),
        }


def _details(canon: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """As their owners described them: of what was only engaged somewhere, nobody said what it is."""
    for resource in canon.get("resources") or ():
        if resource.get("number") and resource.get("type"):
            contacts = [
                {"type": each["type"], "details": each["detail"]}
                for each in resource.get("contacts") or ()
                if each.get("type") and each.get("detail")
            ]
            facts = {name: resource.get(name) for name in ("number", "name", "type", "nature", "mobility", "capacity")}
            yield {**facts, "contacts": contacts}
