"""A case shared through the hub, as a person follows it: what we said of it and how far each message went, what came in.

Five stages, and they are five different things: published, at the hub, received, integrated, read. Identifiers, types, codes
and instants only; what a message says of a patient is not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.hub.received.names import name_of
from gateway.register.hub.messages import Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.register import Register
    from gateway.register.hub.messages import HubCase, HubMessage, HubStep

STAGES = {
    Step.PUBLISHED: "publié",
    Step.AT_HUB: "au hub",
    Step.RECEIVED: "reçu",
    Step.INTEGRATED: "intégré",
    Step.READ: "lu",
}
TROUBLES = {Step.REFUSED: "refusé", Step.ERROR: "en erreur", Step.DELETED: "supprimé"}
STATES = {
    "received": "pris en compte",
    "held": "en attente de son dossier",
    "refused": "refusé",
    "unreadable": "illisible",
}


def case_view(register: Register, case: HubCase) -> dict[str, Any]:
    """One case and its whole timeline, the oldest first."""
    sent = [_sent(steps) for steps in _by_message(register.hub.steps_of_case(case.case_id))]
    came = [_received(message) for message in register.hub.messages_of(case.case_id)]
    timeline = sorted([*sent, *came], key=lambda entry: entry["at"])
    return {**summary(case), "timeline": timeline}


def summary(case: HubCase) -> dict[str, Any]:
    """A case in a list."""
    victim = case.lane.removeprefix("victim:") if case.topic == "victim" and case.lane else None
    return {
        "case_id": case.case_id,
        "ours": case.ours,
        "partner": case.partner,
        "owner": case.owner,
        "status": case.status,
        "vhost": case.vhost,
        "event_id": case.scope if victim else None,
        "patient_id": victim,
        "request_id": case.reference,
    }


def _by_message(steps: Sequence[HubStep]) -> list[list[HubStep]]:
    by_message: dict[str, list[HubStep]] = {}
    for step in steps:
        by_message.setdefault(step.distribution_id, []).append(step)
    return list(by_message.values())


def _sent(steps: list[HubStep]) -> dict[str, Any]:
    """A message of ours. A stage has the instant of its first time; a trouble is never hidden by a later stage."""
    firsts: dict[Step, HubStep] = {}
    for step in steps:
        firsts.setdefault(step.step, step)
    reached = [word for step, word in STAGES.items() if step in firsts]
    troubles = [
        {"step": step.step.value, "word": TROUBLES[step.step], "code": step.code, "by": step.by, "at": _at(step.at)}
        for step in steps
        if step.step in TROUBLES
    ]
    return {
        "way": "emitted",
        "at": _at(steps[0].at),
        "distribution_id": steps[0].distribution_id,
        "type": name_of(next((step.use_case for step in steps if step.use_case), None)),
        "stages": [
            {"step": step.value, "word": word, "at": _at(firsts[step].at) if step in firsts else None}
            for step, word in STAGES.items()
        ],
        "reached": reached[-1] if reached else None,
        "troubles": troubles,
    }


def _received(message: HubMessage) -> dict[str, Any]:
    return {
        "way": "received",
        "number": message.seq,
        "at": _at(message.received_at),
        "distribution_id": message.distribution_id,
        "type": name_of(message.use_case),
        "by": message.sender,
        "state": message.state,
        "word": STATES.get(message.state, message.state),
        "code": message.code,
        "times": message.times,
    }


def _at(instant: datetime) -> str:
    return instant.isoformat()
