"""What a sender and an operator are told of a request: one line in the feed, and the sender's webhook where there is one.

Codes, labels and references only. A sender never learns of a clinical decision: the CRRA's words are those of `InterventionStatus`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.intervention.request import CALL_15, UNCERTAIN_CALL_15
from domain.intervention.status import REFUSALS, InterventionStatus
from gateway.flow.routing import KINDS, priority
from gateway.ids import new_id
from outbox.message import Envelope
from outbox.sql import enqueue

if TYPE_CHECKING:
    from datetime import datetime

    from domain.canon.intervention import InterventionStatusDocument
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention

NO_ANSWER = "Pas de réponse du SAMU, appelez le 15."
RECEIVED = "Demande reçue par le logiciel du SAMU"
REFUSED = "Demande refusée par le SAMU, appelez le 15."


def webhook(sender: str) -> str:
    """The destination that is this platform's webhook."""
    return f"platform:{sender}"


def label(intervention: Intervention) -> str:
    """Where a request is, in words: once a receipt came, it is on its way no more."""
    if intervention.status is InterventionStatus.TRANSMISE and intervention.delivered_at is not None:
        return "Demande confiée au Hub Santé" if intervention.destination == "hub" else RECEIVED
    return intervention.status.label


def instruction(intervention: Intervention) -> str | None:
    """What the sender should do now."""
    if intervention.status is InterventionStatus.ERREUR:
        return CALL_15
    if intervention.status is InterventionStatus.INCERTAINE:
        return UNCERTAIN_CALL_15
    if intervention.status is InterventionStatus.REFUSEE:
        return REFUSED
    return NO_ANSWER if intervention.alarmed_at is not None and not intervention.status.is_accepted else None


def status_document(intervention: Intervention, reason: str | None = None) -> InterventionStatusDocument:
    """Where a request is; `said` is an instruction that holds at this moment only."""
    return {
        "mode": intervention.mode,
        "id": intervention.id,
        "request_id": intervention.request_id,
        "reference": intervention.reference,
        "version": intervention.version,
        "status": intervention.status.value,
        "task_status": intervention.status.task_status,
        "label": label(intervention),
        "since": intervention.since.isoformat(),
        "reason": REFUSALS.get(intervention.reason or "", intervention.reason),
        "instruction": reason or instruction(intervention),
        "case_id": intervention.case_id,
        "crra": intervention.crra,
    }


def tell(  # noqa: PLR0913 - who is told what of which request
    register: Register,
    deployment: DeploymentRules,
    intervention: Intervention,
    now: datetime,
    *,
    reason: str | None = None,
    answered: bool = False,
) -> None:
    """Tell of a request as it now is. `answered`: its sender is being answered at this moment, so no webhook."""
    document = status_document(intervention, reason)
    # The sender's own key stays out of the feed, which others read: it may be made of anything.
    line = {name: value for name, value in document.items() if name not in {"request_id", "mode"}}
    line["possible_duplicates"] = len(register.interventions.like(intervention))
    register.feed.tell(webhook(intervention.sender), intervention.mode, "intervention", line, now)
    destination = webhook(intervention.sender)
    if answered or destination not in deployment.destinations:
        return
    envelope = Envelope(
        id=new_id(now),
        destination=destination,
        lane=f"intervention:{intervention.id}",
        topic="intervention.status",
        kind=KINDS["intervention.status"],
        mode=intervention.mode,
        body=deployment.restrict(destination, "intervention.status", document),
        created_at=now,
        scope=intervention.id,
        priority=priority("intervention.status"),
    )
    enqueue(register.connection, [envelope], now)
