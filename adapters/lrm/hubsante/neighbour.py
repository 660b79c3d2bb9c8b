"""The Hub Santé, as the house knows it."""

from __future__ import annotations

from adapters.lrm.hubsante import open_hub
from adapters.lrm.hubsante.simulator import create_simulator
from adapters.wire.neighbour_kind import NeighbourKind

MAPPINGS = {
    "victim": "hub/victime@1",
    "counts": "hub/denombrement@1",
    "intervention.request": "hub/demande@1",
    "intervention.cancel": "hub/annulation@1",
    "evacuation": "hub/vecteur@1",
    "evacuation.status": "hub/statut-vecteur@1",
    "partner.vehicles": "hub/moyens@1",
    "partner.vehicle_status": "hub/statut-moyen@1",
    "partner.help_request": "hub/demande-moyens@1",
    "partner.help_answer": "hub/reponse-moyens@1",
    "partner.case_word": "hub/dossier@1",
    "partner.positions_request": "hub/positions@1",
    "partner.engagement": "hub/engagement@1",
    "partner.positions": "hub/points@1",
    "partner.resource_details": "hub/fiches-moyens@1",
    "partner.appointment": "hub/rendez-vous@1",
    "partner.document_links": "hub/documents@1",
    "partner.report": "hub/bilan@1",
    "partner.mission_summary": "oru/rpis@1",
    "partner.fire_case": "nexsis/affaire@1",
    "partner.fire_vehicles": "nexsis/moyens@1",
}

READINGS = {
    "received.dossier": "hub/recu-dossier@1",
    "received.moyens": "hub/recu-moyens@1",
    "received.statut-moyen": "hub/recu-statut-moyen@1",
    "received.demande-moyens": "hub/recu-demande-moyens@1",
    "received.reponse-moyens": "hub/recu-reponse-moyens@1",
    "received.engagement": "hub/recu-engagement@1",
    "received.rendez-vous": "hub/recu-rendez-vous@1",
    "received.documents": "hub/recu-documents@1",
    "received.bilan": "hub/recu-bilan@1",
    "received.mission": "hub/recu-mission@1",
    "received.positions": "hub/recu-positions@1",
    "received.demande-positions": "hub/recu-demande-positions@1",
    "received.details-moyens": "hub/recu-details-moyens@1",
    "received.operation": "hub/recu-operation@1",
    "received.accuse": "hub/recu-accuse@1",
    "received.erreur": "hub/recu-erreur@1",
}
"""What comes in, by the definition of `hub-recu-v1.schema.json` that reads it."""

HUB = NeighbourKind(
    name="hub",
    title="Hub Santé",
    topics=frozenset(MAPPINGS),
    mappings=MAPPINGS | READINGS,
    open=lambda _, section, mappings, __, clock: open_hub(
        section.link, section.perimeters, mappings, clock=clock, models_dir=section.models_dir
    ),
    simulate=create_simulator,
    port=8096,
    only_by_name=True,  # It starts a broker of its own.
)
