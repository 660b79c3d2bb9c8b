"""Intervention requests: every message that came, what each request is now, and what was said of it. Messages and words are only added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import bindparam, func, insert, literal_column, or_, select, text, update

from domain.intervention.status import InterventionStatus
from gateway.register.instants import from_column, to_column
from gateway.register.interventions.tables import intervention as table
from gateway.register.interventions.tables import intervention_document, intervention_message, intervention_observation
from gateway.register.statement import Statement
from outbox.database.sealing import UnreadableError, open_json, seal_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from domain.intervention.request import Document
    from outbox.database.sealing import Seal

C = table.c
NAMES = tuple(column.name for column in table.columns)
BY = {name: Statement(select(table).where(table.c[name] == bindparam("value"))) for name in ("id", "reference")}
_OF_SENDER = select(table).where(C.sender == bindparam("sender"), C.request_id == bindparam("request_id"))
OF_SENDER, OF_SENDER_FOR_CHANGE = Statement(_OF_SENDER), Statement(_OF_SENDER.with_for_update())
FOR_CHANGE = {
    name: Statement(select(table).where(table.c[name] == bindparam("value")).with_for_update())
    for name in ("id", "reference")
}
TAKEN = Statement(select(C.id).where(C.reference == bindparam("value")))
ADD = Statement(insert(table), NAMES)
CHANGE = Statement(update(table).where(C.id == bindparam("this")), NAMES[1:])
CHANGE_AROUND = Statement(
    update(table).where(C.id == bindparam("this")), [name for name in NAMES[1:] if name != "document"]
)
"""The same, for a request whose sheet could not be read: it stays as it is, until its key is back."""
OPEN = select(table).where(text("NOT closed"), C.received_at >= bindparam("since")).order_by(C.received_at).limit(1000)
LATEST = select(table).where(C.mode == bindparam("mode")).order_by(C.received_at.desc()).limit(bindparam("most"))
M = intervention_message.c
MESSAGE = Statement(
    select(M.content, M.answer).where(M.sender == bindparam("sender"), M.message_id == bindparam("message_id"))
)
LAST_MESSAGE = Statement(
    select(M.content, M.answer)
    .where(M.intervention_id == bindparam("id"))
    .order_by(M.version.desc(), M.received_at.desc())
)
KEEP_MESSAGE = Statement(insert(intervention_message), [column.name for column in intervention_message.columns])
HEAR = Statement(
    insert(intervention_observation).inline(),
    ("intervention_id", "source", "status", "reason", "moved", "happened_at", "received_at"),
)
WORDS = (
    select(intervention_observation)
    .where(intervention_observation.c.intervention_id == bindparam("id"))
    .order_by(intervention_observation.c.seq)
)
LIKE = Statement(
    select(C.id)
    .where(
        C.id != bindparam("id"),
        C.mode == bindparam("mode"),
        or_(C.ins_digest == bindparam("ins"), C.person_digest == bindparam("person")),
        C.received_at.between(bindparam("since"), bindparam("until")),
    )
    .order_by(C.received_at)
    # Said as they are: for SQLite, SQLAlchemy would make a parameter of an offset that nobody gave.
    .limit(literal_column("20"))
    .offset(literal_column("0"))
)
DOCUMENTS = select(
    intervention_document.c.version, intervention_document.c.number, intervention_document.c.title
).where(intervention_document.c.intervention_id == bindparam("id"))
CONTENT = select(intervention_document.c.content).where(
    intervention_document.c.intervention_id == bindparam("id"),
    intervention_document.c.version == bindparam("version"),
    intervention_document.c.number == bindparam("number"),
)
BLANK_SHEET: Final[dict[str, Any]] = {
    "patient": dict.fromkeys(("name", "given_name", "birth_year", "sex")),
    "place": dict.fromkeys(("address", "city", "insee_code")),
    "requester": {"callback": None},
}
"""The shape that pages read of a sheet, and nothing in it: what is left of one that is swept, or that no key opens."""
NEAR = timedelta(hours=2)
"""Two requests of one patient within this time may be one call for help."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """A request as it is now."""

    id: str
    sender: str
    request_id: str
    reference: str
    mode: str
    status: InterventionStatus
    since: datetime
    version: int
    destination: str
    crra: str
    document: dict[str, Any]
    received_at: datetime
    sent_at: datetime
    """When its current version was queued."""
    expires_at: datetime
    """Its current version is never sent after this instant."""
    reason: str | None = None
    second: str | None = None
    case_id: str | None = None
    ins_digest: bytes | None = None
    person_digest: bytes | None = None
    delivered_at: datetime | None = None
    alarmed_at: datetime | None = None
    readable: bool = True
    """Whether its sheet could be read; False: `document` is `BLANK_SHEET` here. Everything else of it stands in clear and holds."""

    def __repr__(self) -> str:
        """Without its document: a patient."""
        return f"Intervention({self.reference}, {self.status})"


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of a request."""

    source: str
    status: InterventionStatus
    reason: str | None
    moved: bool
    """Whether it changed the status; a word that comes late does not."""
    happened_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that came, to be kept with its answer."""

    key: str
    """Its sender's own, or its content and the version that it made."""
    kind: str
    """`new`, `update` or `cancel`."""
    content: bytes
    """SHA-256 of what it says."""
    document: bytes
    """What it says, as JSON, in clear: kept sealed."""
    answer: bytes
    """What its sender is answered, as JSON."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that came, and what it was answered."""

    content: bytes
    answer: dict[str, Any]


