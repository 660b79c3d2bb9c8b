"""What became of messages, written in one transaction: status, attempt, lane, reference, aftermath.

Every end of a wait comes through here (delivered, failed, expired, lease lost, discarded), so that a lane can only move on
in one place. The caller has locked each message's row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from outbox.database.writers import innocent
from outbox.fingerprint import fingerprint
from outbox.message import UNDECIDED, Kind, MessageStatus, Outcome
from outbox.sql.changes.enqueue import announce, deferred, deferring, enqueue
from outbox.sql.dialects.statements import session
from outbox.sql.rows import claimed, micros
from outbox.verdict import AFTERMATH_FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from sqlalchemy import Connection

    from outbox.database.sealing import Seal
    from outbox.message import ClaimedMessage, Envelope, Settlement
    from outbox.ports import Aftermath
    from outbox.sql.dialects.statements import Session
    from outbox.sql.rows import Lane, Named, Row


@dataclass(frozen=True, slots=True)
class ConcludedSettlement:
    """A settlement and the row it is about."""

    seq: int
    settlement: Settlement
    head: bool = True
    """Whether the message leads its lane; only an expiry may meet one that does not."""
    superseded_by: str | None = None

    @property
    def place(self) -> int | None:
        """Where the message stands afterwards."""
        end = self.settlement
        holds = end.status in UNDECIDED and end.claimed.envelope.kind is Kind.COMMAND
        return 1 if end.status is MessageStatus.PENDING or holds else None

    def row(self) -> Row:
        """The arguments of `Engine.conclude`."""
        end = self.settlement
        unreachable = end.outcome is Outcome.UNREACHABLE
        cause, envelope = end.cause, end.claimed.envelope
        undecided = cause if end.status in UNDECIDED else None
        return (
            end.status.value,
            self.place,
            end.claimed.attempt - unreachable,
            end.claimed.unreachable + 1 if unreachable else 0,
            micros(end.next_at or end.at),
            None if end.status is MessageStatus.PENDING else micros(end.at),
            self.superseded_by,
            *((cause.code, cause.title, cause.detail) if cause else (None, None, None)),
            fingerprint(envelope.destination, envelope.topic, undecided) if undecided else None,
            int(end.status is MessageStatus.PENDING and bool(end.claimed.exact)),
            None if end.uncertain_since is None else micros(end.uncertain_since),
            self.seq,
        )


@dataclass(frozen=True, slots=True)
class SettlingTransaction:
    """What an aftermath is given."""

    connection: Connection
    at: Settlement
    seal: Seal

    def enqueue(self, envelopes: Sequence[Envelope]) -> None:
        """Accept messages together with the settlement."""
        enqueue(self.connection, envelopes, self.at.at, seal=self.seal)


def conclude(
    connection: Connection,
    ends: Sequence[ConcludedSettlement],
    aftermath: Aftermath | None,
    seal: Seal,
    onward: Container[str] = (),
) -> set[Lane]:
    """Apply settlements; the rows are ours. Lanes of the destinations `onward` that are left without a head are returned.

    What follows them comes before their lanes are locked, since it locks rows of the house, and whoever changes the house
    locks its rows first and the lanes of what he tells last. For the same reason it is done in one order by everybody, and
    what it enqueues waits until the end.
    """
    if not ends:
        return set()
    here = session(connection)
    later: list[Envelope] = []
    if aftermath is not None:
        with deferring(connection) as later:
            ends = _followed(connection, sorted(ends, key=_order), aftermath, seal)
    lanes = {(message.destination, message.lane) for message in later}
    here.engine.lock(here.raw, lanes, {_lane(end.settlement) for end in ends})
    ends = _overtaken(here, ends)
    attempts = [attempt_row(end.seq, end.settlement, seal) for end in ends if _tried(end.settlement)]
    here.engine.conclude(here.raw, [end.row() for end in ends], attempts)
    _deliver_lanes(here, ends)
    left = {_lane(end.settlement) for end in ends if end.head and end.place is None}
    others = {lane for lane in left if lane[0] not in onward or lane in lanes}
    if others:
        here.engine.advance(here.raw, sorted(others))
    if any(end.place is not None and end.settlement.status is MessageStatus.PENDING for end in ends):
        announce(connection)
    enqueue(connection, later, ends[0].settlement.at, seal=seal)
    return left - others


def _order(end: ConcludedSettlement) -> tuple[str, str]:
    envelope = end.settlement.claimed.envelope
    return envelope.scope, envelope.lane


def end_chosen(
    connection: Connection,
    chosen: Sequence[Named],
    end: Callable[[ClaimedMessage], Settlement],
    aftermath: Aftermath | None,
    seal: Seal,
) -> None:
    """End the wait of rows from a `Choice`."""
    ends = [ConcludedSettlement(row.seq, end(claimed(row, seal)), head=row.place == 1) for row in chosen]
    conclude(connection, ends, aftermath, seal)


def _deliver_lanes(here: Session, ends: Sequence[ConcludedSettlement]) -> None:
    """Keep the references, retire what a delivered state made needless, and let the lanes move on."""
    delivered = [end for end in ends if end.settlement.status is MessageStatus.DELIVERED]
    references = {row[:2]: row for end in delivered if (row := _reference(end.settlement))}
    if references:
        here.engine.remember(here.raw, list(references.values()))
    states = [
        (*_lane(end.settlement), envelope.topic, end.seq, envelope.id)
        for end in delivered
        if (envelope := end.settlement.claimed.envelope).kind is Kind.STATE
    ]
    if states:
        here.engine.heal(here.raw, states, micros(delivered[0].settlement.at))


def _overtaken(here: Session, ends: Sequence[ConcludedSettlement]) -> Sequence[ConcludedSettlement]:
    """A state that would be tried again, while a newer one waits, is superseded now."""
    states = [
        (*_lane(end.settlement), end.settlement.claimed.envelope.topic, end.seq)
        for end in ends
        if end.settlement.status is MessageStatus.PENDING and end.settlement.claimed.envelope.kind is Kind.STATE
    ]
    newer = here.engine.overtaken(here.raw, states) if states else {}
    return [
        replace(end, settlement=replace(end.settlement, status=MessageStatus.SUPERSEDED), superseded_by=newer[end.seq])
        if end.seq in newer
        else end
        for end in ends
    ]


def _followed(
    connection: Connection, ends: Sequence[ConcludedSettlement], aftermath: Aftermath, seal: Seal
) -> Sequence[ConcludedSettlement]:
    """Call the aftermath of each, together in one savepoint; when one fails, each in its own."""
    begun = len(deferred(connection))
    try:
        with connection.begin_nested():
            for end in ends:
                aftermath(SettlingTransaction(connection, end.settlement, seal), end.settlement)
    except Exception as error:
        del deferred(connection)[begun:]
        if innocent(error):
            raise  # The database's fault: the whole transaction runs again.
        if len(ends) > 1:
            return [followed for end in ends for followed in _followed(connection, [end], aftermath, seal)]
        return [_unfollowed(ends[0])]
    return ends


def _unfollowed(end: ConcludedSettlement) -> ConcludedSettlement:
    """What must follow could not be written, so a person decides."""
    return replace(
        end, settlement=replace(end.settlement, status=MessageStatus.PARKED, cause=AFTERMATH_FAILED, next_at=None)
    )


def attempt_row(seq: int, end: Settlement, seal: Seal) -> Row:
    """The arguments of `Engine.log`."""
    cause = end.cause
    return (
        seq,
        end.claimed.fence,
        end.claimed.attempt,
        end.outcome.value,
        None if end.started_at is None else micros(end.started_at),
        micros(end.at),
        *((cause.code, cause.title, cause.detail) if cause else (None, None, None)),
        end.receipt.reference if end.receipt else None,
        seal.seal(end.sent) if end.sent else None,
        seal.seal(end.answered) if end.answered else None,
    )


def _tried(end: Settlement) -> bool:
    return end.outcome not in {Outcome.EXPIRED, Outcome.DISCARDED}


def _lane(end: Settlement) -> Lane:
    return end.claimed.envelope.destination, end.claimed.envelope.lane


def _reference(end: Settlement) -> tuple[str, str, str, int] | None:
    reference = end.receipt.reference if end.receipt else None
    return None if reference is None else (*_lane(end), reference, micros(end.at))
