"""What the suite of the Destination port asks of each adapter's builder file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from outbox.message import Envelope
    from outbox.ports import Destination

ALL_FAULTS = frozenset(
    {
        "latency",
        "refuse",
        "reset",
        "timeout_after_work",
        "lost_ack",
        "soap_fault",
        "too_many",
        "wrong_answer",
        "garbled_ack",
    }
)
ODD_RECEIPTS = frozenset({"bare_ack", "bom_ack", "multipart_ack"})
"""Answers over HTTP that are receipts all the same."""


@dataclass(frozen=True)
class Neighbour:
    """An adapter wired to a simulator, and the ways to look at it and to trouble it."""

    destination: Destination
    envelopes: Sequence[Envelope]
    """Valid, of the neighbour's mode, deliverable in this order to the fresh neighbour; at least one per topic."""
    personal: Sequence[str]
    """Personal values that stand in the bodies: never in an error, never in a log."""
    state: Callable[[], Awaitable[dict[str, Any]]]
    """What the simulator holds now."""
    script: Callable[[list[dict[str, Any]]], Awaitable[object]]
    """Appends lines to its script of faults."""
    vanish: Callable[[], Awaitable[None]]
    """From now on nothing listens."""
    faults: frozenset[str] = ALL_FAULTS
    """The scripted faults that this wire can play."""