INSTANTS = ("since", "received_at", "sent_at", "expires_at", "delivered_at", "alarmed_at")


def _row(intervention: Intervention, seal: Seal) -> dict[str, Any]:
    row = {name: getattr(intervention, name) for name in NAMES if name != "closed"}
    for name in INSTANTS:
        row[name] = to_column(row[name]) if row[name] is not None else None
    document = seal.seal(orjson.dumps(intervention.document))
    return {**row, "status": intervention.status.value, "document": document, "closed": intervention.status.is_final}


def _read(row: Sequence[Any], seal: Seal) -> Intervention:
    fields = dict(zip(NAMES, row, strict=True))
    del fields["closed"]
    for name in INSTANTS:
        fields[name] = from_column(fields[name]) if fields[name] is not None else None
    try:
        document, readable = open_json(seal, fields["document"]), True
    except UnreadableError:
        # One sheet that no key opens must not silence "appelez le 15" for the others, nor for itself.
        document, readable = BLANK_SHEET, False
    return Intervention(
        **{**fields, "status": InterventionStatus(fields["status"]), "document": document, "readable": readable}
    )


def _kept(row: Sequence[bytes] | None) -> KeptMessage | None:
    return KeptMessage(row[0], orjson.loads(row[1])) if row else None


class Interventions:
    """The requests."""

    __slots__ = ("_connection", "_seal")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seal = seal_of(connection)

    def by_id(self, value: str, *, for_change: bool = False) -> Intervention | None:
        """One request, by our own identifier."""
        return self._by("id", value, for_change=for_change)

    def by_reference(self, value: str, *, for_change: bool = False) -> Intervention | None:
        """One request, by the reference that people read aloud."""
        return self._by("reference", value, for_change=for_change)

    def _by(self, name: str, value: str, *, for_change: bool) -> Intervention | None:
        query = (FOR_CHANGE if for_change else BY)[name]
        row = query.run(self._connection, {"value": value}).fetchone()
        return _read(row, self._seal) if row else None

    def is_taken(self, reference: str) -> bool:
        """Whether a request already has this reference."""
        return TAKEN.one(self._connection, {"value": reference}) is not None

    def of_sender(self, sender: str, request_id: str, *, for_change: bool = False) -> Intervention | None:
        """One request, by its sender's own key."""
        query = OF_SENDER_FOR_CHANGE if for_change else OF_SENDER
        row = query.run(self._connection, {"sender": sender, "request_id": request_id}).fetchone()
        return _read(row, self._seal) if row else None

    def open(self, since: datetime) -> list[Intervention]:
        """Those received since then that something may still follow, the oldest first."""
        return [_read(row, self._seal) for row in self._connection.execute(OPEN, {"since": to_column(since)})]

    def latest(self, mode: str, most: int = 200) -> list[Intervention]:
        """The newest first."""
        return [_read(row, self._seal) for row in self._connection.execute(LATEST, {"mode": mode, "most": most})]

    def like(self, intervention: Intervention) -> list[str]:
        """The ids of those that may be of the same patient, two hours around: to be shown side by side, never merged."""
        if intervention.ins_digest is None and intervention.person_digest is None:
            return []
        facts = {
            "id": intervention.id,
            "mode": intervention.mode,
            "ins": intervention.ins_digest,
            "person": intervention.person_digest,
            "since": to_column(intervention.received_at - NEAR),
            "until": to_column(intervention.received_at + NEAR),
        }
        return [str(id_) for (id_,) in LIKE.run(self._connection, facts)]

    def add(self, intervention: Intervention) -> None:
        """A new request."""
        ADD.run(self._connection, _row(intervention, self._seal))

    def change(self, intervention: Intervention) -> None:
        """The request as it now is."""
        row = {**_row(intervention, self._seal), "this": intervention.id}
        if not intervention.readable:
            del row["document"]
        (CHANGE if intervention.readable else CHANGE_AROUND).run(self._connection, row)

    def message(self, sender: str, message_id: str) -> KeptMessage | None:
        """A message of this sender, if it came before."""
        return _kept(MESSAGE.run(self._connection, {"sender": sender, "message_id": message_id}).fetchone())

    def last_message(self, intervention: Intervention) -> KeptMessage | None:
        """The newest message of a request."""
        return _kept(LAST_MESSAGE.run(self._connection, {"id": intervention.id}).fetchone())

    def lock(self, *words: str) -> None:
        """Let one transaction at a time speak of these keys; SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            for word in sorted(words):
                self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(word, 0))))

    def keep_message(self, request: Intervention, message: NewMessage, now: datetime) -> None:
        """Keep a message and its answer: all versions of a request can be read again, until their content is swept."""
        row = {
            "sender": request.sender,
            "message_id": message.key,
            "intervention_id": request.id,
            "kind": message.kind,
            "version": request.version,
            "content": message.content,
            "said": self._seal.seal(message.document),
            "answer": message.answer,
            "received_at": to_column(now),
        }
        KEEP_MESSAGE.run(self._connection, row)

    def keep_documents(self, intervention: Intervention, documents: Sequence[Document]) -> None:
        """Keep the files of one version."""
        for number, document in enumerate(documents):
            row = {
                "intervention_id": intervention.id,
                "version": intervention.version,
                "number": number,
                "title": document.title,
            }
            self._connection.execute(
                insert(intervention_document), {**row, "content": self._seal.seal(document.content)}
            )

    def documents(self, id_: str) -> list[dict[str, Any]]:
        """The files of a request, without their content."""
        return [
            {"version": row.version, "number": row.number, "title": row.title}
            for row in self._connection.execute(DOCUMENTS, {"id": id_})
        ]

    def document(self, id_: str, version: int, number: int) -> bytes | None:
        """One file."""
        content = self._connection.execute(CONTENT, {"id": id_, "version": version, "number": number}).scalar()
        return self._seal.open(bytes(content)) if content is not None else None

    def hear(self, intervention: Intervention, word: Word) -> None:
        """Append a word."""
        row = {
            "intervention_id": intervention.id,
            "source": word.source,
            "status": word.status.value,
            "reason": word.reason,
            "moved": word.moved,
            "happened_at": to_column(word.happened_at),
            "received_at": to_column(word.received_at),
        }
        HEAR.run(self._connection, row)

    def words(self, id_: str) -> list[Word]:
        """Everything that was said of a request, in the order we heard it."""
        rows = self._connection.execute(WORDS, {"id": id_})
        return [
            Word(row.source, InterventionStatus(row.status), row.reason, row.moved, *map(from_column, row[-2:]))
            for row in rows
        ]
