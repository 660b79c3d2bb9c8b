"""Our outbox beside the libraries and a hand-written loop, interleaved: every contender once a round, the order rotated.

`python benchmarks/outbox/compare.py [--short] [--rounds 3] [--share 1.0]`; `--short` ends within twelve minutes. Medians with their least and greatest; a difference under
30 % is called none. Only figures of one run may be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.append(str(Path(__file__).resolve().parents[1]))

import measures
from contenders.shape import BUSINESS
from environment import PACKAGES, Postgres, libraries, postgres
from measures import Place, middle
from report import Figure, percentile, tell

if TYPE_CHECKING:
    from collections.abc import Callable

CEILING, OURS = "handwritten", "passerelle"
NONE = 0.30
PATIENCE = 40.0
"""Seconds that a queue is given to recover from kill -9."""

Runs = dict[str, dict[str, list[float]]]
"""By measure, by contender: one value a round, or many for latency."""


SLOW = frozenset({"procrastinate"})
"""Given a fifth of the jobs of a drain: its rate does not depend on their number, and a round has to end."""


def rates(share: float, number: int) -> dict[str, Callable[[Place], float | list[float]]]:
    """The measures of one of `number` rounds."""

    def jobs(place: Place, wanted: int) -> int:
        return round(wanted * share * (0.2 if place.name in SLOW else 1) / 100) * 100 or 100

    return {
        "enqueue, 1 per transaction": lambda place: measures.enqueue(place, int(500 * share), 1),
        "enqueue, 100 per transaction": lambda place: measures.enqueue(place, jobs(place, 5000), 100),
        "drain, nothing to do": lambda place: measures.drain(place, jobs(place, 10_000)),
        "drain, POST of 20 ms, 50 at once": lambda place: measures.drain_post(place, jobs(place, 2500)),
        "idle latency": lambda place: measures.latency(place, int(200 * share / number) + 1),
    }


def rounds(
    server: Postgres, names: list[str], number: int, share: float, wanted: list[str]
) -> tuple[Runs, list[float]]:
    """Interleave."""
    templates = {name: template(server, name) for name in names}
    runs: Runs = defaultdict(lambda: defaultdict(list))
    loops = []
    for turn in range(number):
        chosen = {
            measure: run for measure, run in rates(share, number).items() if any(one in measure for one in wanted)
        }
        for measure, run in chosen.items():
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                database = server.create(templates[name])
                loops.append(measures.loop())
                got = run(Place(name, server, database))
                runs[measure][name] += got if isinstance(got, list) else [got]
                print(f"round {turn + 1}  {measure:34} {name:20} {_short(got)}  (loop {loops[-1]:.0f} ms)", flush=True)
                server.drop(database)
    return runs, loops


def _short(got: float | list[float]) -> str:
    return f"{middle(got):10.2f} ms" if isinstance(got, list) else f"{got:10.0f}/s"


def template(server: Postgres, name: str) -> str:
    """A database with a contender's tables and the business table."""
    database = server.create()
    server.ask(BUSINESS, database)
    Place(name, server, database).do("install")
    return database


def kills(server: Postgres, names: list[str], share: float, patience: float) -> dict[str, dict[str, float]]:
    """One run each, as shipped."""
    found = {}
    for name in names:
        database = template(server, name)
        found[name] = measures.kill(Place(name, server, database), int(2000 * share), patience)
        print(
            f"kill -9  {name:20} " + "  ".join(f"{key} {value:.2f}" for key, value in found[name].items()), flush=True
        )
        server.drop(database)
    return found


def idles(server: Postgres, names: list[str], seconds: float) -> dict[str, dict[str, float]]:
    """What each costs when there is nothing to do."""
    found = {}
    for name in names:
        database = template(server, name)
        found[name] = measures.idle(Place(name, server, database), seconds)
        print(f"idle  {name:20} {found[name]['cpu']:.2%} of a core, {found[name]['transactions']:.1f} tx/s", flush=True)
        server.drop(database)
    return found


def figures(runs: Runs, names: list[str]) -> list[Figure]:
    """Everybody beside the hand-written loop, and us beside the best library."""
    said = []
    for measure, by_name in runs.items():
        if measure == "idle latency":
            for part, share in (("p50", 0.5), ("p99", 0.99)):
                base = percentile(by_name[CEILING], share)
                said += [
                    Figure(f"{measure} {part}: {n}", percentile(by_name[n], share), "ms", base, CEILING) for n in names
                ]
            continue
        base = middle(by_name[CEILING])
        said += [Figure(f"{measure}: {name}", middle(by_name[name]), "1/s", base, CEILING) for name in names]
        best = max(
            (name for name in names if name not in {CEILING, OURS}), key=lambda n: middle(by_name[n]), default=None
        )
        if best is not None:
            said.append(Figure(f"{measure}: {OURS}", middle(by_name[OURS]), "1/s", middle(by_name[best]), best))
    return said


