"""Doors of the Hub Santé: say something to a partner, follow a case, look at a message. What goes out is durable when it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.hub.say import say
from gateway.hub.timeline import case_view, summary

if TYPE_CHECKING:
    from gateway.doors.http.door import Call
    from gateway.register import Register

MODELS = {"1": 1, "2": 2, "3": 3}
LARGEST = 4 * 1024 * 1024


async def send(call: Call) -> Reply:
    """Queue one message for a partner; its progress is the outbox's, then the case's timeline."""
    runtime = call.runtime
    hub = runtime.settings.hub
    if hub is not None and hub.link.mode != call.principal.mode:
        raise ProblemError(
            409, "mode", "Exercice et réel ne se mélangent jamais.", "Le lien du hub est de l’autre mode."
        )

    def work(register: Register) -> Reply:
        queued = say(register, runtime.deployment, call.principal.mode, call.body, call.now)
        return Reply(
            202,
            {
                "id": queued.id,
                "topic": queued.topic,
                "type": queued.type,
                "expires_at": queued.expires_at.isoformat(),
                "follow": f"/v1/outbox/messages/{queued.id}",
            },
        )

    return await call.change(work)


async def cases(call: Call) -> Reply:
    """One case with its timeline, or those that changed last."""
    case_id, event, patient = (call.query.get(name) for name in ("case_id", "event_id", "patient_id"))
    lane = f"victim:{patient}" if patient else None

    def work(register: Register) -> Reply:
        if case_id is None:
            return Reply(200, {"cases": [summary(hub_case) for hub_case in register.hub.cases(event, lane)]})
        case = register.hub.case(case_id)
        if case is None:
            raise ProblemError(404, "dossier_inconnu", "Ce dossier n’est pas connu de la passerelle.")
        return Reply(200, case_view(register, case))

    return await call.runtime.read(work)


async def inspect(call: Call) -> Reply:
    """Judge a message that somebody drops: nothing of it is kept."""
    asked = call.query.get("model")
    if asked is not None and asked not in MODELS:
        fault = FieldFault("?model", "Modèle inconnu.", "1, 2 ou 3")
        raise ProblemError(400, "modele_inconnu", "Ce modèle n’existe pas.", faults=(fault,))
    if len(call.body) > LARGEST:
        raise ProblemError(413, "message_trop_gros", f"Le message dépasse {LARGEST // (1024 * 1024)} Mo.")
    return Reply(200, await call.runtime.inspector.inspect(call.body, MODELS.get(asked or "")))
