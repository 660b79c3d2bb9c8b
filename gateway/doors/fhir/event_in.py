"""A portal that speaks FHIR tells of an event: one transaction Bundle, one database transaction, the same rules as every other door.

An event or a place that is not known is created; a victim is known by the gateway's key. A step of the care path that the rules do not
allow is not taken, and is said as a warning: the rest of what was told is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.event import SaidEvent, SaidVictim, read_event
from adapters.wire.fhir.vocabulary import FhirRefusalError, Issue, Resource
from adapters.wire.fhir.writing.answers import operation_outcome
from domain.decisions.commands import (
    AskOrientation,
    ChangePatient,
    ConfirmEvacuation,
    ConfirmExit,
    CreatePatient,
    DecideOrientation,
    PatientCommand,
    RequestEvacuation,
    Triage,
)
from domain.errors import RuleError
from domain.event import add_localisation, open_event
from domain.source import Source
from domain.victim.care_path import Status
from domain.victim.observation import Stamp
from gateway.doors.fhir.answers import fhir, refuse_bundle
from gateway.doors.http.problems import ProblemError
from gateway.flow.accept import accept, keep_event, known_event, plausible
from gateway.ids import new_id
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from starlette.responses import Response

    from domain.event import Event
    from domain.victim.victim import Victim
    from gateway.doors.http.door import Call
    from gateway.register import Register

NOT_KEPT = "Événement non enregistré."
_RANK = (
    Status.ATTENTE_SOINS,
    Status.ATTENTE_ORIENTATION,
    Status.ATTENTE_SORTIE,
    Status.ATTENTE_EVACUATION,
    Status.LAISSE_SUR_PLACE,
    Status.PATIENT_EVACUE,
)


async def take_event(call: Call, document: Resource) -> Response:
    """Take what a transaction says of an event and its victims."""
    if call.principal.scope is not Scope.PORTAL:
        raise ProblemError(403, "portee_insuffisante", "Cette clé n’ouvre pas cette porte.", "Portées admises : portal")
    try:
        said = read_event(document)
    except FhirRefusalError as refusal:
        return refuse_bundle(refusal, NOT_KEPT)

    def work(register: Register) -> Resource:
        return _Taking(call, register).take(said, document)

    return fhir(await call.runtime.write(work))


class _Taking:
    """One transaction."""

    def __init__(self, call: Call, register: Register) -> None:
        self._call, self._register, self._house = call, register, call.runtime.house
        self._stamp = Stamp(Source.PORTAL, call.principal.name, call.now, call.now)
        self._warnings: list[Issue] = []
        self._known: dict[str, bool] = {}

    def take(self, said: SaidEvent, document: Resource) -> Resource:
        """Write it all down, and answer line by line."""
        event = self._event(said)
        for victim in said.victims:
            self._victim(event, victim)
        return self._answer(said, document)

    def _event(self, said: SaidEvent) -> Event:
        mode = self._call.principal.mode
        if said.mode != mode:
            raise ProblemError(409, "MODE", "Exercice et réel ne se mélangent jamais.", f"cette clé est « {mode} »")
        new = self._register.events.find(said.id) is None
        if new:
            started_at = said.started_at or self._call.now
            event = open_event(id=said.id, name=said.name, type=said.type, mode=said.mode, started_at=started_at)
            plausible(Stamp(Source.PORTAL, self._stamp.author, started_at, self._call.now))
        else:
            event = known_event(self._register, said.id, mode)
        before = event
        for name in dict.fromkeys(one.place for one in said.victims if one.place):
            if all(place.name != name for place in event.localisations):
                event = add_localisation(event, new_id(self._call.now), name)
        if new or event != before:
            keep_event(self._register, self._house, event, self._stamp, new=new)
        return event

    def _victim(self, event: Event, said: SaidVictim) -> None:
        fields: dict[str, Any] = dict(said.fields)
        if said.place:
            fields["localisation_id"] = next(place.id for place in event.localisations if place.name == said.place)
        known = self._register.victims.find(event.id, said.id)
        self._known[said.id] = known is not None
        if known is None:
            created = CreatePatient(said.id, fields | {"severity_entry": said.severity_entry or "NC"})
            victim = self._accept(event, said, created)
        else:
            # What is repeated changes nothing; what is not repeated is not emptied.
            victim = self._accept(event, said, ChangePatient(fields)) if fields else known
            if said.severity_entry and said.severity_entry != known.severity_entry:
                victim = self._accept(event, said, Triage("entry", said.severity_entry))
        if said.severity_exit and said.severity_exit != victim.severity_exit:
            victim = self._accept(event, said, Triage("exit", said.severity_exit))
        self._walk(event, said, victim)

    def _walk(self, event: Event, said: SaidVictim, victim: Victim) -> None:
        """Along the care path as far as is said, never back; a step that is refused ends the walk."""
        for leads_to, command in path_of(said):
            if victim.deleted or _RANK.index(victim.status) >= _RANK.index(leads_to):
                continue
            try:
                victim = self._accept(event, said, command)
            except RuleError as error:
                text = f"L’étape « {leads_to.label} » n’est pas reprise. {error.title}"
                self._warnings.append(Issue(error.code, "business-rule", text, said.path, "warning"))
                return

    def _accept(self, event: Event, said: SaidVictim, command: PatientCommand) -> Victim:
        return accept(self._register, self._house, event, said.id, command, self._stamp).victim

    def _answer(self, said: SaidEvent, document: Resource) -> Resource:
        keys = {one.path: one.id for one in said.victims}
        lines = []
        for number, entry in enumerate(document["entry"]):
            key = keys.get(f"Bundle.entry[{number}].resource")
            response: Resource = {"status": "202 Accepted"}
            if key is not None:
                response = {"status": "200 OK" if self._known[key] else "201 Created", "location": f"Patient/{key}"}
            elif entry["resource"]["resourceType"] == "Encounter":
                response["status"] = "200 OK"
            lines.append({"response": response})
        if self._warnings:
            lines[0]["response"]["outcome"] = operation_outcome(self._warnings)
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": lines}


def path_of(said: SaidVictim) -> list[tuple[Status, PatientCommand]]:
    """The steps that lead where the victim is said to be: the Tasks say, and without them Encounter.status."""
    asked = (Status.ATTENTE_ORIENTATION, AskOrientation())
    evacuation, leaving = said.tasks.get("evacuation"), said.tasks.get("sortie")
    if evacuation or (said.encounter == "in-progress" and not leaving):
        away: list[tuple[Status, PatientCommand]] = [asked]
        away.append((Status.ATTENTE_EVACUATION, RequestEvacuation(said.destination, said.vector or "")))
        if evacuation in {"in-progress", "completed"}:
            away.append((Status.PATIENT_EVACUE, ConfirmEvacuation()))
        return away
    if leaving or said.encounter == "finished":
        stays: list[tuple[Status, PatientCommand]] = [asked]
        stays.append((Status.ATTENTE_SORTIE, DecideOrientation("SUR_PLACE")))
        if leaving == "completed" or said.encounter == "finished":
            stays.append((Status.LAISSE_SUR_PLACE, ConfirmExit()))
        return stays
    return [asked] if said.encounter == "triaged" else []
