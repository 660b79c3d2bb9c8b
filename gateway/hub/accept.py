"""A message of the hub, in one transaction: kept once, tied to its case, answered by the outbox, and given its effects.

The answer is queued with the message itself, so that nothing is acknowledged that is not durable and nothing durable stays
without its answer. The same message again changes nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.inbound import CREATIONS, Decision, InboundContext, Move, decide
from adapters.lrm.hubsante.perimeters import REPLY
from adapters.lrm.hubsante.wire.replies import Step
from gateway.hub.acknowledgements import answers, early, heard
from gateway.hub.effects import follow
from gateway.hub.phone import note_phone_case
from gateway.hub.received.asking import ask, sort_of
from gateway.hub.received.names import name_of
from gateway.hub.received.positions import answer_positions
from gateway.hub.received.tasks import POSITIONS, WORDS
from gateway.hub.relay import relay
from gateway.ids import new_id
from gateway.register.hub.messages import LONGEST_STATUS, HubCase, fits
from gateway.register.instants import to_column
from outbox.message import Envelope, Kind, Priority
from outbox.sql import enqueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.hub.messages import HubMessage

    Read = Callable[[HubMessage, datetime], ReceivedMessage]

log = logging.getLogger("gateway.hub")

EARLY = timedelta(seconds=1)
"""How long an answer waits that came before its question was settled."""
STATES = {Move.ACKNOWLEDGE: "received", Move.KEEP: "received", Move.HOLD: "held", Move.REFUSE: "refused"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What this deployment decided of its hub."""

    mode: str
    hold: timedelta = timedelta(seconds=5)
    senders: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Virtual host → the senders known there; absent or empty: all."""
    relays: Mapping[str, str] = field(default_factory=dict)
    """Message of a tablet → to whom it is passed on."""


def accept(
    register: Register, deployment: DeploymentRules, rules: Rules, received: ReceivedMessage, read: Read
) -> None:
    """Keep a message, and do what it calls for. `read` reads again one that was held."""
    decision = decide(received, _known(register, rules, received))
    if early(register, received):
        decision = Decision(Move.HOLD)
    if not register.hub.keep(_row(received, decision, rules)):
        log.info("hub.duplicate vhost=%s box=%s", received.vhost, received.box)
        return
    if received.envelope is None:
        log.warning("hub.unreadable vhost=%s box=%s", received.vhost, received.box)
        register.feed.tell("", rules.mode, "hub", {"step": "unreadable", "vhost": received.vhost}, received.at)
    elif not answers(received) or received.faults:
        conclude(register, deployment, rules, received, decision, read)
    elif decision.move is not Move.HOLD:
        heard(register, deployment, received, rules.mode)


def release(register: Register, deployment: DeploymentRules, rules: Rules, read: Read, now: datetime) -> int:
    """Answer the updates whose case did not come in time, hear the answers that came too early; says how many."""
    waited = register.hub.held_too_long(now)
    for message in waited:
        received = read(message, now)
        if answers(received):
            _hear_at_last(register, deployment, rules, message, received)
            continue
        known = _known(register, rules, received, waited=True)
        _conclude_held(register, deployment, rules, message, received, decide(received, known), read)
    return len(waited)


def _hear_at_last(
    register: Register, deployment: DeploymentRules, rules: Rules, message: HubMessage, received: ReceivedMessage
) -> None:
    if early(register, received):
        register.hub.wait_on(message.seq, received.at + EARLY)
        return
    register.hub.decided(message.seq, STATES[Move.KEEP], None)
    heard(register, deployment, received, rules.mode)


def conclude(  # noqa: PLR0913 - a message, what was decided of it, and by whom
    register: Register,
    deployment: DeploymentRules,
    rules: Rules,
    received: ReceivedMessage,
    decision: Decision,
    read: Read,
) -> None:
    """Answer a functional message, give it its effects, and take up what waited for it."""
    match decision.move:
        case Move.REFUSE:
            _refuse(register, rules, received, decision)
        case Move.ACKNOWLEDGE:
            case = register.hub.case(received.ids.case) if received.ids.case else None
            number = register.hub.number_of(received.vhost, _short(received.identifier))
            answered = sort_of(received, case) == POSITIONS and answer_positions(
                register, deployment, received, read, rules.mode
            )
            task = None if answered else ask(register, received, number, case, rules.mode)
            applied = follow(register, deployment, received)
            _reply(register, rules, received, {"step": (Step.INTEGRATED if applied else Step.RECEIVED).value})
            _told(register, rules, received, "integrated" if applied else "received", number=number, task=task)
            relay(register, deployment, rules.relays, received, rules.mode)
            note_phone_case(register, received, rules.mode)
            if received.key in CREATIONS and received.ids.case and register.hub.case(received.ids.case) is None:
                _open(register, received)
                for message in register.hub.held_of(received.ids.case):
                    held = read(message, received.at)
                    known = _known(register, rules, held)
                    _conclude_held(register, deployment, rules, message, held, decide(held, known), read)


def _conclude_held(  # noqa: PLR0913 - same
    register: Register,
    deployment: DeploymentRules,
    rules: Rules,
    message: HubMessage,
    received: ReceivedMessage,
    decision: Decision,
    read: Read,
) -> None:
    register.hub.decided(message.seq, STATES[decision.move], decision.code.value if decision.code else None)
    conclude(register, deployment, rules, received, decision, read)


def _known(register: Register, rules: Rules, received: ReceivedMessage, *, waited: bool = False) -> InboundContext:
    envelope, case_id = received.envelope, received.ids.case
    case = register.hub.case(case_id) if case_id else None
    senders = rules.senders.get(received.vhost)
    return InboundContext(
        mode=rules.mode,
        sender=not senders or (envelope is not None and envelope.sender in senders),
        case=case is not None,
        opened_by=case.partner if case is not None and not case.ours else None,
        waited=waited,
    )


def _open(register: Register, received: ReceivedMessage) -> None:
    envelope, canon = received.envelope, received.content.canon if received.content else {}
    case = HubCase(
        case_id=str(received.ids.case),
        ours=False,
        lane=None,
        topic=None,
        scope=None,
        reference=None,
        vhost=received.vhost,
        partner=fits(envelope.sender if envelope else None),
        owner=fits(canon.get("owner")),
        status=fits(canon.get("status_code"), LONGEST_STATUS),
    )
    register.hub.open_case(case, received.at)


def _refuse(register: Register, rules: Rules, received: ReceivedMessage, decision: Decision) -> None:
    """The RS-ERROR, then the refused RC-REF that names it: one lane, so in this order."""
    if decision.code is None:
        return
    error = _reply(register, rules, received, {"code": decision.code.value, "cause": decision.cause})
    _reply(register, rules, received, {"error": error})
    log.warning("hub.refused vhost=%s code=%d use_case=%s", received.vhost, decision.code.value, received.key)
    _told(register, rules, received, "refused", decision.code.value)


def _reply(register: Register, rules: Rules, received: ReceivedMessage, content: dict[str, Any]) -> str:
    """Queue an answer; its id."""
    envelope = received.envelope
    if envelope is None:
        return ""
    about = {"vhost": received.vhost, "about": envelope.distribution_id, "to": envelope.sender}
    answer = Envelope(
        id=new_id(received.at),
        destination="hub",
        lane=f"reply:{_short(envelope.distribution_id)}",
        topic=REPLY,
        kind=Kind.COMMAND,
        mode=rules.mode,
        body={**about, "status": envelope.status, **content},
        created_at=received.at,
        priority=Priority.URGENT,
    )
    enqueue(register.connection, [answer], received.at)
    return answer.id


def _told(  # noqa: PLR0913 - a line of the feed
    register: Register,
    rules: Rules,
    received: ReceivedMessage,
    step: str,
    code: int | None = None,
    *,
    number: int | None = None,
    task: str | None = None,
) -> None:
    """For those who follow live: types, codes and our number, by which its content is read; never an identifier of a partner's."""
    case = register.hub.case(received.ids.case) if received.ids.case else None
    scope = case.scope if case and case.scope and case.topic == "victim" else ""
    name = name_of(received.key)
    body = {"step": step, "vhost": received.vhost, "use_case": received.key, "type": name, "code": code}
    body |= {"number": number, "task": task, "words": WORDS.get(task or "")}
    register.feed.tell(scope, rules.mode, "hub", body, received.at)


def _row(received: ReceivedMessage, decision: Decision, rules: Rules) -> dict[str, Any]:
    envelope, ids = received.envelope, received.ids
    wait = EARLY if answers(received) else rules.hold
    state = "unreadable" if envelope is None else STATES[decision.move]
    return {
        "vhost": received.vhost,
        "distribution_id": _short(received.identifier),
        "box": received.box,
        "sender": fits(envelope.sender if envelope else None),
        "mode": envelope.status[:8] if envelope else None,
        "use_case": received.key[:40] if received.key else None,
        "case_id": fits(ids.case),
        "patient_id": fits(ids.patients[0] if ids.patients else None),
        "resource_id": fits(ids.resources[0] if ids.resources else None),
        "request_id": fits(ids.request),
        "content_type": received.content_type[:80],
        "raw": received.raw,
        "state": state,
        "code": decision.code.value if decision.code else None,
        "received_at": to_column(received.at),
        "hold_until": to_column(received.at + wait) if decision.move is Move.HOLD else None,
    }


def _short(identifier: str) -> str:
    """A distributionID of the contract is whole; one that is absurdly long is kept by its head."""
    return identifier[:1023].replace("\0", "")
