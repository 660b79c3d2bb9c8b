"""An event as it is kept: JSON-safe, and back exactly."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.event import Event, Link, Localisation
from domain.mode import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping


def event_to_record(event: Event) -> dict[str, Any]:
    """The whole event as JSON values."""
    return {
        "id": event.id,
        "name": event.name,
        "type": event.type,
        "mode": event.mode.value,
        "status": event.status,
        "started_at": event.started_at.isoformat(),
        "ended_at": event.ended_at.isoformat() if event.ended_at else None,
        "planned_end": event.planned_end.isoformat() if event.planned_end else None,
        "localisations": [[place.id, place.name, place.letter, place.removed] for place in event.localisations],
        "particularity_groups": dict(event.particularity_groups),
        "revision": event.revision,
        "links": {name: [link.action, link.external_id, link.state] for name, link in event.links.items()},
        "left": dict(event.left),
    }


def event_from_record(record: Mapping[str, Any]) -> Event:
    """The event that a record was made from."""
    ended, planned = record["ended_at"], record.get("planned_end")
    return Event(
        id=record["id"],
        name=record["name"],
        type=record["type"],
        mode=Mode(record["mode"]),
        status=record["status"],
        started_at=datetime.fromisoformat(record["started_at"]),
        ended_at=datetime.fromisoformat(ended) if ended else None,
        planned_end=datetime.fromisoformat(planned) if planned else None,
        localisations=tuple(Localisation(*place) for place in record["localisations"]),
        particularity_groups=record["particularity_groups"],
        revision=record["revision"],
        links={name: Link(*link) for name, link in record["links"].items()},
        left=record.get("left", {}),
    )
