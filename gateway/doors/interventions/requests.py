"""Doors of intervention requests in JSON: one click, its status, its update, its cancellation; the operator's list; the routes.

They move texts: what is read, refused, remarked upon and queued is behind `gateway.interventions`, which the other doors call too.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from domain.intervention.request import CALL_15
from domain.intervention.route import Route
from gateway.doors.http.door import LARGEST_INTEGER, Call, whole_number
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.doors.http.reply import Reply
from gateway.doors.portal.stream import lines, resume_after
from gateway.interventions import view
from gateway.interventions.accept import Answer, cancel, submit
from gateway.interventions.check import check
from gateway.interventions.routing_table import end_noted, put_noted, route_view, served, wrong_key
from gateway.interventions.tell import webhook
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from domain.errors import RuleError
    from domain.intervention.request import Cancellation, InterventionRequest
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.victims.feed import FeedLine


async def create(call: Call) -> Reply:
    """One click: durable, then answered with a reference to read aloud. The same click again gets the same answer."""
    answer = await _submit(call, call.body.request(_key(call)))
    return _replied(answer, 201 if answer.created else 200)


async def check_one(call: Call) -> Reply:
    """What would become of a click, and why: nothing is written, nobody is told."""
    deployment, request = call.runtime.deployment, call.body.request(_key(call))

    def work(register: Register) -> Reply:
        return Reply(200, check(register, deployment, request, call.principal, call.now, _explained))

    return await call.runtime.read(work)


async def served_places(call: Call) -> Reply:
    """For which places a SAMU is linked here, for this platform."""
    open_ones = set(call.runtime.deployment.takers("intervention.request"))
    return await call.runtime.read(
        lambda register: Reply(200, served(register, open_ones, call.principal.name, call.now))
    )


def _explained(error: RuleError) -> dict[str, Any]:
    return as_problem(error).problem.instructing(CALL_15).as_json()


async def replace(call: Call) -> Reply:
    """A new version of a request, under the identifier it was given."""
    known = await call.runtime.read(lambda register: view.find(register, call.principal, id=call.path["id"]))
    answer = await _submit(call, call.body.request(_key(call), known.request_id))
    return _replied(answer, 200)


async def cancel_one(call: Call) -> Reply:
    """The sender takes its request back."""
    runtime = call.runtime
    known = await runtime.read(lambda register: view.find(register, call.principal, id=call.path["id"]))
    cancellation: Cancellation = call.body.cancellation(known.request_id, _key(call))
    answer = await runtime.write(
        lambda register: cancel(
            register, runtime.deployment, cancellation, call.principal, call.now, if_match=call.if_match
        )
    )
    return _replied(answer, 200)


async def read_one(call: Call) -> Reply:
    """Where a request is: for its sender, or for the operator."""

    def work(register: Register) -> Reply:
        intervention = view.find(register, call.principal, id=call.path["id"])
        words = register.interventions.words(intervention.id)
        shown = view.sender_view(register, intervention, words, call.now)
        if call.principal.scope is Scope.OPERATOR:
            joined = {"documents": register.interventions.documents(intervention.id), "heard": view.heard_view(words)}
            shown = {**view.side_by_side(register, intervention, call.now), **shown, **joined}
        return Reply(200, shown, etag=intervention.version)

    return await call.runtime.read(work)


async def read_all(call: Call) -> Reply:
    """The operator's list, the newest first, each beside those that may be of the same patient; `reference` finds one."""
    reference = call.query.get("reference")

    def work(register: Register) -> Reply:
        if reference is not None:
            interventions = [view.find(register, call.principal, reference=reference)]
        else:
            interventions = register.interventions.latest(call.principal.mode)
        return Reply(
            200,
            {"interventions": [view.side_by_side(register, intervention, call.now) for intervention in interventions]},
        )

    return await call.runtime.read(work)


async def document(call: Call) -> Response:
    """A file that was joined to a request, for the operator: the CRRA's software does not get it."""
    version, number = (whole_number(call.path[name], LARGEST_INTEGER) for name in ("version", "number"))

    def work(register: Register) -> bytes | None:
        intervention = view.find(register, call.principal, id=call.path["id"])
        if version is None or number is None:
            return None
        register.audit.note(
            call.principal.author, "document.read", intervention.reference, call.now, {"version": version}
        )
        return register.interventions.document(intervention.id, version, number)

    content = await call.runtime.write(work)
    if content is None:
        raise ProblemError(404, "document_inconnu", "Ce document n’est pas connu.")
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


