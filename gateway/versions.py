"""Which version of a mapping is in force, changed without a restart.

A message keeps the version that was in force when it was queued: its own `created_at` against the history of decisions
says which, so nothing is added to the envelope. A person may release a message from its version when replaying it. The
adapters hold `InForce` objects in the place of mappings, and never know. Settings that changed since the last start are
a decision like the others.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.register.mappings import Decision, Mappings
from gateway.routing import kind_of
from mapping import MappingError, UnknownMappingError
from outbox.ports import Repeater
from outbox.verdict import not_repeatable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    import mapping
    from mapping import Catalogue
    from outbox.database import Database
    from outbox.message import Claimed, Receipt
    from outbox.ports import Destination

PINNED = "\0versions"
"""Key beside the canon, which no path can name: use → mapping, for a message that keeps an older version."""
SETTINGS = "settings"


class InForce:
    """A mapping to whoever holds it: the version in force, or the one that the document is pinned to."""

    def __init__(self, versions: Versions, use: str) -> None:
        self._versions = versions
        self._use = use

    def apply(self, canon: Mapping[str, Any]) -> dict[str, Any]:
        """As a mapping does; a version whose file is gone is a `MappingError` that names it."""
        return self._chosen(canon).apply(canon)

    def write(self, canon: Mapping[str, Any]) -> bytes:
        """As a mapping does."""
        return self._chosen(canon).write(canon)

    def read(self, raw: bytes) -> dict[str, Any]:
        """As a mapping does: an answer is read by the version in force now."""
        return self._chosen({}).read(raw)

    def _chosen(self, canon: Mapping[str, Any]) -> mapping.Mapping:
        name = canon.get(PINNED, {}).get(self._use) or self._versions.current[self._use]
        try:
            return self._versions.catalogue.mapping(name)
        except UnknownMappingError:
            raise MappingError(self._use, f"la correspondance {name} n'est plus chargée") from None


class Versions:
    """What is in force, since when, and what was before."""

    def __init__(self, chosen: Mapping[str, str], catalogue: Catalogue, load: Callable[[], Catalogue]) -> None:
        """`chosen` is what the settings say; `load` reads the folders again. Raises `UnknownMappingError` for a wrong setting."""
        for name in chosen.values():
            catalogue.mapping(name)
        self.chosen = dict(chosen)
        self.catalogue = catalogue
        self.current = dict(chosen)
        self._load = load
        self._seen = 0
        self._past: dict[str, list[tuple[datetime, str]]] = {}

    def shapes(self, destination: str) -> dict[str, InForce]:
        """For the adapter of a destination: what is told it → what maps that."""
        before = destination + "."
        return {use.removeprefix(before): InForce(self, use) for use in self.chosen if use.startswith(before)}

    def learn(self, decisions: Iterable[Decision]) -> bool:
        """Take decisions in, in their order; True when one was new. The folders are read again for a file not yet known."""
        fresh = [one for one in decisions if one.seq > self._seen]
        if any(one.mapping not in self.catalogue.mappings for one in fresh):
            self.reload()
        for one in fresh:
            self._past.setdefault(one.use, []).append((one.at, one.mapping))
            self.current[one.use] = one.mapping
            self._seen = one.seq
        return bool(fresh)

    def reload(self) -> None:
        """Read the folders again; raises MappingFaultsError with every fault, and then what was loaded stays."""
        self.catalogue = self._load()

    def at(self, use: str, instant: datetime) -> str | None:
        """What was in force then; None when nothing is known of so long ago."""
        past = self._past.get(use, [])
        place = bisect_right([at for at, _ in past], instant)
        return past[place - 1][1] if place else None

    def pins(self, destination: str, instant: datetime) -> dict[str, str]:
        """The uses of a destination for which another version was in force at that instant than is now."""
        before = kind_of(destination) + "."
        older = {use: self.at(use, instant) for use in self._past if use.startswith(before)}
        return {use: name for use, name in older.items() if name is not None and name != self.current.get(use)}


class VersionedDestination:
    """A destination whose messages keep the version that they were queued with."""

    def __init__(self, inner: Destination, versions: Versions, database: Database) -> None:
        self._inner = inner
        self._versions = versions
        self._database = database

    @property
    def name(self) -> str:
        """Of the destination itself."""
        return self._inner.name

    async def deliver(self, claimed: Claimed) -> Receipt:
        """Pin, then deliver. The register is asked only for a message older than the last change."""
        envelope = claimed.envelope
        pins = self._versions.pins(envelope.destination, envelope.created_at)
        if pins and not await self._released(envelope.id):
            claimed = replace(claimed, envelope=replace(envelope, body={**envelope.body, PINNED: pins}))
        return await self._inner.deliver(claimed)

    async def resend(self, claimed: Claimed) -> Receipt:
        """The bytes of the last attempt, which no mapping makes; where the destination itself can send them again."""
        if not isinstance(self._inner, Repeater):
            raise not_repeatable()
        return await self._inner.resend(claimed)

    async def _released(self, message_id: str) -> bool:
        return await self._database.read(lambda connection: Mappings(connection).released(message_id))


async def follow_decisions(versions: Versions, database: Database) -> bool:
    """Take in what was decided since, on any node; True when something was."""
    return versions.learn(await database.read(lambda connection: Mappings(connection).history()))


async def open_versions(
    chosen: Mapping[str, str],
    catalogue: Catalogue,
    load: Callable[[], Catalogue],
    database: Database,
    clock: Callable[[], datetime],
) -> Versions:
    """What is in force here: the newest decision of each use, the settings' own when they changed since the last start."""
    versions = Versions(chosen, catalogue, load)
    now = clock()

    def note_settings(connection: Any) -> list[Decision]:  # noqa: ANN401 - a SQL connection
        register = Mappings(connection)
        history = register.history()
        said = {one.use: one.mapping for one in history if one.kind == SETTINGS}
        current = {one.use: one.mapping for one in history}
        for use, name in chosen.items():
            if said.get(use) != name:
                register.decide(use, name, current.get(use), SETTINGS, "passerelle", "réglages au démarrage", now)
        return register.history()

    versions.learn(await database.write(note_settings))
    return versions


async def keep_unknown(versions: Versions, database: Database, now: datetime) -> None:
    """Write down the codes that were missed since the last time."""
    missed = versions.catalogue.take_unknown()
    if missed:
        await database.write(lambda connection: Mappings(connection).count_unknown(missed, now))
