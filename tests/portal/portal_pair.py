"""A portal that listens, the destination that tells it, and the clock they share."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

import mapping
from adapters.portal import open_portal
from adapters.portal.simulator import create_simulator
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from outbox.message import ClaimedMessage, Envelope, Kind

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from adapters.portal.adapter import PortalAdapter

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "portal"
SECRET = "un-secret-invente-pour-essai"


@dataclass
class SetClock:
    """A clock that a test sets."""

    now: datetime = datetime(2026, 1, 1, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it is."""
        return self.now


@dataclass
class Pair:
    """One portal and our side of its link."""

    clock: SetClock = field(default_factory=SetClock)
    mode: str = "Actual"
    link_mode: str = "Actual"
    secrets: tuple[str, ...] = (SECRET,)
    portal_secrets: tuple[str, ...] = (SECRET,)
    clock_of_portal: SetClock | None = None

    def __post_init__(self) -> None:
        """Wire the two."""
        self.app: Starlette = create_simulator(self.mode, self.clock_of_portal or self.clock, self.portal_secrets)
        self.wire = InProcess(self.app)
        self.adapter: PortalAdapter = open_portal(
            Link(url="http://portail.essai/webhook", mode=self.link_mode, read_timeout=0.3),
            [SecretStr(secret) for secret in self.secrets],
            {"outcome": mapping.shipped().mapping("portal/outcome@1")},
            self.wire,
            clock=self.clock,
        )

    async def script(self, *faults: dict[str, Any]) -> None:
        """Script the portal's faults."""
        await self.wire.control("POST", "/_sandbox/faults", json=list(faults))

    async def state(self) -> dict[str, Any]:
        """What the portal was told."""
        state: dict[str, Any] = await self.wire.control("GET", "/_sandbox/state")
        return state


def canon(name: str = "outcome-parked", **changes: Any) -> dict[str, Any]:
    """An outcome document, as the outbox says it."""
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.canon.json").read_text("utf-8"))
    return {**document, **changes}


def claimed(identifier: str = "notif-essai-1", **changes: Any) -> ClaimedMessage:
    """A notification under lease."""
    body = canon(**changes)
    envelope = Envelope(
        id=identifier,
        destination="portal",
        lane=body["lane"],
        topic="outcome",
        kind=Kind.COMMAND,
        mode=body["mode"],
        body=body,
        created_at=datetime(2026, 1, 1, 7, tzinfo=UTC) - timedelta(seconds=1),
    )
    return ClaimedMessage(envelope, attempt=1, fence=1)
