"""A portal that speaks FHIR tells of an event: one transaction Bundle, one database transaction, the same rules as every other door.

An event or a place that is not known is created; a victim is known by the gateway's key. A step of the care path that the rules do not
allow is not taken, and is said as a warning: the rest of what was told is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.event import EventReport, VictimReport, read_event
from adapters.wire.fhir.vocabulary import FhirRefusalError, Issue, Resource
from adapters.wire.fhir.writing.answers import operation_outcome, resource_type
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
from domain.event import add_localisation, change_event, open_event
from domain.source import Source
from domain.victim.care_path import CareStatus
from domain.victim.observation import Stamp
from gateway.doors.fhir.answers import fhir, refuse, refuse_bundle
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.flow.accept import accept, keep_event, linked_at_creation, plausible
from gateway.flow.compartments import event_for
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
    CareStatus.ATTENTE_SOINS,
    CareStatus.ATTENTE_ORIENTATION,
    CareStatus.ATTENTE_SORTIE,
    CareStatus.ATTENTE_EVACUATION,
    CareStatus.LAISSE_SUR_PLACE,
    CareStatus.PATIENT_EVACUE,
)


async def take_event(call: Call, document: Resource) -> Response:
    """Take what a transaction says of an event and its victims."""
    if call.principal.scope is not Scope.PORTAL:
        raise ProblemError(403, "portee_insuffisante", "Cette clé n’ouvre pas cette porte.", "Portées admises : portal")
    try:
        report = read_event(document, call.now)
    except FhirRefusalError as refusal:
        return refuse_bundle(refusal, NOT_KEPT)

    def work(register: Register) -> Resource:
        return _Taking(call, register).take(report, document)

    try:
        return fhir(await call.runtime.write(work))
    except Exception as error:  # noqa: BLE001 - whatever it is, a portal is not told to call 15 for it
        refused = as_problem(error)
        return refuse(refused.problem.instructing(NOT_KEPT), refused.headers)


class _Taking:
    """One transaction."""

    def __init__(self, call: Call, register: Register) -> None:
        self._call, self._register, self._deployment = call, register, call.runtime.deployment
        self._stamp = Stamp(Source.PORTAL, call.principal.author, call.now, call.now)
        self._warnings: list[Issue] = []
        self._known: dict[str, bool] = {}

    def take(self, report: EventReport, document: Resource) -> Resource:
        """Write it all down, and answer line by line."""
        self._warnings += report.warnings
        event = self._event(report)
        for victim in report.victims:
            try:
                self._victim(event, victim)
            except RuleError as error:
                raise _placed(error, victim) from None
        return self._answer(report, document)

    def _event(self, report: EventReport) -> Event:
        mode = self._call.principal.mode
        if report.mode != mode:
            raise ProblemError(409, "MODE", "Exercice et réel ne se mélangent jamais.", f"cette clé est « {mode} »")
        new = self._register.events.find(report.id) is None
        if new:
            started_at = report.started_at or self._call.now
            event = open_event(
                id=report.id,
                name=report.name,
                type=report.type,
                mode=report.mode,
                started_at=started_at,
                planned_end=report.planned_end,
            )
            # The same as at every other door of an event.
            event = linked_at_creation(event, self._deployment)
            plausible(Stamp(Source.PORTAL, self._stamp.author, started_at, self._call.now))
        else:
            event = event_for(self._register, report.id, self._call.principal)
        if report.closed and event.status == "open":
            text = "L’événement est dit terminé : ce message ne le clôt pas, une personne le fait."
            self._warnings.append(Issue("EVENEMENT_OUVERT", "business-rule", text, f"{report.path}.status", "warning"))
        before = event
        if report.planned_end is not None:
            event = change_event(event, planned_end=report.planned_end)
        for name in report.places:
            if all(place.name != name for place in event.localisations):
                event = add_localisation(event, new_id(self._call.now), name, self._deployment.rules)
        if new or event != before:
            keep_event(self._register, self._deployment, event, self._stamp, new=new)
        if new:
            who = self._call.principal
            self._register.access.give(event.id, who.name, who.author, self._call.now, opened=True)
        return event

    def _victim(self, event: Event, report: VictimReport) -> None:
        fields: dict[str, Any] = dict(report.fields.values)
        if report.place:
            fields["localisation_id"] = next(place.id for place in event.localisations if place.name == report.place)
        known = self._register.victims.find(event.id, report.id)
        self._known[report.id] = known is not None
        if known is None:
            created = CreatePatient(report.id, fields | {"severity_entry": report.severity_entry or "NC"})
            victim = self._accept(event, report, created)
        else:
            # What is repeated changes nothing; what is not repeated is not emptied.
            victim = self._accept(event, report, ChangePatient(fields)) if fields else known
            if report.severity_entry and report.severity_entry != known.severity_entry:
                victim = self._accept(event, report, Triage("entry", report.severity_entry))
        if report.severity_exit and report.severity_exit != victim.severity_exit:
            victim = self._accept(event, report, Triage("exit", report.severity_exit))
        self._walk(event, report, victim)

    def _walk(self, event: Event, report: VictimReport, victim: Victim) -> None:
        """Along the care path as far as is said, never back; a step that is refused ends the walk."""
        for leads_to, command in path_of(report):
            if victim.deleted or _RANK.index(victim.status) >= _RANK.index(leads_to):
                continue
            try:
                victim = self._accept(event, report, command)
            except RuleError as error:
                text = f"L’étape « {leads_to.label} » n’est pas reprise. {error.title}"
                self._warnings.append(Issue(error.code, "business-rule", text, report.path, "warning"))
                return

    def _accept(self, event: Event, report: VictimReport, command: PatientCommand) -> Victim:
        return accept(self._register, self._deployment, event, report.id, command, self._stamp).victim

    def _answer(self, report: EventReport, document: Resource) -> Resource:
        keys = {victim.path: victim.id for victim in report.victims}
        lines = []
        for number, entry in enumerate(document["entry"]):
            key = keys.get(f"Bundle.entry[{number}].resource")
            response: Resource = {"status": "202 Accepted"}
            if key is not None:
                response = {"status": "200 OK" if self._known[key] else "201 Created", "location": f"Patient/{key}"}
            elif resource_type(entry) == "Encounter":
                response["status"] = "200 OK"
            lines.append({"response": response})
        if self._warnings:
            lines[0]["response"]["outcome"] = operation_outcome(self._warnings)
        return {"resourceType": "Bundle", "type": f"{document['type']}-response", "entry": lines}


def _placed(error: RuleError, victim: VictimReport) -> ProblemError:
    """The same refusal, with the FHIRPath of its field instead of the name that the domain gives it."""
    problem = as_problem(error).problem
    faults = tuple(
        FieldFault(victim.fields.places.get(fault.field, victim.path), fault.title, fault.expected)
        for fault in problem.faults
    )
    return ProblemError(problem.status, problem.code, problem.title, problem.detail, faults=faults)


def path_of(report: VictimReport) -> list[tuple[CareStatus, PatientCommand]]:
    """The steps that lead where the victim is said to be: the Tasks say, and without them Encounter.status."""
    asked = (CareStatus.ATTENTE_ORIENTATION, AskOrientation())
    evacuation, leaving = report.tasks.get("evacuation"), report.tasks.get("sortie")
    if evacuation or (report.encounter == "in-progress" and not leaving):
        away: list[tuple[CareStatus, PatientCommand]] = [asked]
        away.append((CareStatus.ATTENTE_EVACUATION, RequestEvacuation(report.destination, report.vector or "")))
        if evacuation in {"in-progress", "completed"}:
            away.append((CareStatus.PATIENT_EVACUE, ConfirmEvacuation()))
        return away
    if leaving or report.encounter == "finished":
        stays: list[tuple[CareStatus, PatientCommand]] = [asked]
        stays.append((CareStatus.ATTENTE_SORTIE, DecideOrientation("SUR_PLACE")))
        if leaving == "completed" or report.encounter == "finished":
            stays.append((CareStatus.LAISSE_SUR_PLACE, ConfirmExit()))
        return stays
    return [asked] if report.encounter == "triaged" else []
