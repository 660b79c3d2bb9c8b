"""The national hub of the SAMUs: one public contract, EDXL-DE envelopes over AMQP, kept exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.hubsante.adapter import HubAdapter
from adapters.lrm.hubsante.client import HubConnection
from adapters.lrm.hubsante.judge.judgement import Judge
from adapters.lrm.hubsante.perimeters import models_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import mapping
    from adapters.wire.link import Link
    from adapters.wire.perimeter import Perimeter

__all__ = ["open_hub", "open_judges"]


def open_judges(models_dir: Path | None, perimeters: Sequence[Perimeter]) -> dict[int, Judge]:
    """The official schemas of every model that a perimeter speaks; none without a folder. Raises ModelsError."""
    versions = {perimeter.model for perimeter in perimeters} if models_dir else set()
    return {version: Judge(models_of(models_dir, version)) for version in sorted(versions) if models_dir}


def open_hub(  # noqa: PLR0913 - what a hub is made of
    link: Link,
    perimeters: Sequence[Perimeter],
    mappings: Mapping[str, mapping.Mapping],
    *,
    clock: Callable[[], datetime],
    models_dir: Path | None = None,
    connections: Mapping[str, HubConnection] | None = None,
) -> HubAdapter:
    """The destination `hub`: `mappings` by topic. `connections` are shared with the inbound door where there is one."""
    joined = connections or {perimeter.vhost: HubConnection(link, perimeter, clock) for perimeter in perimeters}
    return HubAdapter(link, perimeters, joined, mappings, open_judges(models_dir, perimeters), clock)
