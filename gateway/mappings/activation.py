"""Putting another version of a mapping in force: loaded, checked, tried on the last messages, decided by somebody, for a reason.

A version that refuses a message which the present one takes is not put in force, unless that is said to be wanted. What is
shown of the trial is masked: nobody needs to see a person to judge a mapping. The deployment's files (tables, allow-lists) are
put in force together, as the use `files`; new versions beside what is in force are taken in with the decision that needs them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gateway.mappings.file_sets import compare
from gateway.mappings.versions import ADDITION, FILES, follow_decisions, load_files
from gateway.register.mappings.versions import Mappings
from mapping import MappingError
from mapping.authoring import tools
from mapping.authoring.tools import ToolReport
from mapping.proof.masking import masked
from outbox.desk import Filter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gateway.mappings.file_sets import FileSet
    from gateway.mappings.versions import Versions
    from mapping import Catalogue, Mapping
    from outbox.database.database import Database
    from outbox.ports import Desk

LAST = 50
"""Messages that a new version is tried on."""


class ActivationError(Exception):
    """A decision that cannot be taken; the text is French and says why."""


@dataclass(frozen=True, slots=True)
class ActivationRequest:
    """A decision that somebody asks for."""

    use: str
    """`sivic.victim`, or `files`."""
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Integration:
    """What decisions are taken on."""

    versions: Versions
    database: Database
    desk: Desk


async def activate(
    integration: Integration, wanted: ActivationRequest, name: str = "", *, force: bool = False, last: int = LAST
) -> ToolReport:
    """Put a version in force, or the files of the folders as they are, and give the trial.

    Raises `ActivationError`, `UnknownMappingError`, or `MappingFaultsError` with every fault.
    """
    trial, decision = await _tried(integration, wanted.use, name, last)
    if trial.broken and not force:
        sentence = f"{trial.broken} des derniers messages ne partiraient plus ; rien n’a changé."
        raise ActivationError(f"{sentence}\n{trial.report.text}")
    if decision.addition:
        await _take_in(integration, wanted, decision.addition)
    if decision.files:
        await _decide(integration, wanted, decision.files.name, "activation", decision.files)
    else:
        await _decide(integration, wanted, name, "activation")
    return trial.report


async def try_out(integration: Integration, use: str, name: str = "", last: int = LAST) -> ToolReport:
    """The same trial, and nothing else: not `ok` when a message that leaves today would not leave."""
    trial, _ = await _tried(integration, use, name, last)
    return replace(trial.report, ok=not trial.broken)


async def roll_back(integration: Integration, wanted: ActivationRequest) -> str:
    """Put back in force what was before; gives its name."""
    present = _present(integration, wanted.use)
    previous = await _before(integration, wanted.use)
    if previous is None:
        raise ActivationError(f"« {wanted.use} » n’a pas de version précédente.")
    if wanted.use == FILES:
        await load_files(integration.versions, integration.database, previous)
        _check_all_there(integration, integration.versions.of(previous))
    else:
        integration.versions.catalogue.mapping(previous)
    if previous == present:
        raise ActivationError(f"« {wanted.use} » n’a pas de version précédente.")
    await _decide(integration, wanted, previous, "rollback")
    return previous


async def keep_addition(integration: Integration, wanted: ActivationRequest) -> None:
    """Take in what the folders have beside what is in force; raises `ActivationError` when they have more than that."""
    added = await _addition(integration)
    if added is not None:
        await _take_in(integration, wanted, added)


@dataclass(frozen=True, slots=True)
class _Trial:
    report: ToolReport
    broken: int
    """Messages that leave today, and would not."""


@dataclass(frozen=True, slots=True)
class _Steps:
    """What a decision would put in force, compiled."""

    files: FileSet | None = None
    addition: FileSet | None = None


async def _tried(integration: Integration, use: str, name: str, last: int) -> tuple[_Trial, _Steps]:
    present = _present(integration, use)
    if use == FILES:
        return await _try_files(integration, last)
    added = None if name in integration.versions.catalogue.mappings else await _addition(integration)
    loaded = integration.versions.catalogue if added is None else integration.versions.of(added.name)
    old, new = integration.versions.catalogue.mapping(present), loaded.mapping(name)
    _check_alike(old, new)
    documents = await last_messages(integration, use, old.topic, last)
    report = tools.differences(old.name, old, new.name, new, documents)
    return _Trial(report, broken_by(old, new, documents)), _Steps(addition=added)


async def _try_files(integration: Integration, last: int) -> tuple[_Trial, _Steps]:
    """Every use in force, by its files of today and by those of the folders."""
    versions = integration.versions
    disk = await asyncio.to_thread(versions.file_sets.on_disk)
    if disk.name == versions.files.name:
        raise ActivationError("Les fichiers des dossiers sont ceux qui sont en vigueur.")
    loaded = await asyncio.to_thread(versions.file_sets.load, disk)
    _check_all_there(integration, loaded)
    difference = compare(versions.files, disk)
    lines, broken, count = [f"Fichiers : {difference.told()}."], 0, 0
    changed: dict[str, Any] = {}
    for use, name in sorted(versions.current.items()):
        if use == FILES:
            continue
        old, new = versions.catalogue.mapping(name), loaded.mapping(name)
        documents = await last_messages(integration, use, old.topic, last)
        report = tools.differences(name, old, name, new, documents)
        broken += broken_by(old, new, documents)
        count += len(documents)
        if not report.ok:
            lines.append(f"{use} : {report.text}")
            changed |= {f"{use} {case}": changes for case, changes in report.data["changed"].items()}
    if not changed:
        lines.append(f"Aucun des {count} derniers messages ne partirait autrement.")
    files = {"added": difference.added, "changed": difference.changed, "removed": difference.removed}
    data = {"files": files, "old": versions.files.name, "new": disk.name, "documents": count, "changed": changed}
    return _Trial(ToolReport(ok=not changed, text="\n".join(lines), data=data), broken), _Steps(files=disk)


def _check_all_there(integration: Integration, loaded: Catalogue) -> None:
    """What is in force must be among the files; a missing one would stop every message of its use."""
    gone = sorted({name for use, name in integration.versions.current.items() if use != FILES} - set(loaded.mappings))
    if gone:
        raise ActivationError(f"Ces fichiers n’ont pas ce qui est en vigueur : {', '.join(gone)}.")


async def _addition(integration: Integration) -> FileSet | None:
    """The folders as they are, compiled, when they have more than what is in force and nothing otherwise."""
    versions = integration.versions
    disk = await asyncio.to_thread(versions.file_sets.on_disk)
    difference = compare(versions.files, disk)
    if disk.name == versions.files.name:
        return None
    if not difference.harmless:
        raise ActivationError(
            f"D’autres fichiers ont changé : {difference.told()}. Mettez-les en vigueur d’abord, par l’emploi « {FILES} »."
        )
    await asyncio.to_thread(versions.file_sets.load, disk)
    return disk


def _present(integration: Integration, use: str) -> str:
    present = integration.versions.current.get(use)
    if present is None:
        known = ", ".join(sorted(integration.versions.current))
        raise ActivationError(f"« {use} » n’est pas une destination et son sujet ; connus : {known}.")
    return present


def _check_alike(old: Mapping, new: Mapping) -> None:
    if new.name == old.name:
        raise ActivationError(f"{new.name} est déjà en vigueur.")
    if (new.recipient, new.topic, new.source) != (old.recipient, old.topic, old.source):
        raise ActivationError(f"{new.name} n’est pas une version de {old.name} : autre destinataire ou autre sujet.")


async def last_messages(
    integration: Integration, use: str, topic: str, last: int = LAST
) -> list[tuple[str, dict[str, Any]]]:
    """The last documents of a use, masked, by their message; none for counts, which are counted when they leave."""
    if not topic or topic == "counts":
        return []
    records = await integration.desk.find(Filter(destination=use.partition(".")[0], topic=topic), limit=last)
    return [(record.envelope.id, masked(record.envelope.body)) for record in records]


def broken_by(old: Mapping, new: Mapping, documents: Iterable[tuple[str, dict[str, Any]]]) -> int:
    """How many documents the one takes and the other refuses."""
    return sum(_takes(old, document) and not _takes(new, document) for _, document in documents)


def _takes(mapping: Mapping, document: dict[str, Any]) -> bool:
    try:
        mapping.apply(document)
    except MappingError:
        return False
    return True


async def _before(integration: Integration, use: str) -> str | None:
    await follow_decisions(integration.versions, integration.database)
    return integration.versions.before(use)


async def _take_in(integration: Integration, wanted: ActivationRequest, files: FileSet) -> None:
    await _decide(integration, replace(wanted, use=FILES), files.name, ADDITION, files)


async def _decide(
    integration: Integration, wanted: ActivationRequest, name: str, kind: str, files: FileSet | None = None
) -> None:
    previous = integration.versions.current.get(wanted.use)

    def write(register: Mappings) -> None:
        if files is not None:
            register.keep_files(files.name, files.packed(), wanted.at)
        register.decide(wanted.use, name, previous, kind, wanted.by, wanted.why, wanted.at)

    await integration.database.write(lambda connection: write(Mappings(connection)))
    await follow_decisions(integration.versions, integration.database)
