"""What a deployment exposes without saying so: personal data in clear on a network, doors in clear to everybody."""

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
    found = []
    if server.certificate is None and not is_here(server.host):
        found.append(
            f"EN CLAIR : les portes écoutent sur {server.host} sans TLS ; clés et données de patients y passent lisibles. "
            "Donner server.certificate et server.private_key, ou écouter sur 127.0.0.1 derrière un frontal TLS."
        )
    for name, url in links.items():
        parts = urlsplit(url)
        if parts.scheme in {"http", "amqp"} and not is_here(parts.hostname or ""):
            real = "réelles " if settings.mode is Mode.ACTUAL else ""
            found.append(
                f"EN CLAIR : {name} est joint par {parts.scheme}:// ; des données {real}y partent lisibles sur le réseau. "
                f"Mettre une adresse {parts.scheme}s:// dans son lien."
            )
    return found


def is_here(host: str) -> bool:
    """Whether an address never leaves this machine."""
    if host in NAMES_OF_HERE:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
