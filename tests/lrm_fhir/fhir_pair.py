"""A CRRA's FHIR software, our side of its link, and the clock they share."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapping
from adapters.lrm.fhir import open_lrm_fhir
from adapters.lrm.fhir.simulator import create_simulator
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from outbox.message import ClaimedMessage, Envelope, Kind, Priority

if TYPE_CHECKING:
    from adapters.lrm.fhir.adapter import LrmFhirAdapter

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "lrm_fhir"
TOPICS = {"intervention.request": "lrm_fhir/demande@1", "intervention.cancel": "lrm_fhir/annulation@1"}


@dataclass
class SetClock:
    """A clock that a test sets."""

    now: datetime = datetime(2026, 1, 1, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it is."""
        return self.now


@dataclass
class Pair:
    """One CRRA and our adapter, in process."""

    mode: str = "Actual"
    link_mode: str = "Actual"
    clock: SetClock = field(default_factory=SetClock)

    def __post_init__(self) -> None:
        """Wire the two."""
        self.wire = InProcess(create_simulator(self.mode, self.clock))
        catalogue = mapping.shipped()
        self.adapter: LrmFhirAdapter = open_lrm_fhir(
            Link(url="http://crra.essai", mode=self.link_mode, read_timeout=0.3),
            {topic: catalogue.mapping(name) for topic, name in TOPICS.items()},
            self.wire,
            clock=self.clock,
        )

    async def held(self) -> dict[str, Any]:
        """The requests the CRRA holds, by reference."""
        state: dict[str, Any] = await self.wire.control("GET", "/_sandbox/state")
        requests: dict[str, Any] = state["requests"]
        return requests

    async def advance(self, request: str, **step: str) -> dict[str, Any]:
        """The people of the CRRA move a request on."""
        moved: dict[str, Any] = await self.wire.control("POST", f"/_sandbox/requests/{request}/advance", json=step)
        return moved


def canon(name: str, **changes: Any) -> dict[str, Any]:
    """A recorded document; a change of `patient__name` reaches inside."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.canon.json").read_text("utf-8"))
    for path, value in changes.items():
        *parents, last = path.split("__")
        inside = document
        for parent in parents:
            inside = inside[parent]
        inside[last] = value
    return document


def envelope(topic: str, body: dict[str, Any], identifier: str) -> Envelope:
    """A message of the outbox."""
    return Envelope(
        id=identifier,
        destination="lrm_fhir",
        lane=body["request_id"],
        topic=topic,
        kind=Kind.COMMAND,
        mode=body["mode"],
        body=body,
        created_at=datetime(2026, 1, 1, 7, tzinfo=UTC),
        priority=Priority.INTERVENTION,
    )


def request(identifier: str = "0190a5d0-0000-7000-8000-000000000001", **changes: Any) -> ClaimedMessage:
    """A click under lease: the whole recorded request unless changed."""
    body = canon("demande-complete", **changes)
    return ClaimedMessage(envelope("intervention.request", body, identifier), attempt=1, fence=1)


def cancellation(**changes: Any) -> ClaimedMessage:
    """Its cancellation under lease."""
    body = canon("annulation", **changes)
    name = "0190a5d0-0000-7000-8000-000000000002"
    return ClaimedMessage(envelope("intervention.cancel", body, name), attempt=1, fence=1)


def again(claimed: ClaimedMessage) -> ClaimedMessage:
    """The next attempt of the same message."""
    return replace(claimed, attempt=claimed.attempt + 1, fence=claimed.fence + 1)
