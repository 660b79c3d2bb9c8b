"""The neighbours of a deployment: which there are, how each is reached, and the adapter that speaks to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from adapters.declared import open_declared
from adapters.neighbours import NEIGHBOURS, kind_of
from adapters.wire.ws_security.username_token import Credentials, TokenGate
from adapters.wire.ws_security.verify import SignatureGate
from gateway import clock as gateway_clock
from gateway.interventions.tell import webhook
from outbox.retry import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AsyncExitStack
    from datetime import datetime

    import httpx

    import mapping
    from adapters.wire.link import Link
    from gateway.hub.door import Listener
    from gateway.mappings.versions import Versions
    from gateway.runtime import Follower, Mirror, Teller
    from gateway.settings.base import Delivery
    from gateway.settings.settings import Settings
    from outbox.ports import Destination


@dataclass(frozen=True, slots=True)
class DestinationLink:
    """How one destination is reached, and how it is sent to."""

    link: Link
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The adapters that are open."""

    destinations: dict[str, Destination]
    mirrors: dict[str, Mirror]
    followers: dict[str, Follower]
    tellers: dict[str, Teller]
    hub: Listener | None = None


def sections_of(settings: Settings) -> dict[str, Any]:
    """Destination → its section of the settings; those known by their files apart."""
    named = {name: getattr(settings, name, None) for name in NEIGHBOURS}
    several = {f"{lrm.family}:{name}": lrm for name, lrm in settings.lrms.items()}
    called_back = {
        webhook(name): platform for name, platform in settings.platforms.items() if platform.link is not None
    }
    return {name: section for name, section in {**named, **several, **called_back}.items() if section is not None}


def neighbours_of(settings: Settings) -> dict[str, DestinationLink]:
    """Every destination that has a section in the settings: how it is reached, and how it is sent to."""
    sections = {**sections_of(settings), **settings.destinations}
    return {name: DestinationLink(section.link, section.delivery) for name, section in sections.items()}


def open_neighbours(
    settings: Settings,
    versions: Versions,
    closing: AsyncExitStack,
    *,
    clock: Callable[[], datetime] = gateway_clock.now,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> Neighbours:
    """The adapter of every neighbour that has a section in the settings."""
    wire = (transports or {}).get
    opened: dict[str, Any] = {
        name: NEIGHBOURS[kind_of(name)].open(name, section, _mappings(versions, kind_of(name)), wire(name), clock)
        for name, section in sections_of(settings).items()
    }
    opened |= {
        name: open_declared(name, destination.link, destination, _mappings(versions, name), wire(name), clock=clock)
        for name, destination in settings.destinations.items()
    }
    for adapter in opened.values():
        closing.push_async_callback(adapter.aclose)
    kinds = {name: NEIGHBOURS.get(kind_of(name)) for name in opened}
    mirrors = {name: adapter for name, adapter in opened.items() if (kind := kinds[name]) and kind.mirrors}
    followers = {name: adapter for name, adapter in opened.items() if (kind := kinds[name]) and kind.follows}
    tellers = {name: adapter for name, adapter in opened.items() if (kind := kinds[name]) and kind.read_news}
    return Neighbours(opened, mirrors, followers, tellers, opened.get("hub"))


def _mappings(versions: Versions, prefix: str) -> dict[str, mapping.Mapping]:
    # An adapter only applies them, and that is what these do.
    return cast("dict[str, mapping.Mapping]", versions.shapes(prefix))


def token_gate(settings: Settings) -> TokenGate:
    """The accounts of the platforms that call by a WS-Security token with digest."""
    passwords = {
        name: platform.password for name, platform in settings.platforms.items() if platform.password is not None
    }
    return TokenGate(*(Credentials(username=name, password=password) for name, password in passwords.items()))


def signature_gate(settings: Settings) -> SignatureGate:
    """The certificates of the platforms that sign what they say."""
    return SignatureGate(
        {name: platform.signature for name, platform in settings.platforms.items() if platform.signature is not None}
    )


def policies(settings: Settings) -> dict[str, Policy]:
    """How each destination is sent to."""
    return {
        name: Policy(
            concurrency=neighbour.delivery.concurrency,
            schedule=neighbour.delivery.schedule,
            timeout=neighbour.link.read_timeout * 3,
            rate=neighbour.delivery.rate,
        )
        for name, neighbour in neighbours_of(settings).items()
    }


def links(settings: Settings) -> dict[str, str]:
    """Destination → the address it is reached at."""
    return {name: neighbour.link.url for name, neighbour in neighbours_of(settings).items()}
