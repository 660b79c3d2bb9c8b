"""The measures: each takes a contender's name and an empty database with its tables, and returns plain numbers."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment import VENV, Postgres, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CONCURRENCY = 50
PATIENCE = 90.0
UNFINISHED = {
    "handwritten": "SELECT 1 FROM job WHERE status <> 'done' LIMIT 1",
    "passerelle": "SELECT 1 FROM outbox_message WHERE place IS NOT NULL LIMIT 1",
    "pgqueuer": "SELECT 1 FROM pgqueuer LIMIT 1",
    "pgqueuer-unlimited": "SELECT 1 FROM pgqueuer LIMIT 1",
    "oban": "SELECT 1 FROM oban_jobs WHERE state IN ('available', 'scheduled', 'executing', 'retryable') LIMIT 1",
    "faststream-outbox": "SELECT 1 FROM outbox LIMIT 1",
    "procrastinate": "SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') LIMIT 1",
}
"""A row says that the queue still has something to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """One contender on one database."""

    name: str
    server: Postgres
    database: str

    @property
    def dsn(self) -> str:
        """Of its database."""
        return self.server.dsn(self.database)

    def command(self, verb: str, *rest: object) -> list[str]:
        """The process that does it."""
        python = str(VENV / "bin" / "python")
        return [python, str(HERE / "runner.py"), self.name, verb, self.dsn, *map(str, rest)]

    def do(self, verb: str, *rest: object) -> dict[str, Any]:
        """Run it to its end."""
        done = subprocess.run(
            self.command(verb, *rest), env=surroundings(), capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            raise RuntimeError(f"{self.name} {verb}: {done.stderr[-1500:]}")
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def unfinished(self) -> bool:
        """Whether there is work left."""
        return bool(self.server.ask(UNFINISHED[self.name], self.database))

    def emptied(self, seconds: float = PATIENCE) -> float:
        """Wait until there is none; when that was."""
        import psycopg  # noqa: PLC0415 - one connection for the whole wait

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            until = time.monotonic() + seconds
            while connection.execute(UNFINISHED[self.name]).fetchone():
                if time.monotonic() > until:
                    return float("inf")
                time.sleep(0.01)
            return time.monotonic()


@dataclass(slots=True)
class Worker:
    """A worker process."""

    process: subprocess.Popen[str]

    @classmethod
    def of(cls, place: Place, url: str = "-") -> Worker:
        """Started."""
        command = place.command("work", url, CONCURRENCY)
        return cls(
            subprocess.Popen(
                command,
                env=surroundings(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )

    def mark(self, word: str) -> None:
        """Have it note its processor time under this word."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Tell it to stop; what it noted."""
        out, errors = self.process.communicate(timeout=60)
        if self.process.returncode:
            raise RuntimeError(errors[-1500:])
        return dict(json.loads(out.splitlines()[-1]))


@contextmanager
def sink() -> Iterator[tuple[str, Path]]:
    """The neighbour: its URL and its record."""
    with tempfile.TemporaryDirectory(prefix="sink-") as folder:
        record = Path(folder) / "record"
        command = [str(VENV / "bin" / "python"), str(HERE / "sink.py"), str(record)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/", record
        finally:
            process.stdin.close()
            process.wait(10)


def arrivals(record: Path) -> list[tuple[float, str]]:
    """When each request came, and its key."""
    lines = record.read_text(encoding="utf-8").splitlines()
    return [(float(at), key) for at, key in (line.split() for line in lines if line.count(" ") == 1)]


def enqueue(place: Place, number: int, group: int) -> float:
    """Jobs a second, each transaction with its business rows."""
    return number / float(place.do("enqueue", number, group, "job")["seconds"])


def drain(place: Place, number: int) -> float:
    """Jobs a second that do nothing, from the first delivery to an empty queue; one process."""
    place.do("enqueue", number, 100, "job")
    place.server.ask("CHECKPOINT")
    worker = Worker.of(place)
    emptied = place.emptied()
    begun = worker.end()["started"].values()
    return len(begun) / (emptied - float(min(begun)))


def drain_post(place: Place, number: int) -> float:
    """The same, each one POST that is answered after 20 ms."""
    place.do("enqueue", number, 100, "job")
    place.server.ask("CHECKPOINT")
    with sink() as (url, record):
        worker = Worker.of(place, url)
        emptied = place.emptied()
        worker.end()
        came = arrivals(record)
    return len(came) / (emptied - came[0][0])


def latency(place: Place, number: int) -> list[float]:
    """Milliseconds from commit to the begin of the delivery, when idle."""
    worker = Worker.of(place)
    time.sleep(2.5)
    committed = place.do("trickle", number)
    place.emptied(10)
    begun = worker.end()["started"]
    return [(begun[key] - at) * 1000 for key, at in committed.items() if key in begun]


def idle(place: Place, seconds: float) -> dict[str, float]:
    """What waiting costs: share of a core in the worker, transactions a second in PostgreSQL."""
    worker = Worker.of(place)
    time.sleep(4)
    count = f"SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{place.database}'"
    worker.mark("before")
    before, start = place.server.ask(count)[0][0], time.monotonic()
    time.sleep(seconds)
    worker.mark("after")
    after, passed = place.server.ask(count)[0][0], time.monotonic() - start
    spent = worker.end()["spent"]
    return {"cpu": (spent["after"] - spent["before"]) / passed, "transactions": (after - before) / passed}


def kill(place: Place, number: int, patience: float) -> dict[str, float]:
    """Kill it by signal 9 when 40 % have arrived, then start a new worker: what was lost, doubled, and how long each part took.

    Lost is what the queue has not finished, or the neighbour never seen, when patience ends.
    """
    place.do("enqueue", number, 100, "job")
    with sink() as (url, record):
        first = Worker.of(place, url)
        while len(came := arrivals(record)) < 0.4 * number:
            time.sleep(0.005)
        first.process.kill()
        first.process.communicate()
        before = {key for _, key in arrivals(record)}
        second, start = Worker.of(place, url), time.monotonic()
        emptied = place.emptied(patience)
        second.end()
        came = arrivals(record)
    held = place.server.ask(UNFINISHED[place.name].replace("SELECT 1", "SELECT count(*)"), place.database)[0][0]
    keys = Counter(key for _, key in came)
    later = sorted(at for at, key in came if at > start and key not in before)
    again = [at for at, key in came if at > start and key in before]
    every = number + 300  # With the jobs that warmed up the producer.
    late = later[int(len(later) * 0.98) - 1] if later else float("inf")
    return {
        "jobs": every,
        "lost": max(every - len(keys), held),
        "duplicates": keys.total() - len(keys),
        "first": later[0] - start if later else float("inf"),
        "most": late - start,
        "orphans": max(again) - start if again else 0.0,
        "empty": emptied - start,
    }


def loop() -> float:
    """Milliseconds of a fixed piece of work: how fast the machine is now."""
    started = time.perf_counter()
    total = 0
    for number in range(400_000):
        total += number % 7
    return (time.perf_counter() - started) * 1000


def middle(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)
