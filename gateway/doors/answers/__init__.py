"""The shapes of what the JSON doors answer, door by door: published in the contract, and held by every test that asks a door.

They are for readers: a door makes its answer itself, and nothing is converted by them on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.doors.answers import agreement, events, hub, interventions, mappings, neighbours, operator, patients

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.doors.answers.shape import Answer

EVENT: Final = "/v1/events/{event_id}"
PATIENT: Final = EVENT + "/patients/{patient_id}"
STEPS: Final = (
    "triage", "bilan", "orientation-request", "orientation", "evacuation-request", "evacuation", "exit", "step-back", "cata-code",
)  # fmt: skip
HUB_MESSAGES: Final = (
    "vehicles", "vehicle-status", "help-request", "help-answer", "case-word", "positions-request", "engagement", "positions",
    "resource-details", "appointment", "document-links", "report", "mission-summary", "fire-case", "fire-vehicles",
)  # fmt: skip

ANSWERS: Final[Mapping[str, tuple[type[Answer], ...]]] = {
    f"POST {EVENT}/patients": (patients.Patient,),
    f"GET {EVENT}/patients": (patients.PatientList,),
    "POST /v1/search": (patients.PersonsFound,),
    f"POST {EVENT}/patients/search": (patients.PatientsFound,),
    **{f"{method} {PATIENT}": (patients.Patient,) for method in ("GET", "PUT", "PATCH", "DELETE")},
    **{f"POST {PATIENT}/{step}": (patients.Patient,) for step in STEPS},
    f"POST {PATIENT}/number-decision": (patients.NumberDecided,),
    f"POST {EVENT}/identity-swap": (patients.RevisedPatients,),
    f"POST {EVENT}/number-rebind": (patients.RevisedPatients,),
    f"GET {PATIENT}/history": (patients.PatientHistory,),
    f"GET {PATIENT}/sync": (patients.PatientProgress,),
    f"GET {EVENT}/unknown-persons": (patients.UnknownPersonsShown,),
    **{
        f"POST /v1/unknown-persons/{{task_id}}/{act}": (patients.UnknownPersonDecided,)
        for act in ("link", "create", "dismiss")
    },
    "POST /v1/events": (events.Event,),
    "GET /v1/events": (events.EventList,),
    f"GET {EVENT}": (events.Event,),
    f"PATCH {EVENT}": (events.Event,),
    f"POST {EVENT}/close": (events.Event,),
    f"POST {EVENT}/reopen": (events.Event,),
    f"PUT {EVENT}/links/{{destination}}": (events.Event,),
    f"DELETE {EVENT}/links/{{destination}}": (events.EventUnlinked,),
    f"GET {EVENT}/shares": (events.EventShares,),
    f"POST {EVENT}/shares": (events.EventShares,),
    f"POST {EVENT}/localisations": (events.Event,),
    f"PUT {EVENT}/localisations/{{localisation_id}}": (events.Event,),
    f"DELETE {EVENT}/localisations/{{localisation_id}}": (events.Event,),
    f"GET {EVENT}/counts": (events.Counts,),
    f"GET {EVENT}/boards/tb2": (events.Board,),
    f"GET {EVENT}/boards/{{board}}": (events.Board,),
    f"GET {EVENT}/sync": (agreement.EventAgreement,),
    f"POST {EVENT}/sync": (agreement.EventAgreement,),
    f"GET {EVENT}/sync/history": (agreement.AgreementHistory,),
    f"GET {EVENT}/sync/{{destination}}": (agreement.LinkDetail,),
    f"GET {EVENT}/sync/{{destination}}/phone-list": (agreement.PhoneListShown,),
    f"POST {EVENT}/sync/{{destination}}/resend": (agreement.ResentSummary,),
    "GET /v1/destinations": (operator.DestinationsShown,),
    "GET /v1/outbox/messages": (operator.MessageList,),
    "GET /v1/outbox/messages/{message_id}": (operator.MessageDetail,),
    "GET /v1/outbox/messages/{message_id}/preview": (operator.Preview,),
    "GET /v1/outbox/groups": (operator.GroupsOfMessages,),
    "POST /v1/outbox/replay": (operator.Replayed,),
    "POST /v1/outbox/discard": (operator.Discarded,),
    "GET /v1/alarms": (operator.AlarmsShown,),
    "GET /v1/audit": (operator.ActsShown,),
    "GET /v1/jobs": (operator.JobsShown,),
    "POST /v1/jobs/{job}/run": (operator.JobOrdered,),
    "POST /v1/interventions": (interventions.InterventionTaken,),
    "PUT /v1/interventions/{id}": (interventions.InterventionTaken,),
    "POST /v1/interventions/{id}/cancel": (interventions.InterventionTaken,),
    "POST /v1/interventions/check": (interventions.InterventionChecked,),
    "GET /v1/interventions/served": (interventions.TerritoryServed,),
    "GET /v1/interventions": (interventions.InterventionsWatched,),
    "GET /v1/interventions/{id}": (interventions.InterventionDetail, interventions.InterventionSent),
    "GET /v1/routes": (interventions.RoutesShown,),
    "PUT /v1/routes/{route_id}": (interventions.RouteShown,),
    "GET /v1/mappings": (mappings.MappingsInForce,),
    "GET /v1/mappings/history": (mappings.MappingDecisions,),
    "POST /v1/mappings/activations": (mappings.Activated,),
    "POST /v1/mappings/rollbacks": (mappings.RolledBack,),
    "GET /v1/mappings/unknown-codes": (mappings.UnknownCodesShown,),
    "POST /v1/mappings/tables/pairs": (mappings.PairAdded,),
    "GET /v1/mappings/text": (mappings.MappingTextShown,),
    "GET /v1/mappings/vocabulary": (mappings.Vocabulary,),
    "GET /v1/mappings/documents": (mappings.SampleDocuments,),
    "GET /v1/mappings/live": (mappings.SampleDocuments,),
    "POST /v1/mappings/check": (mappings.MappingChecked,),
    "POST /v1/mappings/preview": (mappings.MappingPreview,),
    "POST /v1/mappings/pairs": (mappings.PairsProof,),
    "POST /v1/mappings/diff": (mappings.MappingDifference,),
    "POST /v1/mappings/files": (mappings.FileWritten,),
    **{f"POST /v1/hub/messages/{name}": (hub.HubQueued,) for name in HUB_MESSAGES},
    "GET /v1/hub/cases": (hub.HubCases, hub.HubCaseTimeline),
    "GET /v1/hub/received": (hub.HubMessagesReceived,),
    "GET /v1/hub/received/{number}": (hub.HubMessageContent,),
    "GET /v1/hub/contents": (hub.HubContents,),
    "POST /v1/hub/inspect": (hub.MessageInspected,),
    "POST /v1/admissions": (neighbours.AdmissionTaken,),
    "GET /v1/admissions": (neighbours.PersonsAtHospital,),
    "POST /v1/news/{neighbour}": (neighbours.NewsTaken,),
}
"""Method and path of each JSON door → the shapes that its answer may have: one, or one for each kind of reader or question."""