async def stream(call: Call) -> StreamingResponse:
    """The sender's own requests, live."""
    mine = webhook(call.principal.name)

    def admitted(_: Register, fresh_lines: list[FeedLine]) -> list[FeedLine]:
        return [line for line in fresh_lines if line.event_id == mine]

    body = lines(call, await resume_after(call), admitted)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def routes(call: Call) -> Reply:
    """The table of routes, with those that ended, and where a route may lead here."""
    known_routes = await call.runtime.read(lambda register: register.routes.all())
    shown = [route_view(route, in_force=route.in_force(call.now)) for route in known_routes]
    return Reply(200, {"routes": shown, "destinations": call.runtime.deployment.takers("intervention.request")})


async def put_route(call: Call) -> Reply:
    """Write a row under its name. What it names must exist here: a route to nowhere is found out now, not at the first click."""
    body = call.body
    for field, name in (("destination", body.destination), ("second", body.second)):
        _refuse_unknown_destination(call.runtime.deployment, field, name)
    if expected := wrong_key(body.kind, body.key):
        fault = FieldFault("key", "Cette clé n’est pas de ce genre de voie : la voie ne servirait jamais.", expected)
        raise ProblemError(422, "cle_de_voie", "La clé de la voie est illisible.", faults=(fault,))
    valid_from = body.valid_from or call.now
    if body.valid_to is not None and body.valid_to <= valid_from:
        fault = FieldFault("valid_to", "La fin précède le début.", "après valid_from")
        raise ProblemError(422, "dates_inversees", "Les dates de la voie se contredisent.", faults=(fault,))
    route = Route(
        id=call.path["route_id"],
        kind=body.kind,
        key=body.key,
        destination=body.destination,
        label=body.label,
        valid_from=valid_from,
        valid_to=body.valid_to,
        second=body.second,
        crra=body.crra,
        expiry_seconds=body.expiry_seconds,
        phone=body.phone,
    )

    def work(register: Register) -> Reply:
        new = put_noted(register, route, call.principal.author, call.now)
        return Reply(201 if new else 200, route_view(route, in_force=route.in_force(call.now)))

    return await call.change(work)


async def end_route(call: Call) -> Reply:
    """A row is in force no longer; it stays in the table, with its end."""

    def work(register: Register) -> Reply:
        if not end_noted(register, call.path["route_id"], call.principal.author, call.now):
            raise ProblemError(404, "voie_inconnue", "Cette voie n’existe pas, ou n’est plus en vigueur.")
        return Reply(204)

    return await call.change(work)


async def audit(call: Call) -> Reply:
    """Who wrote which route, opened which document, and what was removed by age; the newest first."""
    before = whole_number(call.query.get("before", ""))
    facts = {"before": before} if before is not None else {}
    acts = await call.runtime.read(lambda register: register.audit.latest(about=call.query.get("about"), **facts))
    shown = [{**asdict(act), "at": act.at.isoformat()} for act in acts]
    return Reply(200, {"acts": shown})


def _refuse_unknown_destination(deployment: DeploymentRules, field: str, name: str | None) -> None:
    known = deployment.takers("intervention.request")
    if name is not None and name not in known:
        expected = ", ".join(known) or "aucune : relier d’abord un logiciel de régulation"
        fault = FieldFault(field, "Cette destination ne prend pas les demandes ici.", expected)
        raise ProblemError(422, "destination_inconnue", "La voie mène nulle part.", faults=(fault,))


async def _submit(call: Call, request: InterventionRequest) -> Answer:
    work = partial(_work, call=call, request=request)
    return await call.runtime.write(work)


def _work(register: Register, *, call: Call, request: InterventionRequest) -> Answer:
    return submit(register, call.runtime.deployment, request, call.principal, call.now, if_match=call.if_match)


def _replied(answer: Answer, status: int) -> Reply:
    location = f"/v1/interventions/{answer.id}" if status == 201 else None  # noqa: PLR2004 - Created
    return Reply(status, view.answer_view(answer), etag=answer.version, location=location)


def _key(call: Call) -> str | None:
    return call.headers.get("idempotency-key") or None
