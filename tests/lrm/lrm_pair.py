"""A CRRA's software, our side of its link, and the clock they share: what the tests of this wire are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapping
from adapters.lrm.soap import open_lrm
from adapters.lrm.soap.simulator import create_simulator
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from outbox.message import ClaimedMessage, Envelope, Kind, Priority

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from adapters.lrm.soap.adapter import LrmSoapAdapter
    from adapters.wire.ws_security.username_token import Credentials

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "lrm"
TOPICS = {"intervention.request": "lrm/demande@1", "intervention.cancel": "lrm/annulation@1"}


@dataclass
class SetClock:
    """A clock that a test sets."""

    now: datetime = datetime(2026, 1, 1, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it is."""
        return self.now


def shipped() -> dict[str, mapping.Mapping]:
    """The shipped mappings of this recipient, by topic."""
    catalogue = mapping.shipped()
    return {topic: catalogue.mapping(name) for topic, name in TOPICS.items()}


@dataclass
class Pair:
    """One CRRA and our adapter, in process."""

    mode: str = "Actual"
    link_mode: str = "Actual"
    crra: str | None = None
    credentials: Credentials | None = None
    theirs: Credentials | None = None
    clock: SetClock = field(default_factory=SetClock)
    clock_of_crra: SetClock | None = None

    def __post_init__(self) -> None:
        """Wire the two."""
        self.app: Starlette = create_simulator(
            self.mode, self.clock_of_crra or self.clock, crra=self.crra, credentials=self.theirs
        )
        self.wire = InProcess(self.app)
        self.adapter: LrmSoapAdapter = open_lrm(
            Link(url="http://crra.essai", mode=self.link_mode, read_timeout=0.3),
            shipped(),
            self.wire,
            clock=self.clock,
            credentials=self.credentials,
        )

    async def held(self) -> dict[str, Any]:
        """The requests the CRRA holds, by idDemande."""
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


def envelope(topic: str, body: dict[str, Any], identifier: str = "0190a5d0-0000-7000-8000-000000000001") -> Envelope:
    """A message of the outbox."""
    return Envelope(
        id=identifier,
        destination="lrm",
        lane=body["request_id"],
        topic=topic,
        kind=Kind.COMMAND,
        mode=body["mode"],
        body=body,
        created_at=datetime(2026, 1, 1, 7, tzinfo=UTC),
        priority=Priority.INTERVENTION,
    )


def request(**changes: Any) -> ClaimedMessage:
    """A click under lease: the whole recorded request unless changed."""
    return ClaimedMessage(envelope("intervention.request", canon("demande-complete", **changes)), attempt=1, fence=1)


def cancellation(**changes: Any) -> ClaimedMessage:
    """Its cancellation under lease."""
    body = canon("annulation", **changes)
    return ClaimedMessage(
        envelope("intervention.cancel", body, "0190a5d0-0000-7000-8000-000000000002"), attempt=1, fence=1
    )


def again(claimed: ClaimedMessage) -> ClaimedMessage:
    """The next attempt of the same message."""
    return replace(claimed, attempt=claimed.attempt + 1, fence=claimed.fence + 1)
