"""What is answered where there is no door, or not for that method: in the protocol of the place, and with the telephone to whoever was asking.

A platform whose address has one letter too many has transmitted nothing either, and must hear it in words that its program can read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.wire.soap.server import SoapFault, soap_fault_response
from domain.intervention.request import CALL_15
from gateway.doors.fhir.answers import refuse
from gateway.doors.http import problems
from gateway.doors.http.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

UNKNOWN = Problem(404, "adresse_inconnue", "Cette adresse n’existe pas.")
METHOD = Problem(405, "methode_refusee", "Cette adresse n’accepte pas cette méthode.")
ASKING = ("/v1/interventions", "/fhir", "/soap")
"""Where requests are made."""


async def unknown(request: Request, _: Exception) -> Response:
    """404."""
    return _said(request, UNKNOWN, {})


async def method(request: Request, error: Exception) -> Response:
    """405, with the methods that are taken."""
    return _said(request, METHOD, dict(getattr(error, "headers", None) or {}))


def _said(request: Request, problem: Problem, headers: dict[str, str]) -> Response:
    path = request.scope["path"]
    if request.method in {"POST", "PUT"} and path.startswith(ASKING):
        problem = problem.instructing(CALL_15)
    if path.startswith("/fhir"):
        return refuse(problem, headers)
    if path.startswith("/soap") and request.method == "POST":
        return soap_fault_response(SoapFault("Client", problem.title).ending(CALL_15))
    return problems.respond(problem, headers)
