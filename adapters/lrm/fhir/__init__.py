"""A CRRA's software over FHIR R4 messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.fhir.adapter import LrmFhirAdapter
from adapters.lrm.fhir.client import LrmFhirClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    import mapping
    from adapters.wire.link import Link

__all__ = ["open_lrm_fhir"]


def open_lrm_fhir(
    link: Link,
    mappings: Mapping[str, mapping.Mapping],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    clock: Callable[[], datetime],
    name: str = "lrm_fhir",
) -> LrmFhirAdapter:
    """A destination: `mappings` by topic (`intervention.request`, `intervention.cancel`)."""
    return LrmFhirAdapter(link, LrmFhirClient(link, clock, transport), mappings, name)
