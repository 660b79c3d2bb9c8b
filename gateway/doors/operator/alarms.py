"""Doors of alarm: what is wrong now, what was, and the measures from which others draw their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from gateway.doors.http.door import Call, whole_number
from gateway.doors.http.problems import ProblemError
from gateway.doors.http.reply import Reply
from gateway.operations import alarms as vigil
from gateway.operations.metrics import measure

if TYPE_CHECKING:
    from gateway.register import Register
    from gateway.register.alarms import Alarm

MOST = 200


async def alarms(call: Call) -> Reply:
    """Those under way, the oldest first; with `all`, the last ones, the newest first."""
    if call.query.get("all"):
        last_alarms = await call.runtime.read(lambda register: register.alarms.last(MOST))
    else:
        last_alarms = await call.runtime.read(lambda register: register.alarms.under_way())
    return Reply(200, {"alarms": [_view(alarm) for alarm in last_alarms]})


async def end(call: Call) -> Reply:
    """A person has seen to it. An alarm whose cause goes on is raised again."""
    number = whole_number(call.path["alarm"])
    mode, by = call.runtime.settings.mode, call.principal.author

    def work(register: Register) -> bool:
        known = register.alarms.find(number) if number is not None else None
        return known is not None and vigil.end(register, known.name, mode, call.now, by)

    if not await call.runtime.write(work):
        raise ProblemError(404, "alarme_inconnue", "Aucune alarme en cours ne porte ce numéro.")
    return Reply(204)


async def metrics(call: Call) -> Response:
    """The measures of this moment."""
    registry = await measure(call.runtime)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _view(alarm: Alarm) -> dict[str, Any]:
    return {
        "alarm": alarm.seq,
        "name": alarm.name,
        "kind": alarm.kind,
        "facts": alarm.facts,
        "raised_at": alarm.raised_at.isoformat(),
        "ended_at": alarm.ended_at.isoformat() if alarm.ended_at else None,
        "ended_by": alarm.ended_by,
    }
