"""`GET /fhir/Bundle?event=`: an event and its victims for the portal; for those who may see numbers only, numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.vocabulary import MEDIA_TYPE
from adapters.wire.fhir.writing.counts import counts_bundle
from domain.counting.counts import counts_document
from domain.victim.snapshot import event_canon, victim_canon
from gateway.doors.fhir.answers import fhir, in_json, refuse
from gateway.doors.http.door import Call, Door
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.flow.compartments import event_for
from gateway.security.keys import Scope
from mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from adapters.wire.fhir.vocabulary import Resource
    from domain.canon.documents import EventCanon, VictimCanon
    from domain.victim.victim import Victim
    from gateway.mappings.versions import Versions
    from gateway.register import Register

    Move = tuple[str, str, str | None]
    """A status, from when, until when."""


async def read_event(call: Call) -> Response:
    """The event named, as this caller may see it."""
    name = call.query.get("event")
    if not name:
        fault = FieldFault("?event", "Paramètre absent.", "identifiant de l’événement")
        raise ProblemError(400, "parametre_absent", "Dire quel événement est demandé.", faults=(fault,))
    at = call.now.isoformat()

    def work(register: Register) -> Resource:
        event = event_for(register, name, call.principal)
        shown = event_canon(event, None)
        if call.principal.scope is not Scope.PORTAL:
            counted = counts_document(event, register.victims.cells(event.id), register.feed.last(), call.now, "portal")
            return counts_bundle(shown, counted["totals"], counted["by_localisation"], at)
        rules = call.runtime.deployment.rules
        victims = [
            (victim_canon(victim, event, rules), moves(victim)) for victim in register.victims.of_event(event.id)
        ]
        try:
            return event_bundle(call.runtime.versions, shown, victims, at)
        except MappingError as error:
            raise ProblemError(
                500, "correspondance", "La correspondance FHIR ne s’applique pas à cet événement.", error.path
            ) from None

    if call.principal.scope is not Scope.PORTAL:
        return fhir(await call.runtime.read(work))
    return fhir(await call.runtime.read_noted(call.principal.author, "event.bundle_read", name, work))


def event_bundle(
    versions: Versions, event: EventCanon, victims: Sequence[tuple[VictimCanon, Sequence[Move]]], at: str
) -> Resource:
    """The whole event, as a transaction that another system may take: what the mapping files `fhir/` say of each part of it.

    A place that several name is told once.
    """
    shapes, allowed = versions.shapes("fhir"), versions.catalogue.allow_list("fhir")
    head = {"mode": event["mode"], "recorded_at": at, "event": event}
    whole = allowed.restrict("event.victims", {**head, "victims": [{"id": canon["id"]} for canon, _ in victims]})
    parts = [
        shapes["victim"].apply(allowed.restrict("victim.path", {**head, **_path(canon, care_moves), "victim": canon}))
        for canon, care_moves in victims
    ]
    bundle = shapes["event"].apply(whole)
    entries: dict[str, Resource] = {}
    for part in (*parts, bundle, shapes["places"].apply(whole)):
        for entry in part.get("entry", ()):
            entries.setdefault(entry["fullUrl"], entry)
    return {**bundle, "entry": list(entries.values())}


def _path(canon: VictimCanon, care_moves: Sequence[Move]) -> dict[str, Any]:
    past = [{"status": status, "start": start, "end": end} for status, start, end in care_moves if end]
    return {"since": care_moves[0][1] if care_moves else canon["status_at"], "moves": past}


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
        in_json(read_event),
        "Lire un événement et ses victimes en FHIR R4 ; les nombres seuls pour qui n’a droit qu’aux nombres",
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query={"event": "Identifiant de l’événement.", "_format": "json, ou application/fhir+json."},
        refuse=refuse,
    ),
)
