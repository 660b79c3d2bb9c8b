"""Which version of a mapping is in force, changed without a restart.

A message keeps the version that was in force when it was queued: its own `created_at` against the history of decisions
says which, so nothing is added to the envelope. A person may release a message from its version when replaying it. The
adapters hold `InForce` objects in the place of mappings, and never know. Settings that changed since the last start are
a decision like the others, and so are the deployment's files: tables and allow-lists are in force as a set, the same on
every node, until somebody puts another in force. What the law takes away today is not sent, whatever a message was queued with.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from adapters.neighbours import kind_of
from gateway.mappings.file_sets import FileSet, FileSets
from gateway.register.mappings.versions import Decision, Mappings
from mapping import MappingError, UnknownMappingError
from outbox.errors import PermanentDeliveryError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import mapping
    from mapping import Catalogue
    from outbox.database.database import Database

T = TypeVar("T")
_PINS: ContextVar[Mapping[str, str]] = ContextVar("mapping_pins", default=MappingProxyType({}))
"""Use → mapping, while a message that keeps an older version is being delivered."""
SETTINGS = "settings"
ADDITION = "addition"
FILES = "files"
"""The use whose versions are the deployment's files."""


@contextmanager
def pinned(pins: Mapping[str, str]) -> Iterator[None]:
    """What is mapped inside goes by these versions: use → mapping."""
    token = _PINS.set(pins)
    try:
        yield
    finally:
        _PINS.reset(token)


class InForce:
    """A mapping to whoever holds it: the version in force, or the one that a delivery is `pinned` to."""

    def __init__(self, versions: Versions, use: str) -> None:
        self._versions = versions
        self._use = use

    def apply(self, canon: Mapping[str, Any]) -> dict[str, Any]:
        """As a mapping does; a version whose file is gone is a `MappingError` that names it."""
        return self._written(lambda mapping: mapping.apply(canon))

    def write(self, canon: Mapping[str, Any]) -> bytes:
        """As a mapping does."""
        return self._written(lambda mapping: mapping.write(canon))

    def read(self, raw: bytes) -> dict[str, Any]:
        """As a mapping does: an answer is read by the version in force now."""
        return self._chosen({}).read(raw)

    @property
    def target(self) -> str:
        """The document that the version in force now makes: `canon#hub_case`."""
        return self._chosen({}).target

    def _written(self, write: Callable[[mapping.Mapping], T]) -> T:
        chosen = self._chosen(_PINS.get())
        try:
            return write(chosen)
        except MappingError as error:
            if error.table and chosen.topic:
                raise _unpaired(self._use.partition(".")[0], error) from None
            raise

    def _chosen(self, pins: Mapping[str, str]) -> mapping.Mapping:
        name = pins.get(self._use) or self._versions.current[self._use]
        try:
            return self._versions.of(pins.get(FILES)).mapping(name)
        except UnknownMappingError:
            raise MappingError(self._use, f"la correspondance {name} n'est plus chargée") from None


class LawInForce:
    """The allow-list of one recipient, as the files in force have it."""

    def __init__(self, versions: Versions, recipient: str) -> None:
        self._versions = versions
        self._recipient = recipient

    def restrict(self, topic: str, canon: Mapping[str, Any]) -> dict[str, Any]:
        """As an allow-list does."""
        return self._versions.catalogue.allow_list(self._recipient).restrict(topic, canon)


def _unpaired(destination: str, error: MappingError) -> PermanentDeliveryError:
    """What its recipient's policy makes of a code without a pair: a message that waits for one, or that is never sent."""
    if error.final:
        sentence = f"Un code n’a pas de paire dans {error.table}, et ce destinataire refuse de tels documents."
        return RefusedError(f"{destination}.code_refuse", sentence, error.path)
    sentence = f"Un code n’a pas de paire dans {error.table} : ajoutez-la, puis rejouez."
    return PermanentDeliveryError(f"{destination}.code_inconnu", sentence, error.path)


