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
class Reached:
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
    several = {f"{one.family}:{name}": one for name, one in settings.lrms.items()}
    called_back = {webhook(name): one for name, one in settings.platforms.items() if one.link is not None}
    return {name: one for name, one in {**named, **several, **called_back}.items() if one is not None}


def neighbours_of(settings: Settings) -> dict[str, Reached]:
    """Every destination that has a section in the settings: how it is reached, and how it is sent to."""
    sections = {**sections_of(settings), **settings.destinations}
    return {name: Reached(one.link, one.delivery) for name, one in sections.items()}


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
        name: open_declared(name, one.link, one, _mappings(versions, name), wire(name), clock=clock)
        for name, one in settings.destinations.items()
    }
    for one in opened.values():
        closing.push_async_callback(one.aclose)
    kinds = {name: NEIGHBOURS.get(kind_of(name)) for name in opened}
    mirrors = {name: one for name, one in opened.items() if (kind := kinds[name]) and kind.mirrors}
    followers = {name: one for name, one in opened.items() if (kind := kinds[name]) and kind.follows}
    tellers = {name: one for name, one in opened.items() if (kind := kinds[name]) and kind.read_news}
    return Neighbours(opened, mirrors, followers, tellers, opened.get("hub"))


def _mappings(versions: Versions, prefix: str) -> dict[str, mapping.Mapping]:
    # An adapter only applies them, and that is what these do.
    return cast("dict[str, mapping.Mapping]", versions.shapes(prefix))


def token_gate(settings: Settings) -> TokenGate:
    """The accounts of the platforms that call by a WS-Security token with digest."""
    passwords = {name: one.password for name, one in settings.platforms.items() if one.password is not None}
    return TokenGate(*(Credentials(username=name, password=password) for name, password in passwords.items()))


def signature_gate(settings: Settings) -> SignatureGate:
    """The certificates of the platforms that sign what they say."""
    return SignatureGate({name: one.signature for name, one in settings.platforms.items() if one.signature is not None})


def policies(settings: Settings) -> dict[str, Policy]:
    """How each destination is sent to."""
    return {
        name: Policy(
            concurrency=one.delivery.concurrency,
            schedule=one.delivery.schedule,
            timeout=one.link.read_timeout * 3,
            rate=one.delivery.rate,
        )
        for name, one in neighbours_of(settings).items()
    }


def links(settings: Settings) -> dict[str, str]:
    """Destination → the address it is reached at."""
    return {name: one.link.url for name, one in neighbours_of(settings).items()}
