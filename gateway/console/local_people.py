"""The people of an exercise on this machine: one is chosen by name, without a provider. Settings of the real never have any."""

from __future__ import annotations

import html
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from domain.mode import Mode
from gateway.console.sign_in import PAGES, refused, sheet, signed_in
from gateway.doors.http.credentials import from_our_page
from gateway.people.roles import NAMES, READ_ONLY
from gateway.security.doorkeeper import ForbiddenError
from gateway.security.keys import Person, Principal, Scope
from gateway.settings.people import SCOPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from gateway.runtime import Runtime
    from gateway.settings.people import LocalPersonSettings
    from gateway.settings.settings import Settings

CHOICE: Final = "/console/personnes"
LASTING: Final = timedelta(hours=12)
HOMES: Final = {Scope.OPERATOR: "veille", Scope.INTEGRATOR: "studio", Scope.PLATFORM: "infirmiere"}


def local_people_routes(runtime: Runtime) -> list[Route]:
    """The choice, and what follows from it; both refuse where the settings have nobody."""
    return [
        Route(CHOICE, partial(_choose, runtime), methods=["GET"]),
        Route(CHOICE + "/{person_id}", partial(_come_in, runtime), methods=["POST"]),
    ]


def people_of(settings: Settings) -> Mapping[str, LocalPersonSettings]:
    """Who may be chosen; nobody where the mode is not that of an exercise, whatever the file says."""
    return settings.local_people if settings.mode is Mode.EXERCISE else {}


async def _choose(runtime: Runtime, request: Request) -> Response:
    page = request.query_params.get("page", "")
    if not people_of(runtime.settings):
        return refused(_nobody(), "")
    if page not in PAGES:
        page = ""
    lines = "".join(
        f'<li><form method="post" action="{CHOICE}/{html.escape(person_id)}?page={page}">'
        f"<button>{html.escape(person.name)}, {NAMES[person.role]}</button></form></li>"
        for person_id, person in people_of(runtime.settings).items()
    )
    text = "<p>Personnes d’exercice, sur cette machine seulement. Plusieurs onglets peuvent en tenir plusieurs.</p>"
    return sheet("Qui êtes-vous ?", f'{text}<ul class="offered">{lines}</ul>', 200)


async def _come_in(runtime: Runtime, request: Request) -> Response:
    person = people_of(runtime.settings).get(request.path_params["person_id"])
    if person is None or not from_our_page(request):
        return refused(_nobody(), "")
    principal = _principal(runtime.settings, request.path_params["person_id"], person)
    page = request.query_params.get("page", "")
    if page not in PAGES or principal.scope not in PAGES[page][1]:
        page = ""
    return await signed_in(runtime, request, principal, page or HOMES.get(principal.scope, ""), LASTING)


def _principal(settings: Settings, person_id: str, person: LocalPersonSettings) -> Principal:
    hospital = settings.hospitals.get(person.key)
    sites = frozenset(hospital.finess) if hospital is not None else frozenset[str]()
    named = Person(f"exercice:{person_id}", person.name, person.role, person.role not in READ_ONLY, sites)
    return Principal(person.key or f"personne-{person.role}", SCOPES[person.role], settings.mode, named)


def _nobody() -> ForbiddenError:
    return ForbiddenError(
        "sans_personne",
        "Cette passerelle n’a pas de personne d’exercice de ce nom.",
        "Les pages s’ouvrent par une clé d’accès, ou par « Se connecter » ; passerelle demo a une personne par rôle.",
    )
