"""Putting another version of a mapping in force: loaded, checked, tried on the last messages, decided by somebody, for a reason.

A version that refuses a message which the present one takes is not put in force, unless that is said to be wanted. What is
shown of the trial is masked: nobody needs to see a person to judge a mapping.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.register.mappings import Mappings
from mapping import MappingError, tools
from mapping.masking import masked
from outbox.desk import Filter

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.versions import Versions
    from mapping import Mapping
    from mapping.tools import Told
    from outbox.database import Database
    from outbox.ports import Desk

LAST = 50
"""Messages that a new version is tried on."""


class ActivationError(Exception):
    """A decision that cannot be taken; the text is French and says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision that somebody asks for."""

    use: str
    """`sivic.victim`."""
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Integration:
    """What decisions are taken on."""

    versions: Versions
    database: Database
    desk: Desk


async def activate(house: Integration, wanted: Wanted, name: str, *, force: bool = False, last: int = LAST) -> Told:
    """Put a version in force and give the trial. Raises `ActivationError`, or `MappingFaultsError` with every fault."""
    versions = house.versions
    present = _present(house, wanted)
    versions.reload()
    old, new = versions.catalogue.mapping(present), versions.catalogue.mapping(name)
    _check_alike(old, new)
    trial, broken = await _try(house, wanted.use, old, new, last)
    if broken and not force:
        raise ActivationError(
            f"{new.name} refuse {broken} des derniers messages que {old.name} accepte ; rien n’a changé.\n{trial.text}"
        )
    await _decide(house, wanted, name, present, "activation")
    return trial


async def roll_back(house: Integration, wanted: Wanted) -> str:
    """Put back in force what was before; gives its name."""
    present = _present(house, wanted)
    history = await house.database.read(lambda connection: Mappings(connection).history())
    last = next((one for one in reversed(history) if one.use == wanted.use), None)
    if last is None or last.previous is None:
        raise ActivationError(f"« {wanted.use} » n’a pas de version précédente.")
    if last.previous not in house.versions.catalogue.mappings:
        house.versions.reload()
    house.versions.catalogue.mapping(last.previous)
    await _decide(house, wanted, last.previous, present, "rollback")
    return last.previous


def _present(house: Integration, wanted: Wanted) -> str:
    present = house.versions.current.get(wanted.use)
    if present is None:
        known = ", ".join(sorted(house.versions.current))
        raise ActivationError(f"« {wanted.use} » n’est pas une destination et son sujet ; connus : {known}.")
    return present


def _check_alike(old: Mapping, new: Mapping) -> None:
    if new.name == old.name:
        raise ActivationError(f"{new.name} est déjà en vigueur.")
    if (new.recipient, new.topic, new.source) != (old.recipient, old.topic, old.source):
        raise ActivationError(f"{new.name} n’est pas une version de {old.name} : autre destinataire ou autre sujet.")


async def _try(house: Integration, use: str, old: Mapping, new: Mapping, last: int) -> tuple[Told, int]:
    """Both versions over the last messages, and how many of them only the new one refuses."""
    documents: list[tuple[str, dict[str, object]]] = []
    if old.topic != "counts" and old.topic:  # A count is counted when it leaves: its message holds nothing to try.
        wanted = Filter(destination=use.partition(".")[0], topic=old.topic)
        found = await house.desk.find(wanted, limit=last)
        documents = [(record.envelope.id, masked(record.envelope.body)) for record in found]
    broken = sum(_takes(old, document) and not _takes(new, document) for _, document in documents)
    return tools.diff(house.versions.catalogue, old.name, new.name, documents), broken


def _takes(mapping: Mapping, document: dict[str, object]) -> bool:
    try:
        mapping.apply(document)
    except MappingError:
        return False
    return True


async def _decide(house: Integration, wanted: Wanted, name: str, previous: str, kind: str) -> None:
    def write(register: Mappings) -> None:
        register.decide(wanted.use, name, previous, kind, wanted.by, wanted.why, wanted.at)

    await house.database.write(lambda connection: write(Mappings(connection)))
    house.versions.learn(await house.database.read(lambda connection: Mappings(connection).history()))
