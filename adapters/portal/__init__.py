"""The portal's ear: a signed webhook that says what became of each message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.portal.adapter import PortalAdapter
from adapters.portal.client import PortalClient
from adapters.portal.fhir import FhirPlatformAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import httpx
    from pydantic import SecretStr

    import mapping
    from adapters.wire.link import Link

__all__ = ["FhirPlatformAdapter", "open_portal"]


def open_portal(
    link: Link,
    secrets: Sequence[SecretStr],
    mappings: Mapping[str, mapping.Mapping],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    clock: Callable[[], datetime],
) -> PortalAdapter:
    """The destination `portal`: `mappings` by topic, `secrets` with the newest first, all of them signed with."""
    return PortalAdapter(link, PortalClient(link, secrets, clock, transport), mappings)
