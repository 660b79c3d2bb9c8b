"""The doors of the Hub Santé: one per message type that a person may send, the cases, the look at a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.doors.http.door import Door
from gateway.doors.hub import examples, messages, received, resources, schemas
from gateway.doors.hub import summary as hub_summary
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from gateway.doors.hub.schemas import Outgoing

WHO = frozenset({Scope.OPERATOR})
LOOKS = frozenset({Scope.OPERATOR, Scope.INTEGRATOR})
READS = LOOKS | {Scope.PORTAL}
TAG = "Hub Santé"
BYTES = "application/octet-stream"

SAID: dict[str, tuple[type[Outgoing], str]] = {
    "vehicles": (schemas.VehicleList, "RS-RI : nos moyens engagés sur un dossier, la liste entière"),
    "vehicle-status": (schemas.VehicleStatus, "RS-SR : où en est un moyen"),
    "help-request": (schemas.HelpRequest, "RS-DR : demander des moyens à un partenaire, ou annuler la demande"),
    "help-answer": (schemas.HelpAnswer, "RS-RR : répondre à une demande de moyens"),
    "case-word": (schemas.CaseWord, "RS-EDA-MAJ : prendre, refuser ou clore le dossier d’un partenaire"),
    "positions-request": (schemas.PositionsRequest, "GEO-REQ : demander le détail de moyens inconnus ici"),
    "engagement": (resources.Engagement, "RS-ER : demander à une tablette ou une base d’engager des moyens"),
    "positions": (resources.PositionList, "GEO-POS : où sont des moyens"),
    "resource-details": (resources.ResourceDetails, "GEO-RES : ce que sont des moyens, en réponse à une demande"),
    "appointment": (resources.Appointment, "RS-SAS-RDV : un rendez-vous pris, modifié ou annulé"),
    "document-links": (schemas.DocumentLinks, "RS-URL : où lire les documents d’un dossier"),
    "report": (schemas.Report, "RS-BPV : relayer le bilan d’une tablette"),
    "mission-summary": (hub_summary.MissionSummary, "RS-RPIS : résumé anonyme de mission pour l’ORU, sans texte libre"),
    "fire-case": (schemas.FireCase, "RC-EDA : partager une opération avec les pompiers, sans personne"),
    "fire-vehicles": (schemas.FireVehicles, "RC-RI : nos moyens sur une opération des pompiers"),
}
"""The last part of the address → the document it takes, and what it sends."""


def _say(name: str, document: type[Outgoing], summary: str, example: dict[str, Any]) -> Door:
    return Door(
        "POST",
        f"/v1/hub/messages/{name}",
        WHO,
        messages.send,
        summary,
        body=document,
        status=202,
        tag=TAG,
        example=example,
    )


HUB_DOORS = (
    *(_say(name, document, summary, examples.SAID[name]) for name, (document, summary) in SAID.items()),
    Door(
        "GET",
        "/v1/hub/cases",
        WHO,
        messages.cases,
        "Dossiers partagés par le hub ; un seul avec toute sa chronologie",
        tag=TAG,
        query={
            "case_id": "Identifiant partagé : la chronologie de ce dossier.",
            "event_id": "Ceux d’un événement.",
            "patient_id": "Ceux d’une victime.",
        },
    ),
    Door(
        "GET",
        "/v1/hub/received",
        LOOKS,
        received.received,
        "Ce que les partenaires ont envoyé, et ce qui attend quelqu’un ; sans contenu",
        tag=TAG,
        query={
            "case_id": "Ceux d’un dossier.",
            "tasks": "« open » : ceux qui attendent qu’une personne agisse.",
            "before": "Numéro sous lequel continuer.",
        },
    ),
    Door(
        "GET",
        "/v1/hub/received/{number}",
        READS,
        received.message,
        "Un message reçu, en clair : patients, lieux, notes, décisions, moyens, demandes ; chaque lecture est notée",
        tag=TAG,
    ),
    Door(
        "POST",
        "/v1/hub/received/{number}/done",
        WHO,
        received.end_task,
        "Ce que ce message demandait est fait, ou refusé : la tâche et son alarme prennent fin",
        status=204,
        open_body=True,
        tag=TAG,
    ),
    Door(
        "GET",
        "/v1/hub/contents",
        READS,
        received.contents,
        "Un dossier en clair : tout ce que ses partenaires en ont dit",
        tag=TAG,
        query={"case_id": "Identifiant partagé du dossier."},
    ),
    Door(
        "POST",
        "/v1/hub/inspect",
        LOOKS,
        messages.inspect,
        "Juger un message du hub, JSON ou XML : enveloppe, en-tête, contenu ; rien n’est gardé",
        media_type=BYTES,
        tag=TAG,
        query={"model": "Modèle 1, 2 ou 3 ; absent : celui qui lui va le mieux."},
    ),
)
