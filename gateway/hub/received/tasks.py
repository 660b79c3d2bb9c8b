"""What a message asks of somebody: a task with an alarm, until a person ends it or an answer of ours does.

An alarm holds what sort of act is asked and the number of the message, never an identifier that a partner made up: who does it
reads the content. One per message, or one per case for what is asked of a case as a whole.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.hub.received.names import use_cases
from gateway.operations.alarms import end

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from gateway.register import Register
    from gateway.register.alarms import Alarm

HELP, CANCELLED, ENGAGE = "help_request", "help_cancelled", "engagement"
POSITIONS, TAKE_OVER, AFFAIR, OPERATION, UNREAD = "positions_request", "take_over", "fire_case", "operation", "unread"
WORDS = {
    HELP: "Demande de moyens : répondre",
    CANCELLED: "Demande de moyens annulée par le partenaire : en prendre acte",
    ENGAGE: "Moyens à engager",
    POSITIONS: "Positions ou détails de moyens demandés : répondre",
    TAKE_OVER: "Prise en charge d’un dossier demandée : accepter ou refuser",
    AFFAIR: "Affaire des pompiers : en prendre connaissance",
    OPERATION: "Situation d’opération des pompiers : en prendre connaissance",
    UNREAD: "Message que nos correspondances ne lisent pas : à lire tel quel",
}
OF_A_CASE = frozenset({TAKE_OVER, AFFAIR, OPERATION})


def done(  # noqa: PLR0913 - which message, when, by whom
    register: Register, number: int, case_id: str | None, mode: str, now: datetime, by: str
) -> bool:
    """A person ends what a message asked for; whether something was asked."""
    names = {alarm_of(sort, number, case_id) for sort in WORDS}
    ended = [end(register, name, mode, now, by) for name in sorted(names)]
    return any(ended)


def end_request(register: Register, request_id: str | None, mode: str, now: datetime, by: str) -> None:
    """A request for resources was answered, or taken back."""
    for number in register.hub.numbers_of_request(request_id) if request_id else ():
        end(register, alarm_of(HELP, number, None), mode, now, by)


def end_by_answer(  # noqa: PLR0913 - what was said, when, by whom
    register: Register, topic: str, document: Mapping[str, Any], mode: str, now: datetime, by: str
) -> None:
    """What we say to a partner ends what it answers."""
    case_id = document.get("case_id")
    if topic == "partner.help_answer":
        end_request(register, document.get("request_id"), mode, now, by)
    elif topic == "partner.case_word" and case_id:
        end(register, alarm_of(TAKE_OVER, 0, case_id), mode, now, by)
        end(register, alarm_of(AFFAIR, 0, case_id), mode, now, by)
    elif topic == "partner.vehicles" and case_id:
        for message in register.hub.messages_of(case_id):
            end(register, alarm_of(ENGAGE, message.seq, None), mode, now, by)
    elif topic in {"partner.positions", "partner.resource_details"}:
        for number in register.hub.numbers_from(str(document.get("to")), use_cases("GEO-REQ")):
            end(register, alarm_of(POSITIONS, number, None), mode, now, by)


def tasks_under_way(register: Register) -> dict[int, Alarm]:
    """Number of the message → the alarm of what it asks."""
    asked = (alarm for alarm in register.alarms.under_way() if alarm.kind == "hub" and "task" in alarm.facts)
    return {alarm.facts["message"]: alarm for alarm in asked}


def alarm_of(sort: str, number: int, case_id: str | None) -> str:
    """The alarm of a task: of its message, or of the case as a whole."""
    about = hashlib.sha256(case_id.encode()).hexdigest()[:16] if sort in OF_A_CASE and case_id else str(number)
    return f"hub:{sort}:{about}"
