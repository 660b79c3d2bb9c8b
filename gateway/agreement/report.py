"""How an event stands, as the doors and the command line show it: numbers for everybody who may count, persons by identifier for the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.neighbours import NEIGHBOURS
from domain.agreement import Gap, HeldPerson, Person, Verdict, count, duration, tally
from domain.severity import TRIAGE_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.event import Event
    from gateway.agreement.standing import Look
    from gateway.register.victims.agreements import Stand

MOST = 1000
"""Persons listed in one answer; beyond, they are counted."""


def verdict_view(look: Look) -> dict[str, Any]:
    """The verdict, with what it was made of."""
    standing, since = look.standing, look.standing.since
    return {
        "state": look.verdict,
        "text": look.text,
        "since": since.isoformat() if since else None,
        "since_text": duration(since, look.at) if since else None,
        "asked_at": standing.asked_at.isoformat() if standing.asked_at else None,
        "cause": look.census.fault if look.census else None,
        "on_the_way": standing.waiting or standing.moving,
        "waiting": standing.waiting,
        "parked": standing.parked,
        "uncertain": standing.uncertain,
        "event_forgotten": standing.forgotten,
        **{kind.value: standing.gaps.get(kind, 0) for kind in Gap},
        "resendable": resendable(look),
    }


def resendable(look: Look) -> int:
    """How many records, or the event itself, "Renvoyer" would send."""
    if look.standing.forgotten or (look.standing.link_failed and not look.standing.linked):
        return 1
    return sum(gap.person is not None for gap in look.lost)


def summary_of(looks: Iterable[Look]) -> dict[str, Any]:
    """One verdict for the whole event: the gravest of its links. Agreement is said only when all have agreed."""
    order = (Verdict.GAP, Verdict.UNKNOWN, Verdict.UNLINKED, Verdict.ON_THE_WAY, Verdict.AGREED)
    seen = list(looks)
    if not seen:
        return {"state": None, "text": "Aucun voisin configuré."}
    worst = min((look.verdict for look in seen), key=order.index)
    if worst is Verdict.AGREED:
        return {"state": worst, "text": "Tous tiennent le même dénombrement."}
    return {"state": worst, "text": " ; ".join(look.text for look in seen if look.verdict is not Verdict.AGREED) + "."}


def detail_view(look: Look, *, values: bool) -> dict[str, Any]:
    """One link in full: each cut with the four numbers, the sentences, the persons. With `values`, the two values of each difference."""
    held = list(look.held) if look.held is not None else None
    return {
        "event_id": look.event.id,
        "destination": look.name,
        "at": look.at.isoformat(),
        "verdict": verdict_view(look),
        "sentences": sentences(look),
        "persons": {
            "portal": look.living,
            "sent": len(look.here),
            "acknowledged": len(look.transfers.taken & look.here.keys()),
            "held": len(held) if held is not None else None,
            "without_number": sum(person.number is None for person in held) if held is not None else None,
        },
        "by_severity": _cut(look, "severity"),
        "by_localisation": _cut(look, "localisation") if "localisation" in NEIGHBOURS[look.name].compares else None,
        "by_hospital": _cut(look, "hospital"),
        "differences": [
            {
                "patient_id": gap.person,
                "reference": gap.reference,
                "gap": gap.gap,
                "field": gap.field,
                "on_its_way": gap not in lost,
                **({"portal": gap.here, "neighbour": gap.there} if values else {}),
            }
            for lost in [set(look.lost)]
            for gap in look.gaps[:MOST]
        ],
        "differences_total": len(look.gaps),
    }


def _cut(look: Look, name: str) -> list[dict[str, Any]]:
    """Persons by one field: known here, acknowledged there, held there, on their way."""
    portal = _by(look.here.values(), name)
    taken = _by((person for id_, person in look.here.items() if id_ in look.transfers.taken), name)
    moving = _by((person for id_, person in look.here.items() if _waits(look, id_)), name)
    held = _by(look.held, name) if look.held is not None else None
    return [
        {
            "value": value,
            "portal": portal.get(value, 0),
            "acknowledged": taken.get(value, 0),
            "held": held.get(value, 0) if held is not None else None,
            "waiting": moving.get(value, 0),
        }
        for value in sorted({*portal, *(held or {})}, key=lambda value: (value is None, value or ""))
    ]


def _waits(look: Look, person: str) -> bool:
    movement = look.transfers.movements.get(person)
    return movement is not None and movement.waiting > 0


def _by(people: Iterable[Person | HeldPerson], name: str) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for person in people:
        value = getattr(person, name)
        counts[value] = counts.get(value, 0) + 1
    return counts


def sentences(look: Look) -> list[str]:
    """The differences in meaning, in French: `portail 42 UA, SINUS 40 : 2 en file depuis 3 min`."""
    name, lines = look.standing.name, [look.text]
    if look.held is None:
        return lines
    portal, held = tally(look.here.values()), tally(look.held)
    for severity in TRIAGE_ORDER:
        if portal[severity] == held[severity]:
            continue
        waiting = sum(_waits(look, id_) for id_, person in look.here.items() if person.severity == severity)
        oldest = look.transfers.oldest
        why = (
            f"{waiting} en file{f' depuis {duration(oldest, look.at)}' if oldest else ''}"
            if waiting
            else "rien en file"
        )
        lines.append(f"portail {portal[severity]} {severity}, {name} {held[severity]} : {why}")
    bare = sum(person.number is None for person in look.held)
    if bare:
        lines.append(f"{count(bare, 'personne', 'personnes')} à {name} sans bracelet")
    untold = look.living - len(look.here)
    if untold:
        lines.append(
            f"{count(untold, 'personne du portail n’y est', 'personnes du portail n’y sont')} pas annoncée{'s' if untold > 1 else ''}"
        )
    return lines


def history_view(event: Event, stands: Iterable[Stand]) -> dict[str, Any]:
    """The curve of agreement of each link: a step for as long as nothing changed; and the seconds it was out of agreement."""
    links: dict[str, dict[str, Any]] = {}
    for stand in stands:
        link = links.setdefault(
            stand.destination, {"destination": stand.destination, "seconds_apart": 0.0, "steps": []}
        )
        link["steps"].append(
            {"state": stand.state, "from": stand.since.isoformat(), "to": stand.seen.isoformat(), **stand.numbers}
        )
        if stand.state != Verdict.AGREED:
            link["seconds_apart"] += (stand.seen - stand.since).total_seconds()
    return {"event_id": event.id, "links": list(links.values())}
