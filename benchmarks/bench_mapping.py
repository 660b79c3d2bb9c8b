"""Documents a second: each shipped mapping, with and without trace; and forty fields by a function written by hand, jsonata, jmespath and glom.

The general engines are no dependency of ours: one that is not installed is skipped, and that is told
(`pip install jsonata-python jmespath glom` in an environment of your own). Rounds are interleaved, medians are told.
"""

from __future__ import annotations

import importlib
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report import Figure, tell

from mapping import SHIPPED, load_catalogue
from mapping.authoring import tools
from mapping.proof import golden

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[dict[str, Any]], Any]

ESSAI = Path(__file__).parent.parent / "tests" / "mapping" / "essai"
ROUNDS = 5
SECONDS = 0.05  # of one round of one work
FORTY = [
    "mode",
    "revision",
    "happened_at",
    "recorded_at",
    "event.id",
    "event.name",
    "event.type",
    "event.mode",
    "event.status",
    "event.started_at",
    "victim.id",
    "victim.sinus_number",
    "victim.severity",
    "victim.severity_entry",
    "victim.triaged_at",
    "victim.status",
    "victim.status_at",
    "victim.patient_type",
    "victim.birth_name",
    "victim.used_name",
    "victim.given_name",
    "victim.birth_date",
    "victim.age_band",
    "victim.weight_kg",
    "victim.sex",
    "victim.nationality",
    "victim.nir",
    "victim.contact",
    "victim.bilan",
    "victim.comment",
    "victim.orientation",
    "victim.vector",
    "victim.evacuation_requested_at",
    "victim.localisation.id",
    "victim.localisation.name",
    "victim.age.value",
    "victim.age.unit",
    "victim.destination.finess",
    "victim.destination.name",
    "victim.contact_person.name",
]


def by_hand(canon: dict[str, Any]) -> dict[str, Any]:
    """The forty fields, as a person writes them."""
    event, victim = canon["event"], canon["victim"]
    place, age, to = victim["localisation"], victim["age"], victim["destination"]
    return {
        "message": {
            "mode": canon["mode"],
            "revision": canon["revision"],
            "happened_at": canon["happened_at"],
            "recorded_at": canon["recorded_at"],
        },
        "event": {name: event[name] for name in ("id", "name", "type", "mode", "status", "started_at")},
        "victim": {
            "id": victim["id"],
            "sinus_number": victim["sinus_number"],
            "severity": victim["severity"],
            "severity_entry": victim["severity_entry"],
            "triaged_at": victim["triaged_at"],
            "status": victim["status"],
            "status_at": victim["status_at"],
            "patient_type": victim["patient_type"],
            "birth_name": victim["birth_name"],
            "used_name": victim["used_name"],
            "given_name": victim["given_name"],
            "birth_date": victim["birth_date"],
            "age_band": victim["age_band"],
            "weight_kg": victim["weight_kg"],
            "sex": victim["sex"],
            "nationality": victim["nationality"],
            "nir": victim["nir"],
            "contact": victim["contact"],
            "bilan": victim["bilan"],
            "comment": victim["comment"],
            "orientation": victim["orientation"],
            "vector": victim["vector"],
            "evacuation_requested_at": victim["evacuation_requested_at"],
        },
        "localisation": {"id": place["id"], "name": place["name"]},
        "age": {"value": age["value"], "unit": age["unit"]},
        "destination": {"finess": to["finess"], "name": to["name"]},
        "contact_person": {"name": victim["contact_person"]["name"]},
    }


def spec() -> dict[str, dict[str, str]]:
    """Group → field → path, for the engines that take one."""
    groups: dict[str, dict[str, str]] = {}
    for path in FORTY:
        *above, name = path.split(".")
        groups.setdefault(above[-1] if above else "message", {})[name] = path
    return groups


