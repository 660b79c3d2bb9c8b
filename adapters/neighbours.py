"""Every kind of neighbour that ships with the product. The only file that names the concrete adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.fhir.neighbour import LRM_FHIR
from adapters.lrm.hubsante.neighbour import HUB
from adapters.lrm.soap.neighbour import LRM_SOAP
from adapters.portal.neighbour import PLATFORM, PORTAL
from adapters.sinus.neighbour import SINUS
from adapters.sivic.neighbour import SIVIC

if TYPE_CHECKING:
    from adapters.wire.neighbour_kind import NeighbourKind

NEIGHBOURS: dict[str, NeighbourKind] = {
    kind.name: kind for kind in (SINUS, SIVIC, PORTAL, PLATFORM, LRM_SOAP, LRM_FHIR, HUB)
}
"""By name, in the order in which destinations are listed everywhere."""


def kind_of(destination: str) -> str:
    """What a destination is: `lrm` for `lrm:samu77`. Those of one kind are told the same, by the same mappings and allow-list."""
    return destination.partition(":")[0]
