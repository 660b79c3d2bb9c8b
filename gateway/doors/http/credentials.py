"""What a request shows of its caller: a key in its `Authorization` header, or the cookie of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.security.doorkeeper import NOTHING, Credentials

if TYPE_CHECKING:
    from starlette.requests import Request

COOKIE = "passerelle_session"


def credentials(request: Request) -> Credentials:
    """The key or the session that the request shows; neither when it shows none that may be believed."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return Credentials(key=key.strip()) if scheme.lower() == "bearer" else NOTHING
    # A cookie only ever reads: what changes something needs the key itself, so that no other site can do it.
    if request.method not in {"GET", "HEAD"}:
        return NOTHING
    return Credentials(session=request.cookies.get(COOKIE))
