"""Doors of the studio: a text is checked, tried, compared, and kept as a new version; only keeping writes something.

The integrator sends the text each time, so nothing is held for anybody. Each piece of work is small (the text, the
document, the time), and few go on at once: the studio never takes the place of messages.
"""

from __future__ import annotations

import asyncio
import json
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.doors.studio import sample_documents
from gateway.mappings.activation import ActivationError, ActivationRequest, Integration, keep_addition
from gateway.mappings.versions import FILES
from mapping import SHIPPED, MappingFaultsError, UnknownMappingError
from mapping.authoring import tools
from mapping.authoring.proposal import TEXT, in_text, propose
from mapping.authoring.vocabulary import vocabulary
from mapping.proof import golden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gateway.doors.http.door import Call
    from mapping import Catalogue, Fault
    from mapping.authoring.proposal import Proposal

T = TypeVar("T")

MOST_DOCUMENT = 256 * 1024
"""Bytes of a document to try."""
PATIENCE = 5.0
"""Seconds for one piece of work."""
AT_ONCE = 3
_PLACES = BoundedSemaphore(AT_ONCE)


async def read_text(call: Call) -> Reply:
    """A mapping as it is written."""
    catalogue, name = _known(call)
    candidates = [folder / "files" / f"{name}.yaml" for folder in catalogue.folders]
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise _unknown()
    text = await _apart(lambda: path.read_text(encoding="utf-8-sig"))
    return Reply(200, {"mapping": name, "text": text, "shipped": path.is_relative_to(SHIPPED)})


async def read_vocabulary(call: Call) -> Reply:
    """The words that its text may say."""
    catalogue, name = _known(call)
    return Reply(200, await _apart(lambda: vocabulary(catalogue, name)))


async def read_documents(call: Call) -> Reply:
    """Documents to try it on: the golden pairs, and the trial event. Nobody real."""
    catalogue, name = _known(call)
    return Reply(200, {"documents": await _apart(lambda: list(_documents(catalogue, name)))})


async def check(call: Call) -> Reply:
    """Every fault of a text, each at its place."""
    try:
        proposal = await _proposal(call)
    except MappingFaultsError as error:
        return Reply(200, {"ok": False, "mapping": None, "faults": [_fault(fault) for fault in error.faults]})
    proposed = proposal.mapping
    return Reply(
        200, {"ok": True, "mapping": proposed.name, "topic": proposed.topic, "target": proposed.target, "faults": []}
    )


async def preview(call: Call) -> Reply:
    """What one document gives, and the rule of each value. The document is answered to who sent it, and kept nowhere."""
    document: dict[str, Any] = call.body.document
    _refuse_large(document)
    proposal = await _sound(call)
    previewed = await _apart(lambda: proposal.preview(document))
    steps = [{**step, "line": _line(step["place"])} for step in previewed.data["steps"]]
    reason = "" if steps else previewed.text
    return _safe(
        {
            "ok": previewed.ok,
            "result": previewed.data["result"],
            "steps": steps,
            "reason": "" if previewed.ok else reason,
        }
    )


async def try_pairs(call: Call) -> Reply:
    """The golden pairs of this name, or of its nearest version, over a text."""
    proposal = await _sound(call)
    return Reply(200, await _apart(lambda: _pairs(proposal)))


async def compare(call: Call) -> Reply:
    """What a text sends differently from a loaded version, over the golden pairs and the trial event."""
    other: str = call.body.other
    _mapping(call.runtime.versions.catalogue, other)
    proposal = await _sound(call)
    if _family(proposal.mapping.name) != _family(other):
        raise ProblemError(422, "autre_correspondance", "Seules deux versions d’une même correspondance se comparent.")
    difference = await _apart(lambda: _difference(proposal, other))
    return _safe({"ok": difference.ok, **difference.data, "new": proposal.mapping.name})


async def keep(call: Call) -> Reply:
    """A sound text becomes a file of the deployment, under a name that no file has; it is not in force by that."""
    proposal = await _sound(call)
    name = proposal.mapping.name
    folders = call.runtime.settings.mapping_dirs
    if not folders:
        expected = "« mapping_dirs » dans les réglages nomme un dossier du déploiement."
        raise ProblemError(409, "dossier_absent", "Ce déploiement n’a pas de dossier de correspondances.", expected)
    if name in call.runtime.versions.catalogue.mappings:
        raise _taken()
    path = folders[0] / "files" / f"{name}.yaml"
    await _apart(lambda: _write(call.body.text, path))
    try:
        await keep_addition(
            Integration(call.runtime.versions, call.runtime.database, call.runtime.desk),
            ActivationRequest(FILES, call.principal.author, f"{name} gardée dans l’atelier", call.now),
        )
    except MappingFaultsError as error:
        path.unlink(missing_ok=True)
        raise _faulty(error, "Les fichiers du déploiement ont des défauts : rien n’a été gardé.") from None
    except ActivationError as error:
        path.unlink(missing_ok=True)
        raise ProblemError(409, "autres_fichiers", "Rien n’a été gardé.", str(error)) from None
    return Reply(201, {"mapping": name})


