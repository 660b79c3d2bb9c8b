"""Plays a script: each act at its time, acts about one person in order, then waits until every side agrees, or patience ends."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.play.judge import PORTAL, judge, portal_records, sinus_records, sivic_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.cli.play.judge import Findings
    from gateway.cli.play.scenario import Act, Question, Script
    from gateway.cli.play.stage import Stage

log = logging.getLogger("gateway.play")

AT_ONCE: Final = 32
"""People who act at the same moment: as many as a large crisis has at its terminals."""
LOOK: Final = 0.25  # seconds between two looks at the agreement


@dataclass(slots=True)
class Outcome:
    """What a play came to."""

    seconds: float = 0.0
    """Real time of the acts."""
    seconds_to_agreement: float | None = None
    """From the end of the last act until every link agreed; None where patience ended first."""
    findings: list[Findings] = field(default_factory=list)
    answers: list[tuple[Question, bool]] = field(default_factory=list)
    messages: int = 0
    """Messages that left, to any destination."""
    failures: dict[str, int] = field(default_factory=dict)
    """Name of an error → acts that it broke."""


async def play(
    stage: Stage, script: Script, speed: float, patience: float, progress: Callable[[int, int], None]
) -> Outcome:
    """Play everything once. `speed`: seconds of the scenario in one second of real time."""
    outcome = Outcome()
    before, started = stage.delivered(), time.monotonic()
    outcome.failures = await _act(stage, script.acts, speed, progress)
    outcome.seconds = time.monotonic() - started
    outcome.seconds_to_agreement = await _agreement(stage, patience)
    stage.findings = outcome.findings = await verdicts(stage)
    for question in script.questions:
        outcome.answers.append((question, await question.answer(stage)))
    outcome.messages = stage.delivered() - before
    return outcome


async def verdicts(stage: Stage) -> list[Findings]:
    """Each system's records beside the people, now."""
    people = stage.crowd.people
    held = {
        PORTAL: portal_records((await stage.read("patients"))["patients"]),
        "sinus": sinus_records(await stage.held("sinus"), stage.event_id),
        "sivic": sivic_records(await stage.held("sivic"), stage.event_id),
    }
    return [judge(system, people, records) for system, records in held.items()]


async def _act(stage: Stage, acts: list[Act], speed: float, progress: Callable[[int, int], None]) -> dict[str, int]:
    """Every act at its time; returns how many broke, by name of the error."""
    places, last, done = asyncio.Semaphore(AT_ONCE), dict[str, asyncio.Task[None]](), 0
    failures: dict[str, int] = {}
    started = time.monotonic()

    async def perform(act: Act, after: asyncio.Task[None] | None) -> None:
        nonlocal done
        if after is not None:
            await asyncio.wait([after])
        async with places:
            try:
                await act.do(stage)
            except Exception as error:  # noqa: BLE001 - one act that breaks is told in the report; the others go on
                name = type(error).__name__
                failures[name] = failures.get(name, 0) + 1
                log.error("play.act_failed at=%.1f error=%s", act.at, name)  # noqa: TRY400 - a trace would hold a person's data
        done += 1
        progress(done, len(acts))

    running: set[asyncio.Task[None]] = set()
    for act in sorted(acts, key=lambda act: act.at):
        await asyncio.sleep(max(0.0, act.at / speed - (time.monotonic() - started)))
        task = asyncio.create_task(perform(act, last.get(act.about) if act.about else None))
        if act.about:
            last[act.about] = task
        running.add(task)
        task.add_done_callback(running.discard)
    while running:
        await asyncio.wait(running)
    return failures


async def _agreement(stage: Stage, patience: float) -> float | None:
    """Seconds until every link says that it agrees with nothing on its way; None where it never did."""
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < patience:
        sync: dict[str, Any] = await stage.read("sync")
        links = sync["destinations"]
        if links and all(link["agrees"] and not link["waiting"] and not link["parked"] for link in links):
            return elapsed
        await asyncio.sleep(LOOK)
    return None
