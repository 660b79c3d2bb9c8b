"""Doors where an operator decides for many at once: what is parked and why, what would be sent, replay, discard.

A preview shows what a message would become without its content: who watches sees no person (rule R-05); the content is for
the command line of the machine itself.
"""

from __future__ import annotations

import hashlib
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from gateway.doors.http.problems import ProblemError
from gateway.doors.http.reply import Reply
from gateway.mappings.dry_run import rehearse
from gateway.mappings.replay import replay
from outbox.desk import Filter

if TYPE_CHECKING:
    from gateway.doors.http.door import Call
    from gateway.doors.operator.schemas import ChosenMessages
    from outbox.desk import Group, Record


SHOWN = 10
"""Messages that a dry run shows; each is made as for its destination."""


async def groups(call: Call) -> Reply:
    """The largest group first."""
    parked_groups = await call.runtime.desk.groups(Filter(destination=call.query.get("destination")))
    return Reply(200, {"groups": [_group(group) for group in parked_groups]})


async def preview(call: Call) -> Reply:
    """What the message would be on the wire, by today's mappings; nothing leaves."""
    record = await call.runtime.desk.message(call.path["message_id"])
    if record is None:
        raise ProblemError(404, "message_inconnu", "Ce message n’est pas connu.")
    if record.envelope.destination not in call.runtime.deployment.destinations:
        raise ProblemError(409, "destination_inconnue", "Cette destination n’existe plus ici.")
    if not record.envelope.body:
        raise ProblemError(410, "contenu_efface", "Le contenu de ce message n’est plus gardé.")
    return Reply(200, await _preview(call, record))


async def _preview(call: Call, record: Record) -> dict[str, Any]:
    attempts = await call.runtime.desk.attempts(record.envelope.id)
    reference = next((attempt.reference for attempt in reversed(attempts) if attempt.reference), None)
    today = await rehearse(record.envelope, reference, call.runtime.open_on)
    then = next((attempt.sent for attempt in reversed(attempts) if attempt.sent), b"")
    refusal = today.refusal
    return {
        "id": record.envelope.id,
        "destination": record.envelope.destination,
        "today": {
            "request": today.request or None,
            "media_type": today.media_type or None,
            **_digest(today.document),
            "refusal": {"code": refusal.code, "title": refusal.title, "detail": refusal.detail} if refusal else None,
        },
        "then": _digest(then),
        "same": bool(then) and then == today.document,
    }


def _digest(document: bytes) -> dict[str, Any]:
    return {"bytes": len(document), "sha256": hashlib.sha256(document).hexdigest() if document else None}


async def replay_many(call: Call) -> Reply:
    """A group or a choice goes back to waiting, in the order of its lanes."""
    chosen = await _chosen(call)
    if call.body.dry_run:
        return Reply(200, {**_count(chosen, "replayed", 0), "would_send": await _would_send(call, chosen)})
    done, by, exactly, runtime = 0, call.principal.author, call.body.exactly, call.runtime
    for portion in chosen:
        done += await replay(runtime.desk, runtime.database, portion, by=by, exactly=exactly, now=call.now)
    return Reply(200, _count(chosen, "replayed", done))


def _count(chosen: list[list[str]], word: str, done: int) -> dict[str, Any]:
    return {"chosen": sum(map(len, chosen)), word: done}


async def _would_send(call: Call, chosen: list[list[str]]) -> list[dict[str, Any]]:
    """Of the first messages: what each would be on the wire today, what it was then, and which of the two would leave."""
    shown = []
    for key in islice(chain.from_iterable(chosen), SHOWN):
        record = await call.runtime.desk.message(key)
        if record is not None and record.envelope.destination in call.runtime.deployment.destinations:
            seen = await _preview(call, record)
            then = call.body.exactly and seen["then"]["sha256"] is not None
            shown.append({**seen, "topic": record.envelope.topic, "leaves": "then" if then else "today"})
    return shown


async def discard_many(call: Call) -> Reply:
    """A group or a choice will never be sent, and someone says why."""
    chosen = await _chosen(call)
    done = 0
    if not call.body.dry_run:
        for portion in chosen:
            done += await call.runtime.desk.discard(portion, by=call.principal.author, reason=call.body.reason)
    return Reply(200, {"chosen": sum(map(len, chosen)), "discarded": done})


async def _chosen(call: Call) -> list[list[str]]:
    chosen: ChosenMessages = call.body
    wanted = Filter(
        destination=chosen.destination,
        scope=chosen.event_id,
        topic=chosen.topic,
        cause=chosen.cause,
        fingerprint=chosen.group,
    )
    return await call.runtime.desk.parked(wanted)


def _group(group: Group) -> dict[str, Any]:
    return {
        "group": group.fingerprint,
        "destination": group.destination,
        "topic": group.topic,
        "cause": {"code": group.cause.code, "title": group.cause.title, "detail": group.cause.detail},
        "messages": group.messages,
        "uncertain": group.uncertain,
        "oldest": group.oldest.isoformat(),
        "newest": group.newest.isoformat(),
        "example": group.example,
    }
