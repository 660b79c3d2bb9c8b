"""What became of each job of this process: its last run, how long it took, how it ended, and when it runs next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from scheduler.jobs import Job


@dataclass(slots=True)
class JobState:
    """One job, as it stands."""

    every: float
    """Seconds."""
    alone: bool
    running: bool = False
    started_at: datetime | None = None
    """Of the last run; None before the first."""
    seconds: float | None = None
    """That the last run took, once it has ended."""
    error: str | None = None
    """Type of the error that ended the last run; None when it went well."""
    runs: int = 0
    failures: int = 0
    next_at: datetime | None = None
    _began: float = field(default=0.0, repr=False)

    def begin(self, at: datetime) -> None:
        """A run begins."""
        self.running, self.started_at, self._began = True, at, time.monotonic()

    def finish(self, error: str | None) -> None:
        """It has ended, well or by an error of that type."""
        self.running, self.seconds, self.error = False, round(time.monotonic() - self._began, 3), error
        self.runs += 1
        self.failures += error is not None


@dataclass(slots=True)
class Timetable:
    """The jobs of one process; empty until they run."""

    clock: Callable[[], datetime]
    states: dict[str, JobState] = field(default_factory=dict)
    _hasten: Callable[[str], object] | None = None

    def open(self, jobs: Iterable[Job], hasten: Callable[[str], object]) -> None:
        """The jobs run from now on; `hasten` makes one run at once."""
        self.states.update({job.name: JobState(job.every, job.alone) for job in jobs})
        self._hasten = hasten

    def hasten(self, name: str) -> bool:
        """Run a job now, unless it runs already; says whether it is one of this process."""
        if self._hasten is None or name not in self.states:
            return False
        self._hasten(name)
        return True

    def facts(self) -> Mapping[str, dict[str, object]]:
        """Name → what is known of it, as JSON-safe values: instants in ISO 8601, durations in seconds."""
        return {
            name: {
                "every": state.every,
                "alone": state.alone,
                "running": state.running,
                "started_at": state.started_at.isoformat() if state.started_at else None,
                "seconds": state.seconds,
                "error": state.error,
                "runs": state.runs,
                "failures": state.failures,
                "next_at": state.next_at.isoformat() if state.next_at else None,
            }
            for name, state in self.states.items()
        }
