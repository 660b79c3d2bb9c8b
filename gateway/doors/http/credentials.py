"""What a request shows of its caller: a key in its `Authorization` header, or the cookie of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.security.doorkeeper import NOTHING, Credentials

if TYPE_CHECKING:
    from starlette.requests import Request

COOKIE = "passerelle_session"


def credentials(request: Request, *, only_reads: bool = False) -> Credentials:
    """The key or the session that the request shows; neither when it shows none that may be believed.

    `only_reads`: the door changes nothing, so that the cookie of a page is believed when the browser says that the page is ours.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return Credentials(key=key.strip()) if scheme.lower() == "bearer" else NOTHING
    # A cookie only ever reads: what changes something needs the key itself, so that no other site can do it.
    ours = only_reads and request.headers.get("sec-fetch-site") == "same-origin"
    if request.method not in {"GET", "HEAD"} and not ours:
        return NOTHING
    return Credentials(session=request.cookies.get(COOKIE))
