"""What is said to a partner through the hub: checked against what is known here, restricted, and durable before it is answered.

Nothing is sent from here: the outbox does, in its lane, and drops what expired. It refuses another mode, a case that nobody
here knows, and a message that no perimeter of this deployment carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from domain.errors import ConflictError, InvalidError, UnknownError
from gateway.flow.routing import KINDS, priority
from gateway.hub.received.tasks import end_by_answer
from gateway.ids import new_id
from outbox.message import Envelope
from outbox.sql import enqueue

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register

HUB = "hub"
TYPES = {
    "partner.vehicles": "RS-RI",
    "partner.vehicle_status": "RS-SR",
    "partner.help_request": "RS-DR",
    "partner.help_answer": "RS-RR",
    "partner.case_word": "RS-EDA-MAJ",
    "partner.positions_request": "GEO-REQ",
    "partner.engagement": "RS-ER",
    "partner.positions": "GEO-POS",
    "partner.resource_details": "GEO-RES",
    "partner.appointment": "RS-SAS-RDV",
    "partner.document_links": "RS-URL",
    "partner.report": "RS-BPV",
    "partner.mission_summary": "RS-RPIS",
    "partner.fire_case": "RC-EDA",
    "partner.fire_vehicles": "RC-RI",
}
"""Topic → the name of its model."""
LONGEST_LANE = 255


class HubDocument(Protocol):
    """A document as a door, a command or a tablet gives it."""

    @property
    def topic(self) -> str:
        """What it says."""

    @property
    def to(self) -> str | None:
        """Who is to read it; None: the partner of the case."""

    @property
    def valid_minutes(self) -> int:
        """For how long it is worth sending."""

    def document(self, mode: str, to: str, now: datetime) -> dict[str, Any]:
        """The canon document."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that will leave."""

    id: str
    topic: str
    type: str
    """As people name it: RS-DR."""
    lane: str
    expires_at: datetime


def say(
    register: Register, deployment: DeploymentRules, mode: str, message: HubDocument, now: datetime
) -> QueuedMessage:
    """Queue one message for a partner. Raises RuleError, and then nothing was written."""
    refuse_unserved(deployment, message.topic)
    case_id = getattr(message, "case_id", None)
    case = register.hub.case(case_id) if case_id else None
    if case_id and case is None:
        expected = "un dossier reçu du hub, ou partagé par nous"
        raise UnknownError("dossier_inconnu", "case_id", "Ce dossier n’est pas connu de la passerelle.", expected)
    to = message.to or (case.partner if case else None)
    if to is None:
        expected = "identifiant de client du hub"
        raise InvalidError("destinataire_absent", "to", "Le dossier n’a pas de partenaire connu.", expected)
    document = deployment.restrict(HUB, message.topic, message.document(mode, to, now))
    end_by_answer(register, message.topic, document, mode, now, "réponse")
    queued = queue(register, message.topic, document, mode, now, case.scope if case else None, message.valid_minutes)
    register.feed.tell(
        "", mode, "hub", {"step": "queued", "use_case": TYPES[message.topic], "message_id": queued.id}, now
    )
    return queued


def queue(  # noqa: PLR0913 - a message and where it goes
    register: Register,
    topic: str,
    document: dict[str, Any],
    mode: str,
    now: datetime,
    scope: str | None,
    valid_minutes: int,
) -> QueuedMessage:
    """Put a restricted document in the outbox. Each topic of a case has its lane: one that is parked holds back its own kind only."""
    about = document.get("case_id") or document.get("number") or document["to"]
    lane = f"{topic}:{about}"[:LONGEST_LANE]
    expires_at = now + timedelta(minutes=valid_minutes)
    envelope = Envelope(
        id=new_id(now),
        destination=HUB,
        lane=lane,
        topic=topic,
        kind=KINDS[topic],
        mode=mode,
        body=document,
        created_at=now,
        scope=scope or "",
        priority=priority(topic),
        expires_at=expires_at,
    )
    enqueue(register.connection, [envelope], now)
    return QueuedMessage(envelope.id, topic, TYPES[topic], lane, expires_at)


def refuse_unserved(deployment: DeploymentRules, topic: str) -> None:
    """No hub here, or no perimeter that carries this: said at once, with what to set."""
    if HUB not in deployment.destinations:
        raise ConflictError(
            "hub_absent", "", "Cette passerelle n’est pas reliée au Hub Santé.", "section [hub] des réglages"
        )
    if not deployment.takers(topic, [HUB]):
        expected = f"ajouter « {topic} » aux « topics » d’un périmètre"
        raise ConflictError("perimetre_absent", "", "Aucun périmètre du hub ne porte ce message.", expected)