def costs(idle: dict[str, dict[str, float]]) -> list[Figure]:
    """Beside what we aim at: one percent of a core, five transactions a second."""
    said = [Figure(f"idle, share of a core: {name}", cost["cpu"] * 100, "%", 1.0, "aim") for name, cost in idle.items()]
    return said + [
        Figure(f"idle, transactions: {name}", cost["transactions"], "1/s", 5.0, "aim") for name, cost in idle.items()
    ]


def recoveries(killed: dict[str, dict[str, float]]) -> list[Figure]:
    """What was not seen within the patience has no figure; the line above says so."""
    said = []
    for name, parts in killed.items():
        for part, value in parts.items():
            unit, base, whose = "s", killed[CEILING][part], CEILING
            if part == "lost":
                unit, base, whose = "jobs", parts["jobs"], "jobs"
            if part == "duplicates":
                unit, base, whose = "jobs", float(measures.CONCURRENCY), "concurrency"
            if part != "jobs" and value != float("inf") and base != float("inf"):
                said.append(Figure(f"kill -9, {part}: {name}", value, unit, base, whose))
    return said


def table(runs: Runs, names: list[str]) -> list[str]:
    """For the document: medians [least-greatest]."""
    lines = ["| | " + " | ".join(runs) + " |", "|---" * (len(runs) + 1) + "|"]
    for name in names:
        cells = []
        for measure, by_name in runs.items():
            got = by_name[name]
            if measure == "idle latency":
                cells.append(f"p50 {percentile(got, 0.5):.1f}, p99 {percentile(got, 0.99):.1f} ms")
            else:
                cells.append(f"{middle(got):,.0f} [{min(got):,.0f}-{max(got):,.0f}]".replace(",", " "))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def verdicts(runs: Runs, names: list[str]) -> list[str]:
    """Where we differ from the best library by enough to say so."""
    lines = []
    for measure, by_name in runs.items():
        if measure == "idle latency":
            continue
        ours = middle(by_name[OURS])
        for name in (one for one in names if one != OURS):
            ratio = ours / middle(by_name[name])
            word = "no difference" if abs(ratio - 1) < NONE else ("more" if ratio > 1 else "less")
            lines.append(f"{measure}: {OURS} / {name} = {ratio:.2f} ({word})")
    return lines


def main() -> None:
    """Measure, tell, and keep the raw numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the full number of jobs; for developing")
    parser.add_argument("--only", nargs="*", default=list(PACKAGES))
    parser.add_argument("--idle", type=float, default=15.0, help="seconds of the idle measure")
    parser.add_argument("--measures", nargs="*", default=[""], help="words that a measure's name must hold one of")
    parser.add_argument("--rates", action="store_true", help="neither idle cost nor kill -9")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds given to recover from kill -9")
    parser.add_argument(
        "--short", action="store_true", help="0.6 of the sizes, 8 s idle, 12 s of patience: twelve minutes"
    )
    parser.add_argument("--keep", type=Path, help="file for the raw numbers, as JSON")
    wish = parser.parse_args()
    if wish.short:
        wish.share, wish.idle, wish.patience = 0.6, 8.0, 12.0
    missing = libraries()
    for name, reason in missing.items():
        print(f"left out: {name}: {reason}")
    names = [name for name in PACKAGES if name in wish.only and name not in missing]
    started = time.time()
    before = os.getloadavg()
    with postgres() as server:
        version = server.ask("SHOW server_version")[0][0]
        runs, loops = rounds(server, names, wish.rounds, wish.share, wish.measures)
        once = [name for name in names if name != "pgqueuer-unlimited" and not wish.rates]
        idle = idles(server, once, wish.idle)
        killed = {} if wish.rates else kills(server, once, wish.share, wish.patience)
    print(
        f"\nPostgreSQL {version}, fsync on; {platform.python_version()} here; {os.cpu_count()} cores;"
        f" load {before[0]:.1f} before; loop {min(loops):.0f}-{max(loops):.0f} ms; {time.time() - started:.0f} s"
    )
    print("\n".join(["", *table(runs, names), "", *verdicts(runs, names), ""]))
    if wish.keep:
        kept: dict[str, Any] = {"runs": runs, "loops": loops, "idle": idle, "kill": killed, "load": before}
        wish.keep.write_text(json.dumps(kept), encoding="utf-8")
    tell([*figures(runs, names), *costs(idle), *recoveries(killed)])


if __name__ == "__main__":
    main()
