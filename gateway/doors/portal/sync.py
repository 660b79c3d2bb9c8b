"""Doors of agreement: what the portal said beside whom each neighbour holds, the verdict by person, its history, and sending again."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from domain.agreement import Verdict, tally
from domain.counting.counts import counts_document
from gateway.agreement.phone_list import PHONE_LISTS, taken_list, write_list
from gateway.agreement.reconcile import look_and_note
from gateway.agreement.report import detail_view, history_view, summary_of, verdict_view
from gateway.agreement.resend import resend as send_again
from gateway.agreement.standing import Look, look_at, neighbours_of_event
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.flow.compartments import event_for
from gateway.runtime.census import PATIENCE
from gateway.security.keys import Scope
from outbox.sql.reading.progress import lane_progress, progress_of

if TYPE_CHECKING:
    from domain.event import Event
    from gateway.agreement.phone_list import PhoneList
    from gateway.doors.http.door import Call
    from gateway.register import Register
    from outbox.sql.reading.progress import Progress


async def event_sync(call: Call) -> Reply:
    """The columns of the page: the portal, then each neighbour that keeps victims. Numbers and verdicts only."""
    event = await _event(call)
    names = neighbours_of_event(call.runtime)
    looks = await asyncio.gather(*(look_at(call.runtime, event, name, patience=PATIENCE) for name in names))
    return Reply(200, await _columns(call, event, looks))


async def look_now(call: Call) -> Reply:
    """The same, asked anew of every neighbour and written into the history."""
    event = await _event(call)
    looks = [await look_and_note(call.runtime, event, name) for name in neighbours_of_event(call.runtime)]
    return Reply(200, await _columns(call, event, looks))


async def _columns(call: Call, event: Event, looks: list[Look]) -> dict[str, Any]:
    def work(register: Register) -> tuple[dict[str, Any], list[Progress]]:
        document = counts_document(event, register.victims.cells(event.id), event.revision, call.now, "portal")
        return dict(document["totals"]), progress_of(register.connection, event.id, call.now)

    totals, states = await call.runtime.read(work)
    by_name = {state.destination: state for state in states}
    return {
        "event_id": event.id,
        "portal": totals,
        "verdict": summary_of(looks),
        "destinations": [_column(event, look, by_name.get(look.name)) for look in looks],
        "at": call.runtime.clock().isoformat(),
    }


async def link_detail(call: Call) -> Reply:
    """One link in full. The two values of a difference are for the portal; others see who differs, and on what."""
    look = await look_at(call.runtime, await _event(call), _neighbour(call), patience=PATIENCE)
    return Reply(200, detail_view(look, values=call.principal.scope is Scope.PORTAL))


async def phone_list(call: Call) -> Reply | Response:
    """Whom the neighbour has to do with, in the order of the bracelets, and what to say by telephone while the link is down."""
    destination, form = _neighbour(call), call.query.get("format", "json").lower()
    if form not in PHONE_LISTS:
        fault = FieldFault("?format", f"Forme inconnue : {form[:40]}.", ", ".join(PHONE_LISTS))
        raise ProblemError(406, "forme_inconnue", "Cette liste n’existe pas sous cette forme.", faults=(fault,))
    principal, deployment = call.principal, call.runtime.deployment

    def work(register: Register) -> PhoneList:
        event = event_for(register, call.path["event_id"], principal)
        return taken_list(register, deployment, event, destination, form, principal.author, call.now)

    made = await call.runtime.write(work)
    if form == "json":
        return Reply(200, asdict(made))
    name = f"{made.event_id}-{destination}-telephone.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    content = await asyncio.to_thread(write_list, made, form)
    return Response(content, media_type=PHONE_LISTS[form], headers=headers)


async def resend(call: Call) -> Reply:
    """Queue again every record that the neighbour does not hold as it should and that nothing on its way explains."""
    event, name, by = await _event(call), _neighbour(call), call.principal.author
    look = await look_at(call.runtime, event, name, patience=None, anew=True)
    if look.verdict is Verdict.UNKNOWN:
        raise ProblemError(
            503,
            "voisin_muet",
            f"{look.standing.name} ne répond pas : on ne sait pas ce qui lui manque.",
            "Rien n’est perdu : réessayer quand il répond.",
        )
    runtime = call.runtime
    sent = await runtime.write(lambda register: send_again(register, runtime.deployment, look, by, call.now))
    return Reply(
        200,
        {
            "destination": name,
            "records": sent.records,
            "event_again": sent.event,
            "unsendable": sent.unsendable,
            "verdict": verdict_view(look),
        },
    )


async def history(call: Call) -> Reply:
    """The curve of agreement of each link."""
    event = await _event(call)
    return Reply(
        200, history_view(event, await call.runtime.read(lambda register: register.agreements.of_event(event.id)))
    )


async def patient_sync(call: Call) -> Reply:
    """Where one patient's record stands at each destination."""

    def work(register: Register) -> list[dict[str, Any]]:
        event = event_for(register, call.path["event_id"], call.principal)
        return lane_progress(register.connection, event.id, f"victim:{call.path['patient_id']}")

    return Reply(200, {"patient_id": call.path["patient_id"], "destinations": await call.runtime.read(work)})


async def _event(call: Call) -> Event:
    return await call.runtime.read(lambda register: event_for(register, call.path["event_id"], call.principal))


def _neighbour(call: Call) -> str:
    name = call.path["destination"]
    if name not in neighbours_of_event(call.runtime):
        raise ProblemError(404, "destination_inconnue", "Ce voisin ne tient pas de fiches, ou n’est pas réglé ici.")
    return name


def _column(event: Event, look: Look, state: Progress | None) -> dict[str, Any]:
    link = event.links.get(look.name)
    return {
        "name": look.name,
        "link": {"state": link.state, "action": link.action, "external_id": link.external_id} if link else None,
        "held": tally(look.held) if look.held is not None else None,
        "told": tally(look.here.values()),
        "agrees": look.verdict is Verdict.AGREED,
        "verdict": verdict_view(look),
        "waiting": look.standing.waiting,
        "parked": look.standing.parked,
        "uncertain": look.standing.uncertain,
        "delivered": state.delivered if state else 0,
        "lag_ms": state.lag_ms if state else None,
        "oldest_waiting_ms": state.oldest_waiting_ms if state else None,
    }
