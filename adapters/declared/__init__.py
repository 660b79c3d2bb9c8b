"""Any neighbour that speaks HTTP with JSON, XML or SOAP, by files alone: no Python knows its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.declared.adapter import DeclaredAdapter
from adapters.declared.client import DeclaredClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from adapters.declared.adapter import Shape
    from adapters.declared.agreement import Agreement
    from adapters.wire.link import Link

__all__ = ["open_declared"]


def open_declared(  # noqa: PLR0913 - who, where, what was agreed, by which files
    name: str,
    link: Link,
    agreement: Agreement,
    shapes: Mapping[str, Shape],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    clock: Callable[[], datetime],
) -> DeclaredAdapter:
    """The destination `name`: `shapes` by topic, with `<topic>.answer` and `<topic>.refusal` where agreed."""
    return DeclaredAdapter(name, link, DeclaredClient(name, link, agreement, clock, transport), agreement, shapes)