def ours() -> Work:
    """The same forty fields by a mapping file of an invented recipient."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "recipients").mkdir()
        (Path(folder) / "files" / "essai").mkdir(parents=True)
        allow = ", ".join(FORTY)
        (Path(folder) / "recipients" / "essai.yaml").write_text(
            f"recipient: essai\nsource: mesure\nallow: {{victim: [{allow}]}}\n", encoding="utf-8"
        )
        rules = "".join(
            f"  - {{to: {group}.{name}, from: {path}, optional: true}}\n"
            for group, fields in spec().items()
            for name, path in fields.items()
        )
        head = "mapping: essai/quarante@1\nrecipient: essai\ntopic: victim\nrules:\n"
        (Path(folder) / "files" / "essai" / "quarante@1.yaml").write_text(head + rules, encoding="utf-8")
        return load_catalogue(Path(folder)).mapping("essai/quarante@1").apply


def with_glom(found: Any) -> Work:
    """glom, its spec compiled once."""
    compiled = found.Spec(spec())
    return lambda document: found.glom(document, compiled)


def engines() -> dict[str, Work]:
    """The general engines that are installed; the others are told."""
    nested = ", ".join(
        f'"{group}": {{{", ".join(f"{json.dumps(name)}: {path}" for name, path in fields.items())}}}'
        for group, fields in spec().items()
    )
    makers: dict[str, Callable[[Any], Work]] = {
        "jmespath": lambda found: found.compile("{" + nested + "}").search,
        "glom": with_glom,
        "jsonata": lambda found: found.Jsonata("{" + nested + "}").evaluate,
    }
    works: dict[str, Work] = {}
    for name, make in makers.items():
        try:
            works[name] = make(importlib.import_module(name))
        except ImportError:
            print(f"{name}: skipped, it is not installed here")
    return works


def rates(works: dict[str, Work], document: dict[str, Any]) -> dict[str, float]:
    """Documents a second of each, in interleaved rounds."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            count, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < SECONDS:
                for _ in range(20):
                    work(document)
                count += 20
            found[name].append(count / spent)
    return {name: statistics.median(each) for name, each in found.items()}


def full() -> dict[str, Any]:
    """A victim of whom everything is known."""
    text = (ESSAI / "golden" / "essai" / "personne@1" / "complete.canon.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    for path in FORTY:
        *above, name = path.split(".")
        node = document
        for part in above:
            node = node[part]
        node[name] = node[name] if node[name] is not None else "essai"
    return document


def forty() -> list[Figure]:
    """Ours beside the others, on the same document."""
    document = full()
    works = {"by hand": by_hand, "passerelle": ours(), **engines()}
    wanted = by_hand(document)
    for name, work in works.items():
        if work(document) != wanted:
            raise SystemExit(f"{name} does not say the same")
    found = rates(works, document)
    figures = [Figure("forty fields, passerelle", found["passerelle"], "doc/s", found["by hand"], "written by hand")]
    figures += [
        Figure(f"forty fields, passerelle beside {name}", found["passerelle"], "doc/s", found[name], name)
        for name in found
        if name not in {"by hand", "passerelle"}
    ]
    return figures


def shipped_figures() -> list[Figure]:
    """Each shipped mapping on its fullest golden document: compiled, beside compiled with trace."""
    catalogue = load_catalogue(SHIPPED)
    documents: dict[str, dict[str, Any]] = {}
    for pair in golden.pairs(catalogue):
        document = json.loads(pair.canon.read_text(encoding="utf-8"))
        if len(json.dumps(document)) > len(json.dumps(documents.get(pair.mapping, {}))):
            documents[pair.mapping] = document
    figures = []
    for name, document in documents.items():
        mapping = catalogue.mapping(name)
        found = rates({"apply": mapping.apply, "explain": mapping.explain}, document)
        figures.append(Figure(name, found["apply"], "doc/s", found["explain"], "with trace"))
    return figures


def main() -> None:
    """Print them all."""
    started = time.perf_counter()
    told = tools.check(SHIPPED)
    checking = time.perf_counter() - started
    if not told.ok:
        raise SystemExit(told.text)
    tell([*shipped_figures(), *forty(), Figure("mapping check of all shipped files", checking, "s", 1.0, "one second")])


if __name__ == "__main__":
    main()
