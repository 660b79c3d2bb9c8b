"""Messages of senders, as idempotency sees them: said once, answered once; said again, answered the same; said otherwise, refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from domain.errors import ConflictError, InvalidError
from domain.intervention.status import Status
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
    status: Status
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
    said: bytes
    content: bytes
    sentence: str
    """What its sender must do when it is refused."""

    def key(self, version: int) -> str:
        """The sender's own key; without one, its content and the version that it made."""
        return self.message_id or f"{self.content.hex()}.{version}"


def message_of(said: InterventionRequest | Cancellation, sentence: str) -> Message:
    """Read the two keys. Raises InvalidError when one is missing or cannot be kept."""
    request_id, message_id = said.request_id.strip(), (said.message_id or "").strip() or None
    for field, value, longest in (
        ("request_id", request_id, LONGEST_REQUEST_ID),
        ("message_id", message_id or "-", LONGEST_MESSAGE_ID),
    ):
        if not 0 < len(value) <= longest or not value.isprintable():
            expected = f"1 à {longest} caractères visibles"
            raise InvalidError(
                "DEMANDE_SANS_ID", field, f"Cet identifiant manque ou est illisible. {sentence}", expected
            )
    content = _content(said)
    return Message(request_id, message_id, content, hashlib.sha256(content).digest(), sentence)


def _content(said: InterventionRequest | Cancellation) -> bytes:
    """The content, the same by whatever door it came; files by their digest."""
    documents = [(one.title, hashlib.sha256(one.content).hexdigest()) for one in getattr(said, "documents", ())]
    emptied: dict[str, Any] = {"remarks": ()} if hasattr(said, "remarks") else {}
    content = {"verb": type(said).__name__, **_fields(said), "message_id": None, **emptied, "documents": documents}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS, default=_fields)


def _fields(one: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass with slots
    """A dataclass as it stands; `asdict` copies every leaf, ten times slower, on the way of every click."""
    return {name: getattr(one, name) for name in one.__slots__}


def known(register: Register, sender: str, message: Message) -> tuple[Intervention | None, KeptMessage | None]:
    """The request this message speaks of, and this very message if it came before; both locked until the end."""
    register.interventions.lock(f"{sender} {message.request_id}", f"{sender} {message.message_id or ''}")
    return found(register, sender, message, for_change=True)


def found(
    register: Register, sender: str, message: Message, *, for_change: bool = False
) -> tuple[Intervention | None, KeptMessage | None]:
    """The same, as it is at this moment."""
    one = register.interventions.of_sender(sender, message.request_id, for_change=for_change)
    if message.message_id is not None:
        return one, register.interventions.message(sender, message.message_id)
    # Without a key of its own a message is a replay only of the newest one: to say the first again after a second is a third.
    last = register.interventions.last_message(one) if one else None
    return one, last if last is not None and last.content == message.content else None


def again(stored: KeptMessage, message: Message) -> Answer:
    """The stored answer. Raises ConflictError when the content is another one."""
    if stored.content != message.content:
        raise ConflictError(
            "MESSAGE_DEJA_RECU",
            "message_id",
            f"Cet identifiant de message a déjà servi avec un autre contenu. {message.sentence}",
            "un nouvel identifiant de message",
        )
    said = stored.answer
    warnings = tuple(Remark(**one) for one in said["warnings"])
    kept = {**said, "status": Status(said["status"]), "warnings": warnings, "duplicate": True, "created": False}
    return Answer(**kept)


def answer_of(one: Intervention, remarks: tuple[Remark, ...]) -> Answer:
    """The answer to a message that made this of a request."""
    return Answer(
        id=one.id,
        request_id=one.request_id,
        reference=one.reference,
        status=one.status,
        version=one.version,
        received_at=one.received_at.isoformat(),
        warnings=remarks,
        crra=one.crra,
    )
