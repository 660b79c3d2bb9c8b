"""SINUS, as the house knows it."""

from __future__ import annotations

from adapters.sinus.adapter import open_sinus
from adapters.sinus.inbound import read_news
from adapters.sinus.simulator import create_simulator
from adapters.wire.neighbour_kind import GivenIdentifiers, NeighbourKind
from domain.source import Source

SINUS = NeighbourKind(
    name="sinus",
    title="SINUS",
    topics=frozenset({"event", "victim", "identifier.detached", "counts"}),
    mappings={
        "event": "sinus/evenement@1",
        "victim": "sinus/victime@1",
        "identifier.detached": "sinus/detachement@1",
        "counts": "sinus/denombrement@1",
        "held": "sinus/denombrement-detenu@1",
        "news": "sinus/nouvelle@1",
        "people": "sinus/fiches-detenues@1",
    },
    open=lambda _, section, mappings, wire, clock: open_sinus(section.link, mappings, clock=clock, transport=wire),
    simulate=lambda mode, clock, _: create_simulator(mode, clock),
    port=8091,
    mirrors=True,
    read_news=read_news,
    compares=frozenset({"localisation", "hospital", "number"}),
    keeps_events=True,
    event_taken="sinus.evenement_deja_lie",
    number_taken="sinus.numero_deja_attribue",
    gives=GivenIdentifiers(Source.SINUS, own="sinus_id", when_joined=True),
)
