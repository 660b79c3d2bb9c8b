"""Sign-in by the provider of the settings: the way there, the way back, and a page that says in French why it did not work."""

from __future__ import annotations

import base64
import binascii
import html
import secrets
from dataclasses import astuple
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.console.sessions import keep_in_browser, note
from gateway.people.provider import RETURN, Provider, SignIn
from gateway.people.roles import NAMES, check_second_factor, principals
from gateway.security.doorkeeper import AccessError, ForbiddenError, UnidentifiedError
from gateway.security.keys import Scope
from gateway.settings.people import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from gateway.runtime import Runtime
    from gateway.security.keys import Principal

WAY_IN: Final = "/console/oidc/connexion"
COOKIE: Final = "passerelle_sign_in_"
"""Before the start of the state: several sign-ins may be under way in one browser."""
LASTING: Final = timedelta(minutes=10)
PAGES: Final[Mapping[str, tuple[str, frozenset[Scope]]]] = {
    "": ("/", frozenset({Scope.PORTAL, Scope.COUNTS, Scope.OPERATOR})),
    "veille": ("/console/veille.html", frozenset({Scope.OPERATOR})),
    "hub": ("/console/hub.html", frozenset({Scope.OPERATOR, Scope.INTEGRATOR})),
    "studio": ("/console/studio.html", frozenset({Scope.INTEGRATOR})),
    "infirmiere": ("/console/infirmiere.html", frozenset({Scope.PLATFORM})),
}
"""Where a sign-in begins and ends, and whom each page is for."""
HOMES: Final = {Scope.INTEGRATOR: "studio", Scope.PLATFORM: "infirmiere"}
"""Where somebody goes whom the first page is not for."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def sign_in_routes(runtime: Runtime) -> list[Route]:
    """The way there and the way back; without a provider in the settings both say that there is none."""
    oidc = runtime.settings.oidc
    provider = Provider(oidc, runtime.clock) if oidc is not None else None
    return [
        Route(WAY_IN, partial(_leave, provider), methods=["GET"]),
        Route(RETURN, partial(_come_back, runtime, provider), methods=["GET"]),
    ]


async def _leave(provider: Provider | None, request: Request) -> Response:
    page = request.query_params.get("page", "")
    sign_in = SignIn.begin(page if page in PAGES else "")
    try:
        address = await _present(provider).address(sign_in)
    except AccessError as refusal:
        return refused(refusal, sign_in.page)
    answer = RedirectResponse(address, 303, HEADERS)
    kept = base64.urlsafe_b64encode(orjson.dumps(astuple(sign_in))).decode()
    # Lax: the provider sends the browser back from another site, and this cookie must come along.
    answer.set_cookie(
        _cookie(sign_in.state),
        kept,
        max_age=int(LASTING.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


async def _come_back(runtime: Runtime, provider: Provider | None, request: Request) -> Response:
    sign_in = _under_way(request)
    page = sign_in.page if sign_in else ""
    try:
        believed = _present(provider)
        principal = await _who(runtime, believed, sign_in, request.query_params)
        lasting = timedelta(minutes=believed.oidc.session_minutes)
        answer = await signed_in(runtime, request, principal, page, lasting)
    except AccessError as refusal:
        answer = refused(refusal, page)
    if sign_in is not None:
        answer.delete_cookie(_cookie(sign_in.state), httponly=True, samesite="lax")
    return answer


async def _who(runtime: Runtime, provider: Provider, sign_in: SignIn | None, query: Mapping[str, str]) -> Principal:
    if query.get("error"):
        raise UnidentifiedError("connexion_abandonnee", "La connexion n’est pas allée au bout.", "Recommencer.")
    if sign_in is None or "code" not in query:
        raise UnidentifiedError(
            "connexion_inconnue",
            "Cette connexion n’a pas commencé ici, ou il y a plus de dix minutes.",
            "Recommencer depuis la page, dans le même navigateur.",
        )
    claims = await provider.claims(query["code"], sign_in)
    check_second_factor(provider.oidc, claims)
    may_be = principals(runtime.settings, provider.oidc, claims)
    fit = [principal for principal in may_be if principal.scope in PAGES[sign_in.page][1]]
    if fit or not sign_in.page:
        return (fit or may_be)[0]
    roles = ", ".join(dict.fromkeys(NAMES[Role(principal.person.role)] for principal in may_be if principal.person))
    raise ForbiddenError(
        "autre_role",
        "Votre rôle n’ouvre pas cette page.",
        f"Vous êtes ici : {roles}. Ouvrir la page de ce rôle, ou demander l’autre rôle à l’administrateur.",
    )


async def signed_in(
    runtime: Runtime, request: Request, principal: Principal, page: str, lasting: timedelta
) -> Response:
    """The session of a person who is known, in the browser's cookie, and the page that is theirs."""
    session_id, token = await runtime.doorkeeper.open_person_session(principal, lasting)
    await note(runtime, "session.opened", principal)
    home = page or ("" if principal.scope in PAGES[""][1] else HOMES.get(principal.scope, ""))
    if principal.scope is Scope.HOSPITAL:
        text = "Les personnes orientées vers votre établissement, en route ou admises :"
        answer: Response = _page(
            "Vous êtes connecté.", text, f"/session/{session_id}/v1/admissions", "Lire la liste", 200
        )
    else:
        answer = RedirectResponse(f"{PAGES[home][0]}#session={session_id}", 303, HEADERS)
    await keep_in_browser(runtime, request, answer, session_id, token, lasting)
    return answer


def _present(provider: Provider | None) -> Provider:
    if provider is None:
        raise ForbiddenError(
            "sans_fournisseur",
            "Cette passerelle n’a pas de connexion de personnes.",
            "Les pages s’ouvrent par une clé d’accès ; l’administrateur donne [oidc] dans les réglages.",
        )
    return provider


def _cookie(state: str) -> str:
    return COOKIE + state[:12]


def _under_way(request: Request) -> SignIn | None:
    """The sign-in that this browser began and that the provider answers; None for any other."""
    state = request.query_params.get("state", "")
    kept = request.cookies.get(_cookie(state), "")
    try:
        sign_in = SignIn(*orjson.loads(base64.urlsafe_b64decode(kept)))
    except (binascii.Error, ValueError, TypeError):
        return None
    same = secrets.compare_digest(sign_in.state.encode(), state.encode())
    return sign_in if same and sign_in.page in PAGES else None


def refused(refusal: AccessError, page: str) -> HTMLResponse:
    """Why somebody is not let in, and the way back to the page."""
    status = 403 if isinstance(refusal, ForbiddenError) else 401
    return _page(refusal.title, refusal.detail, PAGES[page][0], "Revenir à la page", status)


def _page(title: str, text: str, link: str, link_text: str, status: int) -> HTMLResponse:
    way = f'<p><a href="{html.escape(link)}">{html.escape(link_text)}</a></p>'
    return sheet(title, f"<p>{html.escape(text)}</p>{way}", status)


def sheet(title: str, inside: str, status: int) -> HTMLResponse:
    """A page of a few words; `inside` is HTML."""
    body = f"""<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} – Passerelle</title><link rel="stylesheet" href="/console/page.css"></head>
<body><header><p class="brand">Passerelle</p><h1>Connexion</h1></header>
<main><section class="entry"><h2>{html.escape(title)}</h2>{inside}</section></main></body></html>
"""
    return HTMLResponse(body, status, HEADERS)
