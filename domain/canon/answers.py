"""What may be learnt from a neighbour's answer, in our own words; the other half of `domain.canon.documents`.

A key that the neighbour did not say is absent. It refuses to judge: what a word changes is decided where it is heard.
"""

from __future__ import annotations

from typing import TypedDict

from domain.canon.people import PersonDocument
from domain.canon.received import RECEIVED


class TakenDocument(TypedDict):
    """`taken`: what a neighbour answers when it takes a document."""

    state: str
    """In the neighbour's own words: `ANNONCEE`, `prise`, `perimee`…"""
    duplicate: bool
    """It had already taken this very message."""
    reference: str | None
    """Its own identifier for the thing: an event, a fiche."""
    sinus_number_hp: str | None
    """The number of origin HP that it gave to a person who had none."""


class HeldDocument(TypedDict):
    """`held`: how many persons a neighbour holds in an event."""

    UA: int
    UR: int
    IMP: int
    DCD: int
    NC: int


class HeldPersonCanon(TypedDict):
    """One person as a neighbour lists it."""

    id: str | None
    """Ours; absent for somebody whom only the neighbour knows."""
    reference: str
    """The neighbour's own identifier."""
    version: int
    """The revision of ours that it holds."""
    severity: str
    localisation: str | None
    """The identifier of the place."""
    hospital: str | None
    """FINESS of the destination."""
    number: str | None
    """SINUS number, in its canonical form."""


class HeldPeopleDocument(TypedDict):
    """`people`: one page of the persons that a neighbour holds in an event."""

    people: list[HeldPersonCanon] | None
    after: str | None
    """The cursor of the next page; absent from the last."""


class AnswerDocument(TypedDict):
    """`answer`: what a neighbour that is only described by files answers to any document."""

    outcome: str | None
    """`taken`, `later` (send it again) or `refused` (a person must look); without it the HTTP status says."""
    duplicate: bool | None
    """It had already taken this very message."""
    reference: str | None
    """Its own identifier for the thing."""
    code: str | None
    """Its code for what is wrong."""
    field: str | None
    """Which field is wrong; never its value."""
    retry_after: int | None
    """Seconds to wait before the next attempt."""


HEARD: dict[str, type] = {
    "taken": TakenDocument,
    "held": HeldDocument,
    "people": HeldPeopleDocument,
    "answer": AnswerDocument,
    **RECEIVED,
    "person": PersonDocument,
}
"""What mappings of what comes in may produce → its shape."""
