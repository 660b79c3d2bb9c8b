"""Doors of the operator: what waits, what is parked or uncertain and why; replay, discard, pause, resume. Bodies stay inside: ids and causes only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.doors.http.door import Call, whole_number
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.mappings import replay as replaying
from outbox.desk import Filter
from outbox.fingerprint import fingerprint
from outbox.message import UNDECIDED, MessageStatus

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.desk import Attempt, Record


async def messages(call: Call) -> Reply:
    """The newest first; every filter given must match."""
    status = call.query.get("status")
    if status is not None and status not in tuple(MessageStatus):
        fault = FieldFault("?status", "État inconnu.", ", ".join(MessageStatus))
        raise ProblemError(400, "parametre_illisible", "Cet état de message n’existe pas.", faults=(fault,))
    cursor = call.query.get("before")
    before = whole_number(cursor) if cursor is not None else None
    if cursor is not None and before is None:
        raise ProblemError(
            400, "parametre_illisible", "Le curseur est illisible.", faults=(FieldFault("?before", "Entier attendu."),)
        )
    wanted = Filter(
        status=MessageStatus(status) if status else None,
        destination=call.query.get("destination"),
        scope=call.query.get("event_id"),
        cause=call.query.get("cause"),
        fingerprint=call.query.get("group"),
        superseded_by=call.query.get("superseded_by"),
    )
    records = await call.runtime.desk.find(wanted, before=before, limit=100)
    return Reply(
        200, {"messages": [_view(record) for record in records], "before": records[-1].seq if records else None}
    )


async def message(call: Call) -> Reply:
    """One message and every try at it."""
    record = await call.runtime.desk.message(call.path["message_id"])
    if record is None:
        raise ProblemError(404, "message_inconnu", "Ce message n’est pas connu.")
    attempts = await call.runtime.desk.attempts(record.envelope.id)
    envelope = record.envelope
    skipped = await call.runtime.desk.find(
        Filter(scope=envelope.scope, lane=envelope.lane, superseded_by=envelope.id), limit=100
    )
    return Reply(
        200,
        {
            **_view(record),
            "supersedes": [
                {"id": skipped_record.envelope.id, "at": _when(skipped_record.settled_at)} for skipped_record in skipped
            ],
            "tries": [_try(attempt) for attempt in attempts],
        },
    )


async def replay(call: Call) -> Reply:
    """A message that waits or is undecided is sent now, in the order of its lane."""
    ids, runtime = [call.path["message_id"]], call.runtime
    by, exactly = call.principal.author, call.body.exactly
    replayed = await replaying.replay(runtime.desk, runtime.database, ids, by=by, exactly=exactly, now=call.now)
    return _done(replayed, "Seul un message en attente (pending) ou à décider (parked, uncertain) peut être rejoué.")


async def discard(call: Call) -> Reply:
    """A message that waits or is undecided will not be sent any more, and someone says why."""
    discarded = await call.runtime.desk.discard(
        [call.path["message_id"]], by=call.principal.author, reason=call.body.reason
    )
    return _done(
        discarded, "Seul un message en attente (pending) ou à décider (parked, uncertain) peut être abandonné."
    )


async def pause(call: Call) -> Reply:
    """Nothing leaves for this destination until it is resumed; nothing is lost."""
    destination = _destination(call)
    await call.runtime.desk.pause(destination, by=call.principal.author, reason=call.body.reason)
    await _note(call, "destination.paused", destination, {"reason": call.body.reason})
    return Reply(204)


async def resume(call: Call) -> Reply:
    """The destination goes on."""
    destination = _destination(call)
    await call.runtime.desk.resume(destination, rate=call.body.rate)
    await _note(call, "destination.resumed", destination, {"rate": call.body.rate})
    return Reply(204)


async def _note(call: Call, act: str, destination: str, facts: dict[str, Any]) -> None:
    about = f"destination:{destination}"
    await call.runtime.write(lambda register: register.audit.note(call.principal.author, act, about, call.now, facts))


def _destination(call: Call) -> str:
    name = call.path["destination"]
    if name not in call.runtime.deployment.destinations:
        raise ProblemError(404, "destination_inconnue", "Cette destination n’existe pas ici.")
    return name


def _done(number: int, refusal: str) -> Reply:
    if number == 0:
        raise ProblemError(409, "message_pas_parque", refusal)
    return Reply(204)


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _view(record: Record) -> dict[str, Any]:
    envelope = record.envelope
    return {
        "id": envelope.id,
        "destination": envelope.destination,
        "topic": envelope.topic,
        "event_id": envelope.scope,
        "lane": envelope.lane,
        "kind": envelope.kind,
        "mode": envelope.mode,
        "status": record.status,
        "attempts": record.attempts,
        "created_at": envelope.created_at.isoformat(),
        "next_at": record.next_at.isoformat(),
        "settled_at": _when(record.settled_at),
        "superseded_by": record.superseded_by,
        "uncertain_since": _when(record.uncertain_since),
        "cause": {"code": record.cause.code, "title": record.cause.title, "detail": record.cause.detail}
        if record.cause
        else None,
        "group": fingerprint(envelope.destination, envelope.topic, record.cause)
        if record.cause and record.status in UNDECIDED
        else None,
        "decided_by": record.decided_by,
        "decision": record.decision,
    }


def _try(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "outcome": attempt.outcome,
        "started_at": _when(attempt.started_at),
        "finished_at": attempt.finished_at.isoformat(),
        "cause": {"code": attempt.cause.code, "title": attempt.cause.title, "detail": attempt.cause.detail}
        if attempt.cause
        else None,
        "reference": attempt.reference,
    }
