"""What each scope is shown at each door: one table beside the doors, read by the tests and written to `docs/reference/rights.md`.

A door that a portal may use is of one event, which keeps portals apart by itself, or says here how it does; in neither, it has no line
and the walk over the table fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.security.keys import Scope

if TYPE_CHECKING:
    from gateway.doors.http.door import Door

OWN_EVENTS: Final = "ses événements"
PUBLISHED: Final = "ce qui est publié"
TASKS: Final = "personnes de ses événements, ou d’aucun"

PORTAL_BEYOND_ONE_EVENT: Final = {
    "POST /v1/events": OWN_EVENTS,
    "GET /v1/events": OWN_EVENTS,
    "POST /v1/search": OWN_EVENTS,
    "GET /v1/destinations": "voisins des événements, sans les nœuds",
    "GET /v1/stream": OWN_EVENTS,
    "POST /fhir": OWN_EVENTS,
    "GET /fhir/Bundle": OWN_EVENTS,
    "POST /fhir/$validate": "ce qui est envoyé",
    "GET /fhir/package": PUBLISHED,
    "GET /fhir/{kind}": PUBLISHED,
    "GET /fhir/{kind}/{definition_id}": PUBLISHED,
    "GET /v1/hub/received/{number}": "dossiers de ses événements",
    "GET /v1/hub/contents": "dossiers de ses événements",
    "POST /v1/unknown-persons/{task_id}/link": TASKS,
    "POST /v1/unknown-persons/{task_id}/create": TASKS,
    "POST /v1/unknown-persons/{task_id}/dismiss": TASKS,
}
OTHERS: Final = {
    Scope.PLATFORM: "ses demandes",
    Scope.COUNTS: "nombres",
    Scope.HOSPITAL: "ses FINESS",
    Scope.NEIGHBOUR: "ce qu’il dit",
    Scope.OPERATOR: "tout",
    Scope.INTEGRATOR: "masqué",
}


def named(door: Door) -> str:
    """Method and address."""
    return f"{door.method} {door.path}"


def shown(door: Door, scope: Scope) -> str:
    """What a key of this scope is shown there, in French; empty when the door is shut. Raises KeyError for a door that no line knows."""
    if scope not in door.scopes:
        return ""
    if scope is not Scope.PORTAL:
        return OTHERS[scope]
    return OWN_EVENTS if "{event_id}" in door.path else PORTAL_BEYOND_ONE_EVENT[named(door)]
