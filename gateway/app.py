"""The HTTP face: mounts the doors of the table and the page, starts and stops what runs beside them.

Plain Starlette: the doors are a table of our own, from which access, contract and tests are read (docs/decisions/0003).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.console.routes import page_routes
from gateway.doors.fhir.answers import fhir, refuse, refuse_unreadable
from gateway.doors.fhir.guide import capability
from gateway.doors.http import not_found
from gateway.doors.http.credentials import SessionAddress
from gateway.doors.http.problems import ProblemError
from gateway.doors.interventions.soap import soap_interventions
from gateway.doors.openapi import contract
from gateway.doors.serve import endpoint
from gateway.doors.table import DOORS
from gateway.operations.unreadable import alarmed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request

    from gateway.runtime import Runtime


def create_app(runtime: Runtime, beside: Callable[[], AbstractAsyncContextManager[None]] | None = None) -> Starlette:
    """The application over an open house. `beside` is entered at start and left at stop: dispatcher and jobs."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if beside is None:
            yield
        else:
            async with beside():
                yield

    published = orjson.dumps(contract(DOORS, version("passerelle")))

    async def openapi(_: Request) -> Response:
        return Response(published, media_type="application/json")

    async def capability_statement(request: Request) -> Response:
        # R4 asks for it before a client has any key (http.html#capabilities); it says nothing of anybody.
        try:
            refuse_unreadable(request.query_params, request.headers)
        except ProblemError as error:
            return refuse(error.problem, error.headers)
        return fhir(capability(runtime.clock().date().isoformat()))

    # Before the doors of definitions, whose path is wider.
    routes = [Route("/fhir/metadata", capability_statement)]
    routes += [Route(door.path, endpoint(door, runtime), methods=[door.method]) for door in DOORS]
    routes += [Route("/soap/intervention", soap_interventions(runtime), methods=["GET", "POST"])]
    routes += [Route("/openapi.json", openapi), *_health_routes(runtime), *page_routes(runtime)]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(SessionAddress)],
        exception_handlers={404: not_found.unknown, 405: not_found.method},
    )


def _health_routes(runtime: Runtime) -> list[Route]:
    async def live(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        try:
            unreadable = await runtime.read(alarmed)
        except Exception:  # noqa: BLE001 - whatever it is, we are not ready, and the body says no more
            return JSONResponse({"status": "base injoignable"}, 503)
        if unreadable:
            # Still ready: what can be read is served, and taking the node away would silence that too.
            return JSONResponse({"status": "lignes illisibles", "unreadable": unreadable})
        return JSONResponse({"status": "ok"})

    return [Route("/health/live", live), Route("/health/ready", ready)]
