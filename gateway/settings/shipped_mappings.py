"""Which shipped mapping says what to whom. A use is a destination and a topic, or what its answer is read by."""

from __future__ import annotations

from adapters.neighbours import NEIGHBOURS

SHIPPED_MAPPINGS = {
    **{f"{kind.name}.{use}": mapping for kind in NEIGHBOURS.values() for use, mapping in kind.mappings.items()},
    "fhir.event": "fhir/evenement@1",
    "fhir.victim": "fhir/victime@1",
    "fhir.places": "fhir/lieux@1",
    "hospital.adt": "hospital/adt@1",
}
"""Destination and topic → the mapping as it ships; a deployment names only what it changes. `fhir` and `hospital` are our own doors."""
