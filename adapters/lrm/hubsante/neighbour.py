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

HUB = NeighbourKind(
    name="hub",
    title="Hub Santé",
    topics=frozenset(MAPPINGS),
    mappings=MAPPINGS,
    open=lambda _, section, mappings, __, clock: open_hub(
        section.link, section.perimeters, mappings, clock=clock, models_dir=section.models_dir
    ),
    simulate=create_simulator,
    port=8096,
    only_by_name=True,  # It starts a broker of its own.
)
