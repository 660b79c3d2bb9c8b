"""Serves the page and opens its session. The page holds nothing: without a key it is an empty sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gateway.console.local_people import local_people_routes
from gateway.console.sessions import session_routes
from gateway.console.sign_in import sign_in_routes
from gateway.doors.http import problems
from gateway.doors.http.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from gateway.runtime import Runtime

STATIC = Path(__file__).parent / "static"
# Nothing from elsewhere, nothing inline, in no frame.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def _page_file(name: str) -> Path | None:
    """A file of the page; None for any other name, one that no file system takes included."""
    try:
        path = (STATIC / name).resolve()
        return path if path.is_file() and path.is_relative_to(STATIC) else None
    except (OSError, ValueError):
        return None


def page_routes(runtime: Runtime) -> list[Route]:
    """The page, its files, its session."""

    async def page(_: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers=HEADERS)

    async def file(request: Request) -> Response:
        path = _page_file(request.path_params["file"])
        if path is None:
            return problems.respond(Problem(404, "adresse_inconnue", "Cette adresse n’existe pas."))
        return FileResponse(path, headers=HEADERS)

    return [
        Route("/", page),
        Route("/console", page),
        Route("/console/", page),
        *session_routes(runtime),
        *sign_in_routes(runtime),
        *local_people_routes(runtime),
        Route("/console/{file:path}", file),
    ]
