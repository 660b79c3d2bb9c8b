"""The portal and the platforms that are called back, as the house knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.portal import FhirPlatformAdapter, open_portal
from adapters.portal.simulator import create_simulator
from adapters.wire.neighbour_kind import NeighbourKind

if TYPE_CHECKING:
    import httpx

    from adapters.wire.neighbour_kind import Clock, Mappings

WEBHOOK_SECRET = "secret-du-bac-a-sable"  # noqa: S105 - of the simulator, which is no secret

PORTAL = NeighbourKind(
    name="portal",
    title="portail",
    topics=frozenset({"outcome", "patient.news"}),
    mappings={"outcome": "portal/outcome@1", "patient.news": "portal/patient-news@1"},
    open=lambda _, section, mappings, wire, clock: open_portal(
        section.link, section.secrets, mappings, wire, clock=clock
    ),
    simulate=lambda mode, clock, _: create_simulator(mode, clock, [WEBHOOK_SECRET]),
    port=8094,
)


def _open_platform(
    _: str,
    section: Any,  # noqa: ANN401 - its section of the settings
    mappings: Mappings,
    wire: httpx.AsyncBaseTransport | None,
    clock: Clock,
) -> Any:  # noqa: ANN401 - an adapter
    opener = FhirPlatformAdapter if section.speaks == "fhir" else open_portal
    return opener(section.link, section.secrets, mappings, wire, clock=clock)


PLATFORM = NeighbourKind(
    name="platform",
    title="plateforme",
    topics=frozenset({"intervention.status"}),
    mappings={"intervention.status": "platform/statut@1"},
    open=_open_platform,
    several=True,
)
