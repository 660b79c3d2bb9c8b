"""What a request shows of its caller: a key in its `Authorization` header, or the cookie of a page.

One browser holds several sessions at once, each under a cookie of its own name. A page says which one is its own by the
start of the address, `/session/{id}/…`: a stream and a link to a file say it as well as a request of a script does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.security.doorkeeper import NOTHING, Credentials

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE: Final = "passerelle_session_"
"""Before the id of a session; the id is no secret, the value is."""
CHOSEN: Final = "passerelle.session"
"""Where the id that the address names stands in the scope of a request."""
_ADDRESS = re.compile(r"/session/([0-9a-f]{12})(/.*)")


class SessionAddress:
    """Takes `/session/{id}` off the start of an address, so that every door is the same with and without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its address shortened and the id beside it."""
        if scope["type"] == "http" and (match := _ADDRESS.fullmatch(scope["path"])):
            raw = scope.get("raw_path") or scope["path"].encode()
            shortened = raw[len(scope["path"]) - len(match[2]) :]  # the start is ASCII, the same length in both
            scope = {**scope, "path": match[2], "raw_path": shortened, CHOSEN: match[1]}
        await self._app(scope, receive, send)


def sessions_held(request: Request) -> dict[str, str]:
    """The sessions that this browser shows: id → token, the oldest first as browsers send them."""
    return {name.removeprefix(COOKIE): token for name, token in request.cookies.items() if name.startswith(COOKIE)}


def from_our_page(request: Request) -> bool:
    """Whether the browser says that a page of ours asks: a header that no page can write."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def credentials(request: Request, *, only_reads: bool = False) -> Credentials:
    """The key or the session that the request shows; neither when it shows none that may be believed.

    `only_reads`: the door changes nothing, so that the cookie of a page is believed when the browser says that the page is ours.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return Credentials(key=key.strip()) if scheme.lower() == "bearer" else NOTHING
    looks = request.method in {"GET", "HEAD"}
    # A cookie is sent by itself: beyond a look, it is believed from a page of ours alone, so that no other site can use it.
    if not looks and not from_our_page(request):
        return NOTHING
    held = sessions_held(request)
    if CHOSEN in request.scope:
        token = held.get(request.scope[CHOSEN])
    else:
        # Nothing is guessed: of several sessions, none is meant.
        token = next(iter(held.values())) if len(held) == 1 else None
    return Credentials(session=token, changes=not (looks or only_reads))
