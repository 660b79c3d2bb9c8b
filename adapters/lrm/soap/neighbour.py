"""A CRRA's software over SOAP, as the house knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.soap import open_lrm
from adapters.lrm.soap.simulator import create_simulator
from adapters.wire.neighbour_kind import NeighbourKind
from adapters.wire.ws_security.username_token import Credentials

if TYPE_CHECKING:
    import httpx

    from adapters.lrm.soap.adapter import LrmSoapAdapter
    from adapters.wire.neighbour_kind import Clock, Mappings


def _open(
    name: str,
    section: Any,  # noqa: ANN401 - its section of the settings
    mappings: Mappings,
    wire: httpx.AsyncBaseTransport | None,
    clock: Clock,
) -> LrmSoapAdapter:
    account = None
    if section.username is not None and section.password is not None:
        account = Credentials(username=section.username, password=section.password)
    return open_lrm(
        section.link, mappings, wire, clock=clock, credentials=account, signing=section.signature, name=name
    )


LRM_SOAP = NeighbourKind(
    name="lrm",
    title="logiciel de régulation (SOAP)",
    topics=frozenset({"intervention.request", "intervention.cancel"}),
    mappings={"intervention.request": "lrm/demande@1", "intervention.cancel": "lrm/annulation@1"},
    open=_open,
    simulate=lambda mode, clock, _: create_simulator(mode, clock),
    port=8093,
    several=True,
    follows=True,
)
