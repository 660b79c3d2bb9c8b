"""Behind a TLS front end of another machine: it is believed, and who comes round it is not served."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.serving.behind_proxies import BehindProxies

if TYPE_CHECKING:
    from starlette.requests import Request


async def _says(request: Request) -> JSONResponse:
    return JSONResponse({"client": request.client.host if request.client else None, "scheme": request.url.scheme})


@pytest.mark.parametrize(
    ("caller", "status", "client", "scheme"),
    [
        ("10.0.0.4", 200, "192.0.2.7", "https"),
        ("127.0.0.1", 200, "192.0.2.7", "https"),
        ("10.0.1.4", 403, None, None),
        ("192.0.2.7", 403, None, None),
    ],
)
async def test_only_the_front_end_is_served(caller: str, status: int, client: str | None, scheme: str | None) -> None:
    """The front end says who its client is; anybody else is refused whatever he claims."""
    app = BehindProxies(Starlette(routes=[Route("/", _says)]), [ip_network("10.0.0.0/24")])
    transport = httpx.ASGITransport(app, client=(caller, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://passerelle.example") as http:
        claimed = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        answer = await http.get("/", headers=claimed)
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"client": client, "scheme": scheme}
    else:
        assert answer.json()["code"] == "hors_frontal"
