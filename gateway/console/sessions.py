"""The sessions of a browser's pages: opened with a key, listed to a page that starts, ended one by one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.mode import Mode
from gateway.doors.http import problems
from gateway.doors.http.credentials import COOKIE, from_our_page, sessions_held
from gateway.doors.http.problems import Problem, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.doors.http.schemas import NewSession
from gateway.doors.serve import read_body
from gateway.people.roles import NAMES
from gateway.security.doorkeeper import SESSION, AccessError, acts
from gateway.settings.people import Role

if TYPE_CHECKING:
    from datetime import timedelta

    from starlette.requests import Request

    from gateway.runtime import Runtime
    from gateway.security.keys import Principal
    from gateway.settings.settings import Settings

MOST: Final = 12
"""Sessions that one browser holds at once: all of them are sent with each request, and its headers have a limit."""


def session_routes(runtime: Runtime) -> list[Route]:
    """Open, list, end."""
    return [
        Route("/console/session", partial(_open, runtime), methods=["POST"]),
        Route("/console/sessions", partial(_list, runtime), methods=["GET"]),
        Route("/console/sessions/{session_id}", partial(_end, runtime), methods=["DELETE"]),
    ]


async def _open(runtime: Runtime, request: Request) -> Response:
    try:
        wanted = NewSession.model_validate_json(await read_body(request))
        session_id, token, principal = await runtime.doorkeeper.open_session(wanted.key, sessions_held(request))
    except ValidationError as error:
        return problems.respond(problems.invalid_document(error).problem)
    except (ProblemError, AccessError) as error:
        refusal = as_problem(error)
        return problems.respond(refusal.problem, refusal.headers)
    await note(runtime, "session.opened", principal)
    answer = JSONResponse(as_shown(session_id, principal))
    await keep_in_browser(runtime, request, answer, session_id, token)
    return answer


async def _list(runtime: Runtime, request: Request) -> Response:
    held = sessions_held(request)
    lasting = {session_id: await runtime.doorkeeper.session(token) for session_id, token in held.items()}
    shown = [as_shown(session_id, principal) for session_id, principal in lasting.items() if principal is not None]
    answer = JSONResponse(
        {"sessions": shown, "sign_in": way_in(runtime.settings)}, headers={"Cache-Control": "no-store"}
    )
    for session_id, principal in lasting.items():
        if principal is None:
            forget(answer, session_id)
    # A browser that comes back from a provider shows none of its sessions: they are counted here.
    await _end_oldest(runtime, held, MOST, answer)
    return answer


async def _end(runtime: Runtime, request: Request) -> Response:
    session_id = request.path_params["session_id"]
    token = sessions_held(request).get(session_id)
    if not from_our_page(request) or token is None:
        return problems.respond(
            Problem(404, "session_inconnue", "Ce navigateur ne tient pas cette session.", "Fermer la page suffit.")
        )
    principal = await runtime.doorkeeper.session(token)
    await runtime.doorkeeper.close_session(token)
    if principal is not None:
        await note(runtime, "session.ended", principal)
    answer = Response(status_code=204)
    forget(answer, session_id)
    return answer


def way_in(settings: Settings) -> str | None:
    """Where a page sends people who come by their name; None where only keys open it."""
    if settings.oidc is not None:
        return "/console/oidc/connexion"
    return "/console/personnes" if settings.local_people and settings.mode is Mode.EXERCISE else None


def as_shown(session_id: str, principal: Principal) -> dict[str, Any]:
    """One session, as its page knows it."""
    person = principal.person
    return {
        "id": session_id,
        "name": principal.name if person is None else person.name or person.id,
        "scope": principal.scope,
        "role": None if person is None else NAMES[Role(person.role)],
        "mode": principal.mode,
        "acts": acts(principal),
    }


async def keep_in_browser(  # noqa: PLR0913 - one cookie, of whom, in which browser, for how long
    runtime: Runtime, request: Request, answer: Response, session_id: str, token: str, lasting: timedelta = SESSION
) -> None:
    """The cookie of a new session; the oldest of the browser are ended where it would hold too many."""
    held = {name: other for name, other in sessions_held(request).items() if name != session_id}
    await _end_oldest(runtime, held, MOST - 1, answer)
    answer.set_cookie(
        COOKIE + session_id,
        token,
        max_age=int(lasting.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


async def _end_oldest(runtime: Runtime, held: dict[str, str], most: int, answer: Response) -> None:
    for oldest in list(held)[: max(0, len(held) - most)]:
        await runtime.doorkeeper.close_session(held[oldest])
        forget(answer, oldest)


def forget(answer: Response, session_id: str) -> None:
    """The browser no longer holds it."""
    answer.delete_cookie(COOKIE + session_id, httponly=True, samesite="strict")


async def note(runtime: Runtime, act: str, principal: Principal) -> None:
    """A session began or ended, in the audit, under the name of whom it speaks for."""
    now, person = runtime.clock(), principal.person
    about = f"key:{principal.name}" if person is None else f"person:{person.id}"
    facts = {} if person is None else {"role": person.role, "key": principal.name, "sites": sorted(person.sites)}
    await runtime.write(lambda register: register.audit.note(principal.author, act, about, now, facts))
