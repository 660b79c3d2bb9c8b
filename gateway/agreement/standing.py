"""How one event stands with one neighbour: what is known here, whom it says it holds, the differences, and the verdict."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adapters.neighbours import NEIGHBOURS
from domain.agreement import Difference, Gap, Standing, Verdict, differences, judge, sentence, unexplained
from gateway.agreement.transfers import transfers_of
from gateway.flow.routing import EVENT_DESTINATIONS, takers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from domain.agreement import HeldPerson, Person
    from domain.event import Event
    from gateway.agreement.transfers import Transfers
    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.runtime.census import Census


@dataclass(frozen=True, slots=True)
class Look:
    """One event at one neighbour, at one moment."""

    event: Event
    name: str
    at: datetime
    here: Mapping[str, Person]
    """Those who were made known to it and that it has to do with, by our identifier."""
    living: int
    """Persons of the event, told to it or not."""
    transfers: Transfers
    census: Census | None
    gaps: tuple[Difference, ...]
    """Every difference."""
    lost: tuple[Difference, ...]
    """Those that nothing on its way explains."""
    standing: Standing

    @property
    def verdict(self) -> Verdict:
        """The one that is true."""
        return judge(self.standing, self.at)

    @property
    def text(self) -> str:
        """The verdict in French."""
        return sentence(self.standing, self.at)

    @property
    def held(self) -> tuple[HeldPerson, ...] | None:
        """Whom it holds; None when that is not known."""
        if self.census is None or not self.census.answered or self.standing.silent:
            return None
        return self.census.people


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """What is known here of one event and one neighbour."""

    living: dict[str, Person]
    concerned: frozenset[str]
    """Those that the neighbour has to do with now: whoever else it was told of is withdrawn from there."""
    transfers: Transfers
    touched: dict[str, datetime]
    """Those that changed since the neighbour was asked."""
    state: str | None
    """How it stood at the last look that was written down."""
    since: datetime | None
    """Since when."""


def neighbours_of_event(runtime: Runtime) -> list[str]:
    """The neighbours that keep persons of an event and can be asked whom they hold, in the order of the settings."""
    return [name for name in takers("victim", runtime.deployment.destinations) if name in EVENT_DESTINATIONS]


async def look_at(runtime: Runtime, event: Event, name: str, *, patience: float | None, anew: bool = False) -> Look:
    """Ask the neighbour, then read what is known here: what moved in between explains a difference."""
    census = await _ask(runtime, event, name, patience=patience, anew=anew)
    now = runtime.clock()
    asked_at = census.asked_at if census else now

    def read(register: Register) -> OwnRecords:
        return OwnRecords(
            register.persons.living(event.id),
            register.persons.in_statuses(event.id, runtime.deployment.statuses_told(name)),
            transfers_of(register.connection, event.id, name),
            register.persons.touched(event.id, asked_at),
            *(register.agreements.since(event.id, name) or (None, None)),
        )

    return await asyncio.to_thread(_compare, event, name, now, await runtime.read(read), census)


async def _ask(runtime: Runtime, event: Event, name: str, *, patience: float | None, anew: bool) -> Census | None:
    link, mirror = event.links.get(name), runtime.mirrors.get(name)
    if mirror is None or link is None or link.state != "linked" or link.external_id is None:
        return None
    return await runtime.censuses.latest(name, link.external_id, mirror, runtime.clock, patience=patience, anew=anew)


def _compare(event: Event, name: str, now: datetime, known: OwnRecords, census: Census | None) -> Look:
    transfers = known.transfers
    here = {id_: person for id_, person in known.living.items() if id_ in transfers.sent and id_ in known.concerned}
    answered = census is not None and census.answered
    gaps = differences(here, census.people, NEIGHBOURS[name].compares) if census and answered else []
    lost = unexplained(gaps, transfers.movements, known.touched, census.asked_at) if census else []
    link = event.links.get(name)
    standing = Standing(
        name=NEIGHBOURS[name].title,
        linked=link is not None and link.state == "linked",
        link_failed=link is not None and link.state == "failed",
        asked_at=census.asked_at if census and answered else None,
        silent=census is not None and census.fault is not None,
        forgotten=census is not None and census.forgotten,
        waiting=transfers.waiting,
        parked=transfers.parked,
        uncertain=transfers.uncertain,
        moving=len({gap.person for gap in gaps}) - len({gap.person for gap in lost}),
        gaps={kind: sum(gap.gap is kind for gap in lost) for kind in Gap},
    )
    standing = replace(standing, since=_since(judge(standing, now), known, census))
    return Look(event, name, now, here, len(known.living), transfers, census, tuple(gaps), tuple(lost), standing)


def _since(verdict: Verdict, known: OwnRecords, census: Census | None) -> datetime | None:
    """Since when it stands so: the age of what waits, of the silence, or of the first look that saw the gap."""
    before = known.since if known.state == verdict else None
    match verdict:
        case Verdict.ON_THE_WAY:
            return known.transfers.oldest
        case Verdict.UNKNOWN:
            silences = [at for at in (census.silent_since if census else None, before) if at is not None]
            return min(silences, default=None)
        case _:
            return before
