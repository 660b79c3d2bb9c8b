"""Served only to the TLS front ends that the settings name: who comes round them is refused before anything is read."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import orjson
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network, IPv6Network

    from starlette.types import ASGIApp, Receive, Scope, Send

REFUSAL = orjson.dumps(
    {
        "type": "about:blank",
        "title": "Cette adresse ne sert que son frontal.",
        "status": 403,
        "code": "hors_frontal",
        "detail": "Appeler l’adresse publique de la passerelle.",
    }
)


class BehindProxies:
    """An application that answers only to `proxies`, and to this machine; `X-Forwarded-For` and `-Proto` are believed of them alone."""

    def __init__(self, app: ASGIApp, proxies: Sequence[IPv4Network | IPv6Network]) -> None:
        self._proxies = tuple(proxies)
        trusted = ["127.0.0.1", *map(str, proxies)]
        self._app: ASGIApp = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type,assignment]  # two spellings of ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any application."""
        if scope["type"] == "http" and not self._trusts(scope.get("client")):
            headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": REFUSAL})
            return
        await self._app(scope, receive, send)

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        if client is None:
            return False
        address = ipaddress.ip_address(client[0])
        return address.is_loopback or any(address in network for network in self._proxies)
