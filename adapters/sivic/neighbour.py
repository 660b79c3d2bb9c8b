"""SI-VIC, as the house knows it."""

from __future__ import annotations

from adapters.sivic import open_sivic
from adapters.sivic.inbound import read_news
from adapters.sivic.simulator import create_simulator
from adapters.wire.neighbour_kind import GivenIdentifiers, NeighbourKind
from domain.source import Source

SIVIC = NeighbourKind(
    name="sivic",
    title="SI-VIC",
    topics=frozenset({"event", "victim", "identifier.detached"}),
    mappings={
        "event": "sivic/evenement@1",
        "victim": "sivic/personne@1",
        "victim.deleted": "sivic/retrait@1",
        "identifier.detached": "sivic/numero-detache@1",
        "event.answer": "sivic/reponse-evenement@1",
        "victim.answer": "sivic/reponse-personne@1",
        "held": "sivic/denombrement-detenu@1",
        "news": "sivic/nouvelle@1",
        "people": "sivic/personnes-detenues@1",
    },
    open=lambda _, section, mappings, wire, clock: open_sivic(section.link, mappings, wire, clock=clock),
    simulate=lambda mode, clock, _: create_simulator(mode, clock),
    port=8092,
    mirrors=True,
    read_news=read_news,
    compares=frozenset({"hospital", "number"}),  # It keeps no place of the field by identifier.
    keeps_events=True,
    event_taken="sivic.evenement_deja_lie",
    number_taken="sivic.numero_porte_ailleurs",
    # An HP number is given to a person who has no bracelet.
    gives=GivenIdentifiers(Source.SIVIC, own="sivic_id", shared=("sinus_number_hp",)),
)
