"""Documents to try a mapping on: a file, the demo event, a victim of the register with its identity masked.

The demo is played through the domain's own rules, in memory: what it gives is what the register would have given.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain.counting.counts import cells_of, counts_document
from domain.decisions.commands import ChangePatient
from domain.decisions.decide import Surroundings, decide
from domain.event import Link, open_event
from domain.source import Source
from domain.victim.observation import Stamp
from domain.victim.projection import observe
from domain.victim.snapshot import detached_documents, event_document, victim_document
from gateway.doors.portal.operations import OPERATIONS
from gateway.mappings import training_event
from mapping.proof.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from domain.decisions.commands import PatientCommand
    from domain.event import Event
    from domain.victim.victim import Victim
    from gateway.register import Register

DEMO = "demo"
VERBS = {
    "bilan": "bilan",
    "orientation-request": "ask_orientation",
    "orientation": "decide_orientation",
    "evacuation-request": "ask_evacuation",
    "exit": "confirm_exit",
}
MOST_BYTES = 4 * 1024 * 1024


class SampleDocumentError(Exception):
    """There is no such document; the text says why, in French."""


def from_file(path: Path) -> dict[str, Any]:
    """A canon document written as JSON."""
    if path.stat().st_size > MOST_BYTES:
        raise SampleDocumentError(f"{path} dépasse {MOST_BYTES // 1024} Ko.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise SampleDocumentError(f"{path} n’est pas un document JSON en UTF-8.") from None
    if not isinstance(document, dict):
        raise SampleDocumentError(f"{path} doit contenir un objet JSON.")
    return document


def demo(topic: str, destination: str) -> dict[str, dict[str, Any]]:
    """The demo event's documents of one topic, by a name; empty for a topic that it does not have."""
    event = _demo_event(destination)
    at = event.started_at
    victims = {patient.name: _victim(event, patient, at) for patient in training_event.PATIENTS}
    stamp = Stamp(Source.PORTAL, "demo", at, at)
    match topic:
        case "event":
            return {event.name: dict(event_document(event, stamp, destination))}
        case "victim":
            return {name: dict(victim_document(victim, event, stamp, destination)) for name, victim in victims.items()}
        case "counts":
            counted = counts_document(event, cells_of(victims.values()), 1, at, "portal", destination)
            return {event.name: dict(counted)}
        case "identifier.detached":
            return dict(_detached(event, victims, destination))
        case _:
            return {}


def live(register: Register, victim_id: str, destination: str) -> dict[str, Any]:
    """The record of a victim of the register, its identity masked."""
    event_id = register.victims.event_of(victim_id)
    event = register.events.find(event_id) if event_id else None
    victim = register.victims.find(event.id, victim_id) if event else None
    if event is None or victim is None:
        raise SampleDocumentError(
            "Aucun fichier, aucun patient du registre ne porte ce nom ; « demo » joue l’événement d’essai."
        )
    return masked(victim_document(victim, event, victim.created, destination))


def _demo_event(destination: str) -> Event:
    training = training_event.EVENT
    event = open_event(
        id="demo",
        name=training["name"],
        type=training["type"],
        mode=training["mode"],
        started_at=datetime.fromisoformat(training["started_at"]),
        localisations=[(place["id"], place["name"]) for place in training["localisations"]],
    )
    return replace(event, links={destination: Link("create", "EVT-DEMO", "linked")})


def _stamps(at: datetime) -> Iterator[Stamp]:
    while True:
        at += timedelta(minutes=1)
        yield Stamp(Source.PORTAL, "demo", at, at)


def _victim(event: Event, patient: training_event.Patient, at: datetime) -> Victim:
    """One patient of the demo, led to where the deck leaves it."""
    known: Victim | None = None
    stamps = _stamps(at)
    victim_id = patient.name.lower()
    for verb, document in (("create", patient.document()), *((VERBS[path], body) for path, body in patient.steps)):
        operation = OPERATIONS[verb]
        known = _after(
            event,
            known,
            operation.command(victim_id, operation.document.model_validate_json(json.dumps(document))),
            stamps,
        )
    if known is None:
        raise LookupError(victim_id)
    return known


def _after(event: Event, known: Victim | None, command: PatientCommand, stamps: Iterator[Stamp]) -> Victim | None:
    nobody_else = Surroundings(holder_of_number=lambda _: None, next_cata_serial=lambda _: 1)
    for observation in decide(event, known, command, next(stamps), nobody_else):
        known = observe(known, observation)
    return known


def _detached(event: Event, victims: Mapping[str, Victim], destination: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What would be said if each number of the demo were taken off."""
    for name, victim in victims.items():
        if victim.sinus_number:
            stamps = _stamps(event.started_at + timedelta(hours=1))
            nobody_else = Surroundings(holder_of_number=lambda _: None, next_cata_serial=lambda _: 1)
            for observation in decide(event, victim, ChangePatient({"sinus_number": None}), next(stamps), nobody_else):
                for document in detached_documents(observe(victim, observation), event, observation, destination):
                    yield name, dict(document)
