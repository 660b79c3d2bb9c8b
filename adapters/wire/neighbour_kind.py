"""What a kind of neighbour says of itself: one value per adapter package, read by whoever routes, opens, simulates, sets or tests it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    import httpx
    from starlette.applications import Starlette

    import mapping
    from adapters.wire.news import NewsPage
    from domain.source import Source

    Clock = Callable[[], datetime]
    Mappings = Mapping[str, mapping.Mapping]
    Open = Callable[[str, Any, Mappings, httpx.AsyncBaseTransport | None, Clock], Any]
    """(destination, its section of the settings, its mappings by topic, its wire or None, the clock) → its adapter."""
    ReadNews = Callable[[Any, str, Any], NewsPage]
    """(a page of JSON, parsed, the mode of the link, the mapping `news`) → its words; raises `PageError`."""
    Simulate = Callable[[str, Clock, Path | None], Starlette]
    """(mode, clock, folder of official models or None) → its simulator."""


@dataclass(frozen=True, slots=True)
class GivenIdentifiers:
    """The identifiers of a victim that a neighbour gives in its receipts, heard as its own word."""

    source: Source
    own: str
    """Field of the victim that keeps the reference of the receipt: it interests nobody else."""
    shared: tuple[str, ...] = ()
    """Fields of the victim that facts of the same name give, and that the other neighbours learn of."""
    when_joined: bool = False
    """Only of a victim whom a person joined to a record of that neighbour; of the others the outbox keeps the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourKind:
    """One kind of destination: `lrm` for `lrm` and for `lrm:samu77`."""

    name: str
    title: str
    """As people say it."""
    topics: frozenset[str]
    """What it is told. A neighbour that does not count takes no counts."""
    mappings: Mapping[str, str] = field(default_factory=dict)
    """Topic, or what an answer is read by → the shipped mapping."""
    open: Open
    simulate: Simulate | None = None
    port: int = 0
    """Where its simulator listens unless told otherwise; 0: where the system likes."""
    only_by_name: bool = False
    """Its simulator is opened when it is asked for, never with all the others."""
    several: bool = False
    """A deployment may have more than one, each with a name of its own."""
    mirrors: bool = False
    """It can be asked what it holds of an event: `held`, `people`."""
    read_news: ReadNews | None = None
    """It says of its own accord what happened to persons: how a page that it pushes is read; `news` asks for one."""
    compares: frozenset[str] = frozenset()
    """What it keeps of a person besides the severity, and lists by its contract: `localisation`, `hospital`, `number`."""
    follows: bool = False
    """It can be asked what became of a request: `status`."""
    keeps_events: bool = False
    """It keeps events of its own, to be opened or linked before victims can be sent there."""
    event_taken: str = ""
    """The cause by which it says that it still takes our event for another of its own; empty: it never does."""
    number_taken: str = ""
    """The cause by which it says that a record of its own bears the number of a victim; empty: it never does."""
    gives: GivenIdentifiers | None = None
