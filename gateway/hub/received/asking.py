"""Whether a message asks something of somebody, and of what sort; the task it then makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.hub.received.tasks import (
    AFFAIR,
    CANCELLED,
    ENGAGE,
    HELP,
    OPERATION,
    POSITIONS,
    TAKE_OVER,
    UNREAD,
    WORDS,
    alarm_of,
    end_request,
)
from gateway.operations.alarms import sound

if TYPE_CHECKING:
    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from gateway.register import Register
    from gateway.register.hub.messages import HubCase

FIRE_CASE = "RC-EDA"
SORTS = {
    "hub_help_request": HELP,
    "hub_engagement": ENGAGE,
    "hub_positions_request": POSITIONS,
    "hub_operation": OPERATION,
}
"""Canon document → what it asks; a case depends on who is to have it."""


def ask(register: Register, received: ReceivedMessage, number: int, case: HubCase | None, mode: str) -> str | None:
    """Raise the task that a message makes; which, or None when it asks for nothing. A request taken back ends its own."""
    sort = sort_of(received, case)
    canon = received.content.canon if received.content else {}
    if sort == CANCELLED:
        end_request(register, canon.get("request_id"), mode, received.at, "partenaire")
    if sort is not None:
        facts = {"destination": "hub", "task": sort, "words": WORDS[sort], "message": number, "type": _name(received)}
        sound(register, alarm_of(sort, number, received.ids.case), facts, mode, received.at)
    return sort


def sort_of(received: ReceivedMessage, case: HubCase | None) -> str | None:
    """What a message asks of somebody. A case that is ours is followed; of another's, who asks us to take it waits for a word."""
    content = received.content
    if content is None or content.trouble:
        return UNREAD
    if content.kind == "hub_help_request" and content.canon.get("cancelled"):
        return CANCELLED
    if content.kind != "hub_case" or (case is not None and case.ours):
        return SORTS.get(content.kind)
    us, owner = received.envelope.recipient if received.envelope else None, content.canon.get("owner")
    if owner is not None and owner == us and (case is None or case.owner != us):
        return TAKE_OVER
    return AFFAIR if content.message.name == FIRE_CASE else None


def _name(received: ReceivedMessage) -> str | None:
    return received.content.message.name if received.content else received.key
