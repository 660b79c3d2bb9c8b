"""Messages of senders, as idempotency sees them: said once, answered once; said again, answered the same; said otherwise, refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from domain.errors import ConflictError, InvalidError
from domain.intervention.status import InterventionStatus
from domain.remark import Remark

if TYPE_CHECKING:
    from domain.intervention.request import Cancellation, InterventionRequest
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention, KeptMessage

LONGEST_REQUEST_ID, LONGEST_MESSAGE_ID = 80, 128


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender is answered."""

    id: str
    request_id: str
    reference: str
    status: InterventionStatus
    version: int
    received_at: str
    warnings: tuple[Remark, ...]
    crra: str
    duplicate: bool = False
    """This very message had come before: everything else is what was answered then."""
    created: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    request_id: str
    message_id: str | None
    digest: bytes
    content: bytes
    sentence: str
    """What its sender must do when it is refused."""

    def key(self, version: int) -> str:
        """The sender's own key; without one, its content and the version that it made."""
        return self.message_id or f"{self.content.hex()}.{version}"


def message_of(request: InterventionRequest | Cancellation, sentence: str) -> Message:
    """Read the two keys. Raises InvalidError when one is missing or cannot be kept."""
    request_id, message_id = request.request_id.strip(), (request.message_id or "").strip() or None
    for field, value, longest in (
        ("request_id", request_id, LONGEST_REQUEST_ID),
        ("message_id", message_id or "-", LONGEST_MESSAGE_ID),
    ):
        if not 0 < len(value) <= longest or not value.isprintable():
            expected = f"1 à {longest} caractères visibles"
            raise InvalidError(
                "DEMANDE_SANS_ID", field, f"Cet identifiant manque ou est illisible. {sentence}", expected
            )
    content = _content(request)
    return Message(request_id, message_id, content, hashlib.sha256(content).digest(), sentence)


def _content(request: InterventionRequest | Cancellation) -> bytes:
    """The content, the same by whatever door it came; files by their digest."""
    documents = [
        (document.title, hashlib.sha256(document.content).hexdigest()) for document in getattr(request, "documents", ())
    ]
    emptied: dict[str, Any] = {"remarks": ()} if hasattr(request, "remarks") else {}
    content = {
        "verb": type(request).__name__,
        **_fields(request),
        "message_id": None,
        **emptied,
        "documents": documents,
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS, default=_fields)


def _fields(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass with slots
    """A dataclass as it stands; `asdict` copies every leaf, ten times slower, on the way of every click."""
    return {name: getattr(record, name) for name in record.__slots__}


def known(register: Register, sender: str, message: Message) -> tuple[Intervention | None, KeptMessage | None]:
    """The request this message speaks of, and this very message if it came before; both locked until the end."""
    register.interventions.lock(f"{sender} {message.request_id}", f"{sender} {message.message_id or ''}")
    return found(register, sender, message, for_change=True)


def found(
    register: Register, sender: str, message: Message, *, for_change: bool = False
) -> tuple[Intervention | None, KeptMessage | None]:
    """The same, as it is at this moment."""
    intervention = register.interventions.of_sender(sender, message.request_id, for_change=for_change)
    if message.message_id is not None:
        return intervention, register.interventions.message(sender, message.message_id)
    # Without a key of its own a message is a replay only of the newest one: to say the first again after a second is a third.
    last = register.interventions.last_message(intervention) if intervention else None
    return intervention, last if last is not None and last.content == message.content else None


def again(stored: KeptMessage, message: Message) -> Answer:
    """The stored answer. Raises ConflictError when the content is another one."""
    if stored.content != message.content:
        raise ConflictError(
            "MESSAGE_DEJA_RECU",
            "message_id",
            f"Cet identifiant de message a déjà servi avec un autre contenu. {message.sentence}",
            "un nouvel identifiant de message",
        )
    answer = stored.answer
    warnings = tuple(Remark(**warning) for warning in answer["warnings"])
    kept = {
        **answer,
        "status": InterventionStatus(answer["status"]),
        "warnings": warnings,
        "duplicate": True,
        "created": False,
    }
    return Answer(**kept)


def answer_of(intervention: Intervention, remarks: tuple[Remark, ...]) -> Answer:
    """The answer to a message that made this of a request."""
    return Answer(
        id=intervention.id,
        request_id=intervention.request_id,
        reference=intervention.reference,
        status=intervention.status,
        version=intervention.version,
        received_at=intervention.received_at.isoformat(),
        warnings=remarks,
        crra=intervention.crra,
    )
