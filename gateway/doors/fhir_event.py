"""`GET /fhir/Bundle?event=`: an event and its victims for the portal; for those who may see numbers only, numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from adapters.fhir import MEDIA_TYPE
from adapters.fhir_counts import counts_bundle
from adapters.fhir_victims import event_bundle
from domain.counts import counts_document
from domain.snapshot import event_canon, victim_canon
from gateway.doors.door import Call, Door
from gateway.doors.fhir_answers import fhir, refuse
from gateway.intake import known_event
from gateway.problems import FieldFault, ProblemError
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from starlette.responses import Response

    from adapters.fhir import Resource
    from adapters.fhir_victims import Move
    from domain.victim import Victim
    from gateway.register import Register


async def read_event(call: Call) -> Response:
    """The event named, as this caller may see it."""
    name = call.query.get("event")
    if not name:
        fault = FieldFault("?event", "Paramètre absent.", "identifiant de l’événement")
        raise ProblemError(400, "parametre_absent", "Dire quel événement est demandé.", faults=(fault,))
    at = call.now.isoformat()

    def work(register: Register) -> Resource:
        event = known_event(register, name, call.principal.mode)
        shown = event_canon(event, None)
        if call.principal.scope is not Scope.PORTAL:
            counted = counts_document(event, register.victims.cells(event.id), register.feed.last(), call.now, "portal")
            return counts_bundle(shown, counted["totals"], counted["by_localisation"], at)
        rules = call.runtime.house.rules
        found = [(victim_canon(one, event, rules), moves(one)) for one in register.victims.of_event(event.id)]
        return event_bundle(shown, found, at)

    return fhir(await call.runtime.read(work))


def moves(victim: Victim) -> list[Move]:
    """Each status that the victim was in, with its times; the last one has no end."""
    changed = [step for step in victim.steps if step.moved_from is not step.moved_to]
    starts = [victim.created.happened_at, *(step.stamp.happened_at for step in changed)]
    statuses = [changed[0].moved_from if changed else victim.status, *(step.moved_to for step in changed)]
    # A step told late may have happened before the one that was told first: a period never ends before it starts.
    ends = [max(start, end).isoformat() for start, end in pairwise(starts)]
    return [
        (status.value, start.isoformat(), end)
        for status, start, end in zip(statuses, starts, [*ends, None], strict=True)
    ]


FHIR_EVENT: tuple[Door, ...] = (
    Door(
        "GET",
        "/fhir/Bundle",
        frozenset({Scope.PORTAL, Scope.COUNTS}),
        read_event,
        "Lire un événement et ses victimes en FHIR R4 ; les nombres seuls pour qui n’a droit qu’aux nombres",
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query={"event": "Identifiant de l’événement.", "_format": "json, ou application/fhir+json."},
        refuse=refuse,
    ),
)
