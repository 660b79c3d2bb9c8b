"""The Hub Santé's own memory: messages received, cases, and the steps of what we sent. Messages and steps are only added."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam, cast, func, insert, or_, select, text, update

from gateway.register.hub.tables import hub_case, hub_message, hub_timeline
from gateway.register.instants import from_column, to_column
from gateway.register.statement import Statement

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

M, C, T = hub_message.c, hub_case.c, hub_timeline.c
ADD = Statement(
    text(
        "INSERT INTO hub_message (vhost, distribution_id, box, sender, mode, use_case, case_id, patient_id, resource_id,"
        " request_id, content_type, raw, state, code, times, received_at, hold_until)"
        " VALUES (:vhost, :distribution_id, :box, :sender, :mode, :use_case, :case_id, :patient_id, :resource_id,"
        " :request_id, :content_type, :raw, :state, :code, 1, :received_at, :hold_until)"
        " ON CONFLICT (vhost, distribution_id) DO UPDATE SET times = hub_message.times + 1 RETURNING times"
    )
)
HELD_OF_CASE = Statement(
    select(hub_message)
    .where(M.case_id == bindparam("case"), M.hold_until.is_not(None))
    .order_by(M.seq)
    .with_for_update()
)
HELD_TOO_LONG = select(hub_message).where(M.hold_until <= bindparam("now")).order_by(M.seq).limit(100).with_for_update()
DECIDE = (
    update(hub_message)
    .where(M.seq == bindparam("number"))
    .values(state=bindparam("to"), code=bindparam("said"), hold_until=None)
)
OF_NUMBER = select(hub_message).where(M.seq == bindparam("number"))
NUMBER_OF = select(M.seq).where(M.vhost == bindparam("vhost"), M.distribution_id == bindparam("id"))
NUMBERS_OF_REQUEST = select(M.seq).where(M.request_id == bindparam("request")).order_by(M.seq)
NUMBERS_FROM = (
    select(M.seq)
    .where(M.sender == bindparam("sender"), M.use_case.in_(bindparam("use_cases", expanding=True)))
    .order_by(M.seq.desc())
    .limit(200)
)
LATEST = (
    select(hub_message)
    .where(
        M.seq < bindparam("before"), or_(cast(bindparam("case"), String(255)).is_(None), M.case_id == bindparam("case"))
    )
    .order_by(M.seq.desc())
    .limit(bindparam("most"))
)
LATEST_OF = (
    select(hub_message)
    .where(M.use_case.in_(bindparam("use_cases", expanding=True)), M.received_at >= bindparam("since"))
    .order_by(M.seq.desc())
    .limit(bindparam("most"))
)
NEWEST = 2**62
OF_CASE = select(hub_message).where(M.case_id == bindparam("case")).order_by(M.seq)
CASE = Statement(select(hub_case).where(C.case_id == bindparam("case")))
EVENT, LANE = cast(bindparam("event"), String(64)), cast(bindparam("lane"), String(255))
CASES = (
    select(hub_case)
    .where(
        or_(EVENT.is_(None), C.scope == EVENT),
        or_(LANE.is_(None), C.lane == LANE),
    )
    .order_by(C.changed_at.desc(), C.case_id)
    .limit(bindparam("limit"))
)
CHANGE_CASE = (
    update(hub_case)
    .where(C.case_id == bindparam("case"))
    .values(
        owner=func.coalesce(bindparam("new_owner"), C.owner),
        status=func.coalesce(bindparam("new_status"), C.status),
        changed_at=bindparam("now"),
    )
)
STEPS = select(hub_timeline).where(T.distribution_id == bindparam("id")).order_by(T.seq)
STEPS_OF_CASE = select(hub_timeline).where(T.case_id == bindparam("case")).order_by(T.seq)
WAIT_ON = update(hub_message).where(M.seq == bindparam("number")).values(hold_until=bindparam("until"))


LONGEST, LONGEST_STATUS = 255, 16


def fits(value: str | None, longest: int = LONGEST) -> str | None:
    """An identifier longer than any, or with a character that no database holds, is none: its message is kept whole beside."""
    return value if isinstance(value, str) and len(value) <= longest and "\0" not in value else None


class Step(StrEnum):
    """Five different things, and what may go wrong: how far a message of ours went."""

    PUBLISHED = "published"
    AT_HUB = "at_hub"
    RECEIVED = "received"
    INTEGRATED = "integrated"
    READ = "read"
    DELETED = "deleted"
    REFUSED = "refused"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class HubCase:
    """A case shared through the hub."""

    case_id: str
    ours: bool
    lane: str | None
    topic: str | None
    scope: str | None
    reference: str | None
    vhost: str
    partner: str | None
    owner: str | None
    status: str | None


@dataclass(frozen=True, slots=True, repr=False)
class HubMessage:
    """A message received."""

    seq: int
    vhost: str
    distribution_id: str
    box: str
    sender: str | None
    use_case: str | None
    case_id: str | None
    content_type: str
    raw: bytes
    state: str
    code: int | None
    times: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class HubStep:
    """One step of a message of ours."""

    distribution_id: str
    case_id: str | None
    step: Step
    code: int | None
    by: str | None
    at: datetime
    use_case: str | None = None
    """What the message was; said once, when it was published."""


OPEN_CASE = Statement(insert(hub_case).inline(), (*HubCase.__slots__, "opened_at", "changed_at"))
STEP = Statement(insert(hub_timeline).inline(), HubStep.__slots__)
COLUMNS = tuple(column.name for column in hub_message.columns)


class Hub:
    """Messages, cases and steps."""

    __slots__ = ("_cases", "_connection")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cases: dict[str, HubCase | None] = {}
        """What this transaction read: one message asks several times of its case."""

    def keep(self, row: dict[str, Any]) -> bool:
        """Keep a message received; says whether it was not known yet. A known one is counted once more, and left as it is."""
        return int(ADD.one(self._connection, row)) == 1

    def held_of(self, case_id: str) -> list[HubMessage]:
        """The updates that wait for this case, in the order they came."""
        rows = HELD_OF_CASE.run(self._connection, {"case": case_id}).fetchall()
        return [_held(dict(zip(COLUMNS, row, strict=True))) for row in rows]

    def held_too_long(self, now: datetime) -> list[HubMessage]:
        """What waited long enough: updates whose case did not come, answers that were quicker than we."""
        return [_message(row) for row in self._connection.execute(HELD_TOO_LONG, {"now": to_column(now)})]

    def decided(self, seq: int, state: str, code: int | None) -> None:
        """What was decided of a message that was held."""
        self._connection.execute(DECIDE, {"number": seq, "to": state, "said": code})

    def messages_of(self, case_id: str) -> list[HubMessage]:
        """Everything received about a case."""
        return [_message(row) for row in self._connection.execute(OF_CASE, {"case": case_id})]

    def message(self, number: int) -> HubMessage | None:
        """One message received, by its number."""
        row = self._connection.execute(OF_NUMBER, {"number": number}).first()
        return None if row is None else _message(row)

    def number_of(self, vhost: str, distribution_id: str) -> int:
        """The number of a message that is kept."""
        return int(self._connection.execute(NUMBER_OF, {"vhost": vhost, "id": distribution_id}).scalar_one())

    def numbers_of_request(self, request_id: str) -> list[int]:
        """The messages that speak of a request, by its shared identifier."""
        return [row.seq for row in self._connection.execute(NUMBERS_OF_REQUEST, {"request": request_id})]

    def numbers_from(self, sender: str, use_cases: list[str]) -> list[int]:
        """The last messages of some sorts that a partner sent."""
        parameters = {"sender": sender, "use_cases": use_cases}
        return [row.seq for row in self._connection.execute(NUMBERS_FROM, parameters)]

    def latest(self, case_id: str | None = None, before: int = NEWEST, most: int = 100) -> list[HubMessage]:
        """What was received last, the newest first; of one case only when it is named."""
        parameters = {"case": case_id, "before": before, "most": most}
        return [_message(row) for row in self._connection.execute(LATEST, parameters)]

    def latest_of(self, use_cases: list[str], since: datetime, most: int) -> list[HubMessage]:
        """The last messages of some sorts, the newest first."""
        parameters = {"use_cases": use_cases, "since": to_column(since), "most": most}
        return [_message(row) for row in self._connection.execute(LATEST_OF, parameters)]

    def case(self, case_id: str) -> HubCase | None:
        """A case by its shared identifier."""
        if case_id not in self._cases:
            row = CASE.run(self._connection, {"case": case_id}).fetchone()
            self._cases[case_id] = None if row is None else HubCase(row[0], bool(row[1]), *row[2:10])
        return self._cases[case_id]

    def cases(self, event: str | None = None, lane: str | None = None, limit: int = 100) -> list[HubCase]:
        """The cases that changed last, of all or of one event or victim."""
        rows = self._connection.execute(CASES, {"event": event, "lane": lane, "limit": limit})
        return [HubCase(*row[:10]) for row in rows]

    def open_case(self, case: HubCase, now: datetime) -> None:
        """A case that was not known."""
        row = {name: getattr(case, name) for name in HubCase.__slots__}
        OPEN_CASE.run(self._connection, row | {"opened_at": to_column(now), "changed_at": to_column(now)})
        self._cases.pop(case.case_id, None)

    def change_case(self, case_id: str, owner: str | None, status: str | None, now: datetime) -> None:
        """What its partners say of it now; None leaves what is."""
        parameters = {"case": case_id, "new_owner": owner, "new_status": status, "now": to_column(now)}
        self._connection.execute(CHANGE_CASE, parameters)
        self._cases.pop(case_id, None)

    def add(self, step: HubStep) -> None:
        """Append a step."""
        row = {name: getattr(step, name) for name in HubStep.__slots__}
        STEP.run(self._connection, row | {"step": step.step.value, "at": to_column(step.at)})

    def steps(self, distribution_id: str) -> list[HubStep]:
        """How far one message went."""
        return [_step(row) for row in self._connection.execute(STEPS, {"id": distribution_id})]

    def steps_of_case(self, case_id: str) -> list[HubStep]:
        """How far every message of a case went."""
        return [_step(row) for row in self._connection.execute(STEPS_OF_CASE, {"case": case_id})]

    def wait_on(self, seq: int, until: datetime) -> None:
        """Let a message that was held wait longer."""
        self._connection.execute(WAIT_ON, {"number": seq, "until": to_column(until)})


def _message(row: Row[Any]) -> HubMessage:
    return _held({name: getattr(row, name) for name in HubMessage.__slots__})


def _held(row: dict[str, Any]) -> HubMessage:
    fields = {name: row[name] for name in HubMessage.__slots__}
    return HubMessage(**{**fields, "received_at": from_column(fields["received_at"])})


def _step(row: Row[Any]) -> HubStep:
    return HubStep(
        row.distribution_id, row.case_id, Step(row.step), row.code, row.by, from_column(row.at), row.use_case
    )
