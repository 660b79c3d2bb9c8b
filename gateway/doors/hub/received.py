"""Doors of what partners said: the list, one message in words, a whole case in words, and the end of what a message asked for.

An operator reads everything, and each reading is in the audit; a portal reads the cases of its own events; an integrator sees what
was said and of what sort, with everything masked that may identify somebody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.doors.http.door import whole_number
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.flow.compartments import may_see
from gateway.hub.received.names import name_of
from gateway.hub.received.tasks import done, tasks_under_way
from gateway.hub.timeline import STATES, summary
from gateway.register.hub.messages import NEWEST
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from gateway.doors.http.door import Call
    from gateway.register import Register
    from gateway.register.alarms import Alarm
    from gateway.register.hub.messages import HubCase, HubMessage

PERSONAL = frozenset({Scope.OPERATOR, Scope.PORTAL})
"""Who may read what identifies somebody."""
READS_ALL = frozenset({Scope.OPERATOR, Scope.INTEGRATOR})
MOST = 100


async def received(call: Call) -> Reply:
    """What came, the newest first: types, states and what is asked, no content. `tasks=open`: only what waits for somebody."""
    cursor, case_id, wanted = (call.query.get(name) for name in ("before", "case_id", "tasks"))
    before = whole_number(cursor) if cursor is not None else NEWEST
    if before is None:
        raise ProblemError(
            400, "parametre_illisible", "Le curseur est illisible.", faults=(FieldFault("?before", "Entier attendu."),)
        )
    if wanted not in {None, "open"}:
        fault = FieldFault("?tasks", "Valeur inconnue.", "open")
        raise ProblemError(400, "parametre_illisible", "Ce choix n’existe pas.", faults=(fault,))

    def work(register: Register) -> Reply:
        tasks = tasks_under_way(register)
        if wanted == "open":
            messages = [message for number in sorted(tasks, reverse=True) if (message := register.hub.message(number))]
        else:
            messages = register.hub.latest(case_id, before, MOST)
        whole = wanted is None and len(messages) == MOST
        listed = [_listed(message, tasks) for message in messages if case_id in {None, message.case_id}]
        return Reply(200, {"received": listed, "before": messages[-1].seq if whole else None})

    return await call.runtime.read(work)


async def message(call: Call) -> Reply:
    """One message in words."""
    number = whole_number(call.path["number"])
    hub_message, tasks, _case, readable = await call.runtime.read(lambda register: _found(register, call, number))
    if hub_message is None or not readable:
        raise ProblemError(404, "message_inconnu", "Aucun message reçu ne porte ce numéro.")
    [view] = await _contents(call, [hub_message], f"hub:{hub_message.seq}")
    return Reply(200, {**_listed(hub_message, tasks), **view})


async def contents(call: Call) -> Reply:
    """A case in words: everything that its partners said of it, the oldest first."""
    case_id = call.query.get("case_id")
    if not case_id:
        fault = FieldFault("?case_id", "Dossier absent.", "l’identifiant partagé d’un dossier")
        raise ProblemError(400, "parametre_absent", "Quel dossier ?", faults=(fault,))

    def work(register: Register) -> tuple[HubCase | None, list[HubMessage], dict[int, Alarm], bool]:
        messages = register.hub.latest(case_id, NEWEST, MOST)
        case = register.hub.case(case_id)
        return case, messages[::-1], tasks_under_way(register), _may_read(register, call, case)

    case, hub_messages, tasks, readable = await call.runtime.read(work)
    if (case is None and not hub_messages) or not readable:
        raise ProblemError(404, "dossier_inconnu", "Ce dossier n’est pas connu de la passerelle.")
    views = await _contents(call, hub_messages, f"hub:{case_id}")
    listed = [{**_listed(hub_message, tasks), **view} for hub_message, view in zip(hub_messages, views, strict=True)]
    return Reply(200, {"case": summary(case) if case else None, "contents": listed})


async def end_task(call: Call) -> Reply:
    """A person did, or refused, what a message asked for."""
    number = whole_number(call.path["number"])
    mode, by = call.runtime.settings.mode, call.principal.author

    def work(register: Register) -> Reply:
        known = register.hub.message(number) if number is not None else None
        if known is None or not done(register, known.seq, known.case_id, mode, call.now, by):
            raise ProblemError(404, "tache_inconnue", "Ce message ne demande plus rien.")
        register.audit.note(by, "hub.task_done", f"hub:{known.seq}", call.now, {"type": name_of(known.use_case)})
        return Reply(204)

    return await call.change(work)


def _found(
    register: Register, call: Call, number: int | None
) -> tuple[HubMessage | None, dict[int, Alarm], HubCase | None, bool]:
    hub_message = register.hub.message(number) if number is not None else None
    case = register.hub.case(hub_message.case_id) if hub_message and hub_message.case_id else None
    return hub_message, tasks_under_way(register), case, _may_read(register, call, case)


def _may_read(register: Register, call: Call, case: HubCase | None) -> bool:
    """A portal has its own events alone."""
    if call.principal.scope in READS_ALL:
        return True
    ours = case is not None and case.ours and case.topic == "victim"
    return ours and case is not None and may_see(register, case.scope or "", call.principal)


async def _contents(call: Call, messages: list[HubMessage], about: str) -> list[dict[str, Any]]:
    runtime, personal = call.runtime, call.principal.scope in PERSONAL
    if runtime.hub is None:
        raise ProblemError(
            409, "hub_absent", "Cette passerelle n’est pas reliée au Hub Santé.", "section [hub] des réglages"
        )
    facts = {"messages": len(messages), "masked": not personal}
    await runtime.write(
        lambda register: register.audit.note(call.principal.author, "hub.content_read", about, call.now, facts)
    )
    return await runtime.hub.contents(messages, personal=personal)


def _listed(message: HubMessage, tasks: dict[int, Alarm]) -> dict[str, Any]:
    alarm = tasks.get(message.seq)
    return {
        "number": message.seq,
        "type": name_of(message.use_case),
        "at": message.received_at.isoformat(),
        "by": message.sender,
        "vhost": message.vhost,
        "case_id": message.case_id,
        "state": message.state,
        "word": STATES.get(message.state, message.state),
        "code": message.code,
        "task": None
        if alarm is None
        else {
            "sort": alarm.facts["task"],
            "words": alarm.facts["words"],
            "alarm": alarm.seq,
            "since": alarm.raised_at.isoformat(),
        },
    }
