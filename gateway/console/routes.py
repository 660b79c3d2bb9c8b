"""Serves the page and opens its session. The page holds nothing: without a key it is an empty sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gateway.doors.http import problems
from gateway.doors.http.credentials import COOKIE
from gateway.doors.http.problems import Problem, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.doors.http.schemas import NewSession
from gateway.doors.serve import read_body
from gateway.security.doorkeeper import SESSION, AccessError

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

    async def session(request: Request) -> Response:
        try:
            wanted = NewSession.model_validate_json(await read_body(request))
            token, principal = await runtime.doorkeeper.open_session(wanted.key)
        except ValidationError as error:
            return problems.respond(problems.invalid_document(error).problem)
        except (ProblemError, AccessError) as error:
            refusal = as_problem(error)
            return problems.respond(refusal.problem, refusal.headers)
        await _note_sign_in(runtime, principal.name)
        answer = JSONResponse({"name": principal.name, "scope": principal.scope, "mode": principal.mode})
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    return [
        Route("/", page),
        Route("/console", page),
        Route("/console/", page),
        Route("/console/session", session, methods=["POST"]),
        Route("/console/{file:path}", file),
    ]


async def _note_sign_in(runtime: Runtime, by: str) -> None:
    now = runtime.clock()
    await runtime.write(lambda register: register.audit.note(by, "session.opened", f"key:{by}", now))