class Versions:
    """What is in force, since when, and what was before."""

    def __init__(self, chosen: Mapping[str, str], file_sets: FileSets, files: FileSet) -> None:
        """`chosen` is what the settings say, `files` what is in force of the deployment's.

        Raises `UnknownMappingError` for a wrong setting, `MappingFaultsError` for faulty files.
        """
        self.file_sets = file_sets
        self.files = files
        self.catalogue = file_sets.load(files)
        for name in chosen.values():
            self.catalogue.mapping(name)
        self.chosen = dict(chosen)
        self.current = dict(chosen)
        self._seen = 0
        self._past: dict[str, list[tuple[datetime, str]]] = {}

    def shapes(self, destination: str) -> dict[str, InForce]:
        """For the adapter of a destination: what is told it → what maps that."""
        before = destination + "."
        return {use.removeprefix(before): InForce(self, use) for use in self.chosen if use.startswith(before)}

    def recipient(self, destination: str, topic: str) -> str:
        """Whose allow-list holds for what a destination is told."""
        names = (self.current.get(f"{use}.{topic}", "") for use in (kind_of(destination), destination))
        shipped = next((self.catalogue.mappings[name] for name in names if name in self.catalogue.mappings), None)
        return shipped.recipient if shipped else kind_of(destination)

    def allow_list(self, recipient: str) -> LawInForce:
        """The law of a recipient, that follows the files in force; raises `UnknownMappingError`."""
        self.catalogue.allow_list(recipient)
        return LawInForce(self, recipient)

    def of(self, files: str | None) -> Catalogue:
        """The mappings of a set of files, those in force when none is named; raises `UnknownMappingError`."""
        catalogue = self.file_sets.compiled(files) if files else self.catalogue
        if catalogue is None:
            raise UnknownMappingError(files)
        return catalogue

    def learn(self, decisions: Iterable[Decision]) -> bool:
        """Take decisions in, in their order; True when one was new. The set of files they end with is compiled already."""
        fresh = [decision for decision in decisions if decision.seq > self._seen]
        for decision in fresh:
            self._seen = decision.seq
            if decision.use == FILES and not self.file_sets.folders:
                continue  # This node was given no folder: the product's files are all that it has.
            past = self._past.setdefault(decision.use, [])
            if decision.kind == ADDITION and past:
                past[-1] = (past[-1][0], decision.mapping)
            else:
                past.append((decision.at, decision.mapping))
            self.current[decision.use] = decision.mapping
        self._turn_to(self.current.get(FILES))
        return bool(fresh)

    def _turn_to(self, name: str | None) -> None:
        files, catalogue = self.file_sets.known(name or ""), self.file_sets.compiled(name or "")
        if files is not None and catalogue is not None:
            self.files, self.catalogue = files, catalogue

    def ends_with(self, decisions: Sequence[Decision]) -> str | None:
        """The set of files that these decisions put in force, when this process does not have it compiled."""
        names = [decision.mapping for decision in decisions if decision.use == FILES] if self.file_sets.folders else []
        return names[-1] if names and self.file_sets.compiled(names[-1]) is None else None

    def at(self, use: str, instant: datetime) -> str | None:
        """What was in force then; None when nothing is known of so long ago."""
        past = self._past.get(use, [])
        place = bisect_right([at for at, _ in past], instant)
        return past[place - 1][1] if place else None

    def before(self, use: str) -> str | None:
        """What was in force before what is now; additions to it are not a change."""
        past = self._past.get(use, [])
        return past[-2][1] if len(past) > 1 else None

    def pins(self, destination: str, instant: datetime) -> dict[str, str]:
        """The uses of a destination for which another version, or other files, were in force at that instant than are now."""
        before = kind_of(destination) + "."
        older = {use: self.at(use, instant) for use in self._past if use.startswith(before) or use == FILES}
        return {use: name for use, name in older.items() if name is not None and name != self.current.get(use)}


async def load_files(versions: Versions, database: Database, name: str) -> None:
    """Have a kept set of files compiled, in a thread; nothing when it is not in the register."""
    if versions.file_sets.compiled(name) is not None:
        return
    files = versions.file_sets.known(name)
    if files is None:
        files = await _kept(database, name)
    if files is not None:
        await asyncio.to_thread(versions.file_sets.load, files)


async def follow_decisions(versions: Versions, database: Database) -> bool:
    """Take in what was decided since, on any node; True when something was."""
    decisions = await database.read(lambda connection: Mappings(connection).history())
    if name := versions.ends_with(decisions):
        await load_files(versions, database, name)
    return versions.learn(decisions)


async def open_versions(
    chosen: Mapping[str, str],
    file_sets: FileSets,
    database: Database,
    clock: Callable[[], datetime],
    *,
    starting: bool = False,
) -> Versions:
    """What is in force here: the newest decision of each use, the settings' own when they changed since the last start.

    A gateway that is `starting` puts in force the files that nobody ever decided on; those that somebody took back stay
    taken back. Whoever only works on the house (the command line) finds the files that are in force, whatever the folders hold.
    """
    history = await database.read(lambda connection: Mappings(connection).history())
    decided = [decision.mapping for decision in history if decision.use == FILES] if file_sets.folders else []
    files = None if starting or not decided else await _kept(database, decided[-1])
    disk = files or file_sets.on_disk()
    versions = Versions(chosen, file_sets, disk)
    now = clock()

    def note_settings(connection: Any) -> None:  # noqa: ANN401 - a SQL connection
        register = Mappings(connection)
        history = register.history()
        choices = {decision.use: decision.mapping for decision in history if decision.kind == SETTINGS}
        current = {decision.use: decision.mapping for decision in history}
        if file_sets.folders and not any(
            decision.use == FILES and decision.mapping == disk.name for decision in history
        ):
            register.keep_files(disk.name, disk.packed(), now)
            register.decide(FILES, disk.name, current.get(FILES), SETTINGS, "passerelle", "fichiers au démarrage", now)
        for use, name in chosen.items():
            if choices.get(use) != name:
                register.decide(use, name, current.get(use), SETTINGS, "passerelle", "réglages au démarrage", now)

    await database.write(note_settings)
    await follow_decisions(versions, database)
    return versions


async def _kept(database: Database, name: str) -> FileSet | None:
    kept = await database.read(lambda connection: Mappings(connection).files(name))
    return None if kept is None else FileSet.unpacked(kept)


async def keep_unknown(versions: Versions, database: Database, now: datetime) -> None:
    """Write down the codes that were missed since the last time."""
    missed = versions.catalogue.take_unknown()
    if missed:
        await database.write(lambda connection: Mappings(connection).count_unknown(missed, now))
