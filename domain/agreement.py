"""Whether a neighbour holds what was said, person by person: the differences, what explains them, and the verdict in one sentence.

Equal totals prove nothing: two errors may hide each other. Agreement is said only when the neighbour has just listed whom it holds, every
person is the same there, and nothing waits, is being sent, or needs a decision. What is not known is said to be unknown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

STALE = 120.0
"""Seconds after which an answer of a neighbour proves nothing any more."""
NONE_KEPT: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """One person as a side counts it."""

    id: str
    severity: str
    localisation: str | None = None
    """The identifier of the place."""
    hospital: str | None = None
    """FINESS of the destination."""
    number: str | None = None
    """Canonical SINUS number."""


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """One person as a neighbour lists it."""

    id: str | None
    """Ours; None for somebody whom only the neighbour knows."""
    reference: str
    """The neighbour's own identifier."""
    severity: str
    localisation: str | None = None
    hospital: str | None = None
    number: str | None = None


class Gap(StrEnum):
    """How one person differs."""

    MISSING = "missing"
    """Known here, not held there."""
    EXTRA = "extra"
    """Held there, not (or no longer) known here."""
    DIFFERENT = "different"
    """Held there with another value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One person on whom the two sides do not agree."""

    person: str | None
    """Our identifier, where there is one."""
    reference: str | None
    """The neighbour's, where there is one."""
    gap: Gap
    field: str | None = None
    here: str | None = None
    there: str | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What the outbox knows of one person at one neighbour."""

    waiting: int = 0
    """Messages that wait or are being sent."""
    undecided: int = 0
    """Messages that are parked, or of which nobody knows whether they arrived."""
    settled_at: datetime | None = None


class Verdict(StrEnum):
    """What may be said of one link."""

    AGREED = "agreed"
    ON_THE_WAY = "on_the_way"
    GAP = "gap"
    UNKNOWN = "unknown"
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that a verdict on one link is made of."""

    name: str
    """Of the neighbour, as people say it."""
    linked: bool
    """The neighbour has confirmed its event."""
    link_failed: bool = False
    asked_at: datetime | None = None
    """When the neighbour began to list whom it holds; None when it never answered."""
    silent: bool = False
    """Its last answer did not come."""
    forgotten: bool = False
    """It answered that it does not know the event."""
    waiting: int = 0
    parked: int = 0
    uncertain: int = 0
    moving: int = 0
    """Persons whose difference something on its way explains."""
    gaps: Mapping[Gap, int] = field(default_factory=dict)
    """Persons whose difference nothing explains, by kind."""
    since: datetime | None = None
    """Since when it stands so: the oldest message, the first silence, the first look that saw the gap."""


def differences(
    here: Mapping[str, Person], held: Iterable[HeldPerson], compared: Collection[str] = NONE_KEPT
) -> list[Difference]:
    """Every person on whom the sides differ, once; `compared` are the fields that this neighbour keeps, besides the severity."""
    gaps: list[Difference] = []
    seen: set[str] = set()
    fields = ("severity", *sorted(compared))
    for there in held:
        mine = here.get(there.id) if there.id is not None else None
        if mine is None:
            gaps.append(Difference(there.id, there.reference, Gap.EXTRA))
            continue
        seen.add(mine.id)
        for name in fields:
            ours, theirs = getattr(mine, name), getattr(there, name)
            if ours != theirs and not (name == "number" and ours is None and _of_its_own(theirs)):
                gaps.append(Difference(mine.id, there.reference, Gap.DIFFERENT, name, ours, theirs))
                break
    gaps += [Difference(person, None, Gap.MISSING) for person in here if person not in seen]
    return gaps


def _of_its_own(number: str | None) -> bool:
    """Whether the neighbour gave the number itself (origin HP): where a person here wants none, it is offered on the record, and no gap."""
    read = read_sinus_number(number or "")
    return isinstance(read, SinusNumber) and read.origin == "HP"


