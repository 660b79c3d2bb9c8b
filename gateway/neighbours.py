"""The neighbours of a deployment: which there are, how each is reached, and the adapter that speaks to it.

The only file, with the simulators' `sandbox`, that names concrete adapters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from adapters.declared import open_declared
from adapters.lrm.fhir import open_lrm_fhir
from adapters.lrm.hubsante import open_hub
from adapters.lrm.soap import open_lrm
from adapters.portal import FhirPlatformAdapter, open_portal
from adapters.sinus import open_sinus
from adapters.sivic import open_sivic
from adapters.wire.ws_security.username_token import Credentials, TokenGate
from adapters.wire.ws_security.verify import SignatureGate
from gateway import clock as gateway_clock
from gateway.flow.routing import kind_of
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
    from gateway.runtime import Follower, Mirror
    from gateway.settings.base import Delivery
    from gateway.settings.interventions import LrmSettings
    from gateway.settings.settings import Settings
    from outbox.ports import Destination

    Wire = httpx.AsyncBaseTransport | None
    Opener = Callable[[str, Any, dict[str, mapping.Mapping], Wire, Callable[[], datetime]], Any]

# Kind of destination → how its adapter is opened, from its name, its section of the settings, its mappings, its wire and the clock.
OPENERS: dict[str, Opener] = {
    "sinus": lambda _, said, shapes, wire, clock: open_sinus(said.link, shapes, clock=clock, transport=wire),
    "sivic": lambda _, said, shapes, wire, clock: open_sivic(said.link, shapes, wire, clock=clock),
    "portal": lambda _, said, shapes, wire, clock: open_portal(said.link, said.secrets, shapes, wire, clock=clock),
    "platform_fhir": lambda _, said, shapes, wire, clock: FhirPlatformAdapter(
        said.link, said.secrets, shapes, wire, clock=clock
    ),
    "lrm": lambda name, said, shapes, wire, clock: open_lrm(
        said.link, shapes, wire, clock=clock, credentials=token(said), signing=said.signature, name=name
    ),
    "lrm_fhir": lambda name, said, shapes, wire, clock: open_lrm_fhir(said.link, shapes, wire, clock=clock, name=name),
    "hub": lambda _, said, shapes, __, clock: open_hub(
        said.link, said.perimeters, shapes, clock=clock, models_dir=said.models_dir
    ),
}
MIRRORS = ("sinus", "sivic")
"""Those that can be asked what they hold."""
FOLLOWERS = ("lrm", "lrm_fhir")
"""Those that can be asked what became of a request."""


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
    hub: Listener | None = None


def sections_of(settings: Settings) -> dict[str, Any]:
    """Destination → its section of the settings, the platforms' webhooks apart."""
    found = {name: getattr(settings, name, None) for name in OPENERS}
    several = {f"{one.family}:{name}": one for name, one in settings.lrms.items()}
    return {name: one for name, one in {**found, **several}.items() if one is not None}


def neighbours_of(settings: Settings) -> dict[str, Reached]:
    """Every destination that has a section in the settings: how it is reached, and how it is sent to."""
    reached = {name: Reached(one.link, one.delivery) for name, one in sections_of(settings).items()}
    for name, platform in settings.platforms.items():
        if platform.link is not None:
            reached[webhook(name)] = Reached(platform.link, platform.delivery)
    return reached | {name: Reached(one.link, one.delivery) for name, one in settings.destinations.items()}


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
        name: OPENERS[kind_of(name)](name, section, _shapes(versions, name), wire(name), clock)
        for name, section in sections_of(settings).items()
    }
    for platform, said in settings.platforms.items():
        if said.link is not None:
            name = webhook(platform)
            kind = "platform_fhir" if said.speaks == "fhir" else "portal"
            opened[name] = OPENERS[kind](name, said, _shapes(versions, name), wire(name), clock)
    opened |= {
        name: open_declared(name, one.link, one, versions.shapes(name), wire(name), clock=clock)
        for name, one in settings.destinations.items()
    }
    for one in opened.values():
        closing.push_async_callback(one.aclose)
    mirrors = {name: opened[name] for name in MIRRORS if name in opened}
    followers = {name: one for name, one in opened.items() if kind_of(name) in FOLLOWERS}
    return Neighbours(opened, mirrors, followers, opened.get("hub"))


def _shapes(versions: Versions, name: str) -> dict[str, mapping.Mapping]:
    # An adapter only applies them, and that is what these do.
    return cast("dict[str, mapping.Mapping]", versions.shapes(kind_of(name)))


def token(lrm: LrmSettings) -> Credentials | None:
    """The WS-Security account of a dispatch software that asks for one."""
    if lrm.username is None or lrm.password is None:
        return None
    return Credentials(username=lrm.username, password=lrm.password)


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
