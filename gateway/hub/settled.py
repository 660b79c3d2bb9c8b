"""What follows when a message of ours is at the hub: its case is ours, and its timeline begins. In the settling transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.hubsante.perimeters import REPLY
from gateway.register.hub.messages import HubCase, HubStep, Step
from outbox.message import MessageStatus

__all__ = ["REPLY", "settled"]

if TYPE_CHECKING:
    from gateway.register import Register
    from outbox.message import Settlement


def settled(register: Register, settlement: Settlement) -> None:
    """Note that a message was published and that the hub holds it: two steps, neither of which is a delivery."""
    receipt, envelope = settlement.receipt, settlement.claimed.envelope
    if settlement.status is not MessageStatus.DELIVERED or receipt is None or envelope.topic == REPLY:
        return
    facts, now = receipt.facts, settlement.at
    # What asks for positions, or sums up a mission, belongs to no case: it has its steps all the same.
    identifier, case_id = facts["distribution_id"], facts["case_id"] or None
    if case_id is not None and register.hub.case(case_id) is None:
        register.hub.open_case(
            HubCase(
                case_id=case_id,
                ours=True,
                lane=envelope.lane,
                topic=envelope.topic,
                scope=envelope.scope,
                reference=envelope.body.get("request_id"),
                vhost=facts["vhost"],
                partner=facts["recipient"],
                owner=facts["recipient"],
                status=None,
            ),
            now,
        )
    published = settlement.started_at or now
    attempt, use_case = settlement.claimed.attempt, facts["message"]
    register.hub.add(HubStep(identifier, case_id, Step.PUBLISHED, attempt, None, published, use_case))
    register.hub.add(HubStep(identifier, case_id, Step.AT_HUB, None, None, now))
