"""A CRRA's software over FHIR R4 messages, as the house knows it."""

from __future__ import annotations

from adapters.lrm.fhir import open_lrm_fhir
from adapters.lrm.fhir.simulator import create_simulator
from adapters.wire.neighbour_kind import NeighbourKind

LRM_FHIR = NeighbourKind(
    name="lrm_fhir",
    title="logiciel de régulation (FHIR)",
    topics=frozenset({"intervention.request", "intervention.cancel"}),
    mappings={"intervention.request": "lrm_fhir/demande@1", "intervention.cancel": "lrm_fhir/annulation@1"},
    open=lambda name, section, mappings, wire, clock: open_lrm_fhir(
        section.link, mappings, wire, clock=clock, name=name
    ),
    simulate=lambda mode, clock, _: create_simulator(mode, clock),
    port=8095,
    several=True,
    follows=True,
)
