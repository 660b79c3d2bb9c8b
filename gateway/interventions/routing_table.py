"""The table of routes as an operator edits it, by REST or from the command line: each change is written down with who made it and what was before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from domain.intervention.route import RouteKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from domain.intervention.route import Route
    from gateway.register import Register

KEYS: Mapping[RouteKind, tuple[re.Pattern[str], str]] = {
    RouteKind.CRRA: (re.compile(r"fr\.health\.samu[0-9][0-9AB][0-9AB]"), "fr.health.samu077"),
    RouteKind.INSEE: (re.compile(r"(?!20)[0-9]{5}|2[AB][0-9]{3}"), "77288, 2A004 ou 97411 ; la Corse est en 2A ou 2B"),
    RouteKind.DEPARTMENT: (re.compile(r"(?!20)[0-9]{2}|2[AB]|97[0-9]|98[0-9]"), "77, 2A, 2B ou 974"),
    RouteKind.PLATFORM: (re.compile(r"[a-z0-9][a-z0-9-]{0,39}"), "le nom de la clé d’une plateforme"),
}
"""What a key looks like; another one would never be found by a request."""


PHONE = re.compile(r"\+?[0-9](?:[ .]?[0-9]){1,14}")
"""15, 01 64 00 00 15, +33164000015."""


def wrong_key(kind: RouteKind, key: str) -> str | None:
    """What was expected of the key of such a route; None when it is right."""
    pattern, expected = KEYS[kind]
    return None if pattern.fullmatch(key) else expected


def put_noted(register: Register, route: Route, by: str, now: datetime) -> bool:
    """Write a row, and that it was written; whether it is a new one."""
    before = next((kept for kept in register.routes.all() if kept.id == route.id), None)
    new = register.routes.put(route, by, now)
    facts = {"before": _facts(before) if before else None, "after": _facts(route)}
    register.audit.note(by, "route.put", f"route:{route.id}", now, facts)
    return new


def end_noted(register: Register, route_id: str, by: str, now: datetime) -> bool:
    """End a row, and write that down; False when it was not in force, or is unknown."""
    if not register.routes.end(route_id, by, now):
        return False
    register.audit.note(by, "route.end", f"route:{route_id}", now)
    return True


def served(register: Register, destinations: Collection[str], platform: str, now: datetime) -> dict[str, Any]:
    """Which places a platform's requests find a SAMU for, by the rows in force whose destination is open: codes, sorted.

    `anywhere`: the platform itself has a route, so that no place is without one.
    """
    rows = [row for row in register.routes.all() if row.in_force(now) and row.destination in destinations]
    keys = {kind: sorted({row.key for row in rows if row.kind is kind}) for kind in RouteKind}
    return {
        "communes": keys[RouteKind.INSEE],
        "departments": keys[RouteKind.DEPARTMENT],
        "crras": keys[RouteKind.CRRA],
        "anywhere": platform in keys[RouteKind.PLATFORM],
    }


def route_view(route: Route, *, in_force: bool) -> dict[str, Any]:
    """A row, as it is shown."""
    return {"id": route.id, **_facts(route), "in_force": in_force}


def _facts(route: Route) -> dict[str, Any]:
    return {
        "kind": route.kind.value,
        "key": route.key,
        "destination": route.destination,
        "second": route.second,
        "label": route.label,
        "crra": route.crra,
        "expiry_seconds": route.expiry_seconds,
        "phone": route.phone,
        "valid_from": route.valid_from.isoformat(),
        "valid_to": route.valid_to.isoformat() if route.valid_to else None,
    }