def _write(text: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _taken() from None
    except OSError:
        raise ProblemError(409, "dossier_ferme", "Le dossier de correspondances ne peut pas être écrit ici.") from None


def _taken() -> ProblemError:
    return ProblemError(
        409, "version_existante", "Cette version existe déjà.", "Une version ne se réécrit pas : prenez la suivante."
    )


def _pairs(proposal: Proposal) -> dict[str, Any]:
    name = _nearest(proposal)
    catalogue = proposal.catalogue(name)
    report = golden.run(catalogue, name)
    cases = [pair.case for pair in golden.pairs(catalogue) if pair.mapping == name]
    failed = report.data["failed"]
    rows = [
        {"case": case, "ok": f"{name} {case}" not in failed, "reason": failed.get(f"{name} {case}", "")}
        for case in cases
    ]
    return {"ok": report.ok, "of": name, "pairs": rows}


def _nearest(proposal: Proposal) -> str:
    """Whose pairs these are: its own, else those of the highest version below it that has some."""
    name = proposal.mapping.name
    numbers = {
        _number(pair.mapping) for pair in golden.pairs(proposal.loaded) if _family(pair.mapping) == _family(name)
    }
    below = [number for number in numbers if number <= _number(name)]
    return f"{_family(name)}@{max(below or numbers or {_number(name)})}"


def _difference(proposal: Proposal, other: str) -> tools.ToolReport:
    key = proposal.mapping.name if proposal.mapping.name != other else f"{other} (texte)"
    documents = [(document["name"], document["document"]) for document in _documents(proposal.loaded, other)]
    return tools.diff(proposal.catalogue(key, other), other, key, documents)


def _documents(catalogue: Catalogue, name: str) -> Iterator[dict[str, Any]]:
    mapping = catalogue.mapping(name)
    for pair in golden.pairs(catalogue):
        if _family(pair.mapping) == _family(name):
            document = json.loads(pair.canon.read_text(encoding="utf-8"))
            yield {"name": f"paire {pair.case} (@{_number(pair.mapping)})", "case": pair.case, "document": document}
    for who, example in sample_documents.demo(mapping.topic, mapping.recipient).items():
        yield {"name": f"essai : {who}", "case": None, "document": example}


def _family(name: str) -> str:
    return name.partition("@")[0]


def _number(name: str) -> int:
    number = name.partition("@")[2]
    return int(number) if number.isdecimal() else 0


def _line(place: str) -> int | None:
    """The line in the text of what stands at `texte:12`; None for a rule that it inherits."""
    file, _, line = place.rpartition(":")
    return int(line) if file == TEXT else None


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "file": None if in_text(fault) else fault.file,
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
        "hint": fault.hint,
    }


async def _sound(call: Call) -> Proposal:
    try:
        return await _proposal(call)
    except MappingFaultsError as error:
        raise _faulty(error, "Le texte a des défauts.") from None


def _faulty(error: MappingFaultsError, title: str) -> ProblemError:
    faults = tuple(
        FieldFault(f"{fault.file}:{fault.line}:{fault.column}", fault.message, fault.hint) for fault in error.faults
    )
    return ProblemError(422, "correspondance_fautive", title, faults=faults[:50])


async def _proposal(call: Call) -> Proposal:
    catalogue, text = call.runtime.versions.catalogue, call.body.text
    return await _apart(lambda: propose(catalogue, text))


async def _apart(work: Callable[[], T]) -> T:
    """On a thread, when there is a place; one that lasts too long keeps its place until it ends, and nobody waits for it."""
    if not _PLACES.acquire(blocking=False):
        raise ProblemError(
            503, "atelier_occupe", "L’atelier est occupé, réessayez dans un instant.", headers={"Retry-After": "1"}
        )

    def held() -> T:
        try:
            return work()
        finally:
            _PLACES.release()

    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(held)
    except TimeoutError:
        raise ProblemError(503, "essai_trop_long", "Cet essai demande trop de temps ; simplifiez le texte.") from None


def _refuse_large(document: dict[str, Any]) -> None:
    try:
        size = len(orjson.dumps(document))
    except TypeError:
        raise _unsayable() from None
    if size > MOST_DOCUMENT:
        raise ProblemError(413, "document_trop_gros", f"Le document dépasse {MOST_DOCUMENT // 1024} Ko.")


def _safe(content: dict[str, Any]) -> Reply:
    """Refused here when a rule made of the document something that JSON does not say."""
    try:
        orjson.dumps(content)
    except TypeError:
        raise _unsayable() from None
    return Reply(200, content)


def _unsayable() -> ProblemError:
    return ProblemError(
        422, "document_illisible", "Le document porte un nombre ou un texte que JSON ne transporte pas."
    )


def _known(call: Call) -> tuple[Catalogue, str]:
    catalogue, name = call.runtime.versions.catalogue, call.query.get("mapping", "")
    _mapping(catalogue, name)
    return catalogue, name


def _mapping(catalogue: Catalogue, name: str) -> None:
    try:
        catalogue.mapping(name)
    except UnknownMappingError:
        raise _unknown() from None


def _unknown() -> ProblemError:
    return ProblemError(404, "correspondance_inconnue", "Cette correspondance n’existe pas.")
