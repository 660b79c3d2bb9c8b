"""Documents per second of one mapping of 26 rules: compiled, explained, and a function a person wrote by hand.

Run from the root of the checkout: `python benchmarks/mapping_throughput.py`. The rounds are interleaved, so that a busy
machine slows all of them; medians are printed.
"""

from __future__ import annotations

import json
import statistics
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapping import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

ESSAI = Path(__file__).parent.parent / "tests" / "mapping" / "essai"
ROUNDS = 7
DOCUMENTS = 4_000

CATEGORIES = {"UA": "1", "UR": "2", "IMP": "3", "DCD": "9", "NC": "0"}
SEXES = {"M": "H", "F": "F", "A": "X", "?": "X"}
UNITS = {"years": "A", "months": "M", "weeks": "S", "days": "J"}
NATIONS = {"FRA": "99100", "BEL": "99131", "ESP": "99134"}


def instant(text: str) -> str:
    """The form of an instant on the wire."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("naïf")
    return moment.isoformat(timespec="seconds")


def identity(victim: dict[str, Any]) -> dict[str, Any]:
    """The identity of `by_hand`."""
    tree: dict[str, Any] = {}
    for key, field in (("nomNaissance", "birth_name"), ("nomUsuel", "used_name")):
        if victim[field] is not None:
            tree[key] = victim[field]
    shown = victim["used_name"] or victim["birth_name"]
    if shown is not None:
        tree["nomAffiche"] = shown
    if victim["given_name"] is not None:
        tree["prenom"] = victim["given_name"]
    if victim["birth_date"] is not None:
        tree["dateNaissance"] = datetime.fromisoformat(victim["birth_date"]).date().isoformat()
    tree["sexe"] = "?" if victim["sex"] is None else SEXES[victim["sex"]]
    if victim["age"] is not None:
        tree["age"] = {"valeur": victim["age"]["value"], "unite": UNITS[victim["age"]["unit"]]}
    if victim["nationality"] is not None:
        tree["nationalite"] = NATIONS[victim["nationality"]]
    if victim["nir"] is not None:
        tree["nir"] = victim["nir"]
    if victim["weight_kg"] is not None:
        tree["poids"] = victim["weight_kg"]
    return tree


def care(victim: dict[str, Any]) -> dict[str, Any]:
    """The établissement of `by_hand`."""
    tree: dict[str, Any] = {}
    to = victim["destination"]
    if to is not None:
        tree["finess"] = to["finess"]
        if to["service"] is not None:
            tree["service"] = to["service"]
        if (
            victim["status"] in {"ATTENTE_EVACUATION", "PATIENT_EVACUE"}
            and victim["evacuation_requested_at"] is not None
        ):
            tree["attendue"] = instant(victim["evacuation_requested_at"])
    if victim["evacuated_at"] is not None:
        tree["partie"] = instant(victim["evacuated_at"])
    return tree


def by_hand(canon: dict[str, Any]) -> dict[str, Any]:
    """The rules of `essai/personne@1`, as a person would write them in Python."""
    victim = canon["victim"]
    tree: dict[str, Any] = {
        "@version": "1",
        "@mode": canon["mode"],
        "revision": int(canon["revision"]),
        "idPersonne": victim["id"],
    }
    number = victim["sinus_number"] or victim["sinus_number_hp"]
    if number is not None:
        tree["numeroSinus"] = number
    tree["evenement"] = {"id": canon["event"]["id"], "nom": canon["event"]["name"].upper()}
    tree["categorie"] = CATEGORIES[victim["severity"]]
    tree["identite"] = identity(victim)
    if place := care(victim):
        tree["etablissement"] = place
    if (contact := victim["contact_person"]) is not None:
        tree["contact"] = {"nom": contact["name"]}
        if contact["phone"] is not None:
            tree["contact"]["telephone"] = contact["phone"]
    tree["modifieLe"] = instant(canon["recorded_at"])
    return tree


def per_second(work: Callable[[dict[str, Any]], Any], canon: dict[str, Any]) -> float:
    """Documents per second in one round."""
    start = time.perf_counter()
    for _ in range(DOCUMENTS):
        work(canon)
    return DOCUMENTS / (time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    start = time.perf_counter()
    catalogue = load_catalogue(ESSAI)
    loading = time.perf_counter() - start
    mapping = catalogue.mapping("essai/personne@1")
    allow_list = catalogue.allow_list("essai")
    canon = json.loads((ESSAI / "golden" / "essai" / "personne@1" / "complete.canon.json").read_text(encoding="utf-8"))
    if by_hand(canon) != mapping.apply(canon):
        raise SystemExit("the two functions do not say the same")
    works: dict[str, Callable[[dict[str, Any]], Any]] = {
        "hand-written": by_hand,
        "compiled": mapping.apply,
        "compiled with trace": mapping.explain,
        "restrict": lambda document: allow_list.restrict("victim", document),
        "restrict and compiled": lambda document: mapping.apply(allow_list.restrict("victim", document)),
    }
    rates: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            rates[name].append(per_second(work, canon))
    print(f"{len(mapping.rules)} rules; loading, checking and compiling three files: {loading * 1000:.0f} ms")
    hand = statistics.median(rates["hand-written"])
    for name, found in rates.items():
        median = statistics.median(found)
        print(
            f"{name:<24}{median:>10.0f}/s  [{min(found):.0f}..{max(found):.0f}]  {median / hand:>6.1%} of hand-written"
        )


if __name__ == "__main__":
    main()