def unexplained(
    gaps: Iterable[Difference],
    movements: Mapping[str, Movement],
    changed: Mapping[str, datetime],
    asked_at: datetime,
) -> list[Difference]:
    """The differences that nothing on its way explains.

    A message that waits explains one, and so does anything that moved after the neighbour began to answer. A parked message explains
    nothing: it will not move before a person decides.
    """
    nothing = Movement()

    def explained(gap: Difference) -> bool:
        if gap.person is None:
            return False
        movement = movements.get(gap.person, nothing)
        if movement.waiting:
            return True
        settled, touched = movement.settled_at, changed.get(gap.person)
        return (settled is not None and settled >= asked_at) or (touched is not None and touched >= asked_at)

    return [gap for gap in gaps if not explained(gap)]


def judge(standing: Standing, now: datetime) -> Verdict:
    """The one verdict that is true of a link, the gravest first."""
    if not standing.linked:
        return Verdict.GAP if standing.link_failed else Verdict.UNLINKED
    old = standing.asked_at is None or (now - standing.asked_at).total_seconds() > STALE
    if standing.silent or old:
        return Verdict.UNKNOWN
    if standing.forgotten or any(standing.gaps.values()) or standing.parked or standing.uncertain:
        return Verdict.GAP
    if standing.waiting or standing.moving:
        return Verdict.ON_THE_WAY
    return Verdict.AGREED


def sentence(standing: Standing, now: datetime) -> str:
    """The verdict as a person reads it, in French."""
    name, since = standing.name, f" depuis {duration(standing.since, now)}" if standing.since else ""
    match judge(standing, now):
        case Verdict.AGREED:
            return f"{name} : d’accord"
        case Verdict.ON_THE_WAY:
            number = standing.waiting or standing.moving
            return f"{name} : en route ({number}{since and ',' + since})"
        case Verdict.UNKNOWN:
            queue = f" ; {count(standing.waiting, 'envoi attend', 'envois attendent')}" if standing.waiting else ""
            return f"{name} : inconnu{since}, pas de réponse{queue}"
        case Verdict.UNLINKED:
            return f"{name} : l’événement n’y est pas encore lié{since}"
        case Verdict.GAP:
            return f"{name} : écart{since} : {_reasons(standing)}"


def _reasons(standing: Standing) -> str:
    if standing.link_failed and not standing.linked:
        return "le lien de l’événement a été refusé, rien ne part"
    parts = []
    if standing.forgotten:
        parts.append(f"{standing.name} ne connaît plus cet événement")
    missing, extra, different = (standing.gaps.get(gap, 0) for gap in (Gap.MISSING, Gap.EXTRA, Gap.DIFFERENT))
    if missing:
        parts.append(count(missing, f"fiche manque à {standing.name}", f"fiches manquent à {standing.name}"))
    if different:
        parts.append(count(different, "fiche n’y est pas la même", "fiches n’y sont pas les mêmes"))
    if extra:
        parts.append(count(extra, "fiche n’est que là-bas", "fiches ne sont que là-bas"))
    if standing.parked:
        parts.append(count(standing.parked, "envoi attend une décision", "envois attendent une décision"))
    if standing.uncertain:
        parts.append(count(standing.uncertain, "envoi incertain", "envois incertains"))
    way = f"{standing.waiting} autres en route" if standing.waiting else "rien en route"
    return f"{', '.join(parts)}, {way}"


def count(number: int, singular: str, plural: str) -> str:
    """The number with its noun."""
    return f"{number} {singular if number == 1 else plural}"


def duration(since: datetime, now: datetime) -> str:
    """A length of time as a person says it: `12 s`, `3 min`, `2 h 05`, `4 j`."""
    seconds = max(0, int((now - since).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if minutes == 0:
        return f"{seconds} s"
    if hours == 0:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60:02d}" if hours < 48 else f"{hours // 24} j"  # noqa: PLR2004 - two days


def tally(people: Iterable[Person | HeldPerson]) -> dict[str, int]:
    """Persons by severity, with the totals that the boards print. A code that nobody knows is counted with NC."""
    known = [severity.value for severity in Severity]
    seen = Counter(person.severity if person.severity in known else Severity.NC.value for person in people)
    total = seen.total()
    return {**{name: seen[name] for name in known}, "total": total, "total_without_imp": total - seen["IMP"]}
