"""What travels in clear where it is allowed to, said at start and by `check`: exercise links, doors behind a trusted proxy.

What is never allowed stands in `refusals`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domain.mode import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.settings.settings import Settings

NAMES_OF_HERE = ("localhost", "ip6-localhost")


def exposures(settings: Settings, links: Mapping[str, str]) -> list[str]:
    """Each thing that travels in clear, in French, with what to do; empty when nothing does. `links`: destination → address."""
    server = settings.server
    faults = []
    if server.certificate is None and server.trusted_proxies and not is_here(server.host):
        faults.append(
            f"EN CLAIR : les portes écoutent sur {server.host} sans TLS, pour le seul frontal de server.trusted_proxies ; "
            "entre lui et la passerelle, clés et données de patients passent lisibles : ce réseau doit être à vous seuls."
        )
    for name, url in links.items():
        parts = urlsplit(url)
        # In real mode it is refused.
        if settings.mode is Mode.EXERCISE and parts.scheme in {"http", "amqp"} and not is_here(parts.hostname or ""):
            faults.append(
                f"EN CLAIR : {name} est joint par {parts.scheme}:// ; des données y partent lisibles sur le réseau. "
                f"Mettre une adresse {parts.scheme}s:// dans son lien."
            )
    return faults


def is_here(host: str) -> bool:
    """Whether an address never leaves this machine."""
    if host in NAMES_OF_HERE:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
