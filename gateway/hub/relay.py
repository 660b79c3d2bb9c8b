"""A tablet's assessment goes on to the SAMU that regulates, a mission's summary to the observatory, where the deployment says to whom.

What is passed on is read into canon and leaves by its own mapping, under the allow-list of who receives it: bytes are never forwarded.
It refuses to send a message back to its sender, and to relay what it cannot read whole: that is told, and kept where it came.
"""

from __future__ import annotations

import logging
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from domain.canon.hub import HUB_DOCUMENTS
from gateway.hub.say import HUB, queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register

log = logging.getLogger("gateway.hub")

LIFE = 24 * 60
"""Minutes: nobody waits for these, and they are worth sending the day they were made."""
REPORT = "partner.report"
RELAYED = {"hub_report": REPORT, "hub_mission": "partner.mission_summary"}
"""Canon document → the topic it leaves under."""


class LackingError(LookupError):
    """A field that the document must have is not there; its path."""


def relay(
    register: Register, deployment: DeploymentRules, relays: Mapping[str, str], received: ReceivedMessage, mode: str
) -> bool:
    """Queue what is to be passed on of a message received; whether something was."""
    content = received.content
    topic = RELAYED.get(content.kind) if content else None
    to = relays.get(content.message.name) if content else None
    if content is None or topic is None or to is None:
        return False
    if received.envelope is not None and received.envelope.sender == to:
        return False
    name = content.message.name
    if not deployment.takers(topic, [HUB]):
        log.warning("hub.not_relayed message=%s reason=no_perimeter", name)
        return False
    relayed = {**content.canon, "mode": mode, "to": to, "said_at": received.at.isoformat()}
    if topic == REPORT:
        relayed["patient"] = _numbered(relayed.get("patient") or {})
    try:
        document = whole(HUB_DOCUMENTS[topic], relayed)
    except LackingError as error:
        log.warning("hub.not_relayed message=%s reason=incomplete field=%s", name, error)
        register.feed.tell("", mode, "hub", {"step": "not_relayed", "use_case": name}, received.at)
        return False
    queue(register, topic, deployment.restrict(HUB, topic, document), mode, received.at, None, LIFE)
    return True


def whole(hint: Any, value: Any, path: str = "") -> Any:  # noqa: ANN401 - a type hint, and JSON
    """The value in the shape of a document that leaves: what may be absent is None, lists are there. Raises LackingError."""
    if get_origin(hint) in {Union, UnionType}:
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return None if value is None else whole(inner, value, path)
    if get_origin(hint) is list:
        return [whole(get_args(hint)[0], item, path) for item in value or ()]
    if value is None:
        raise LackingError(path)
    if is_typeddict(hint):
        return {name: whole(below, value.get(name), f"{path}.{name}") for name, below in get_type_hints(hint).items()}
    return value


def _numbered(patient: Mapping[str, Any]) -> dict[str, Any]:
    """A patient under the SINUS number alone, of all the numbers that a tablet may have."""
    numbers = patient.get("identifiers") or ()
    sinus = next((each.get("value") for each in numbers if each.get("kind") == "sinus"), None)
    return {**patient, "sinus_number": sinus}
