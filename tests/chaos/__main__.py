"""`python -m tests.chaos --seed N --faults 2000 --minutes 6`: one long run; exits 1 when a promise was broken."""

# ruff: noqa: T201 - a command speaks to whoever ran it
from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Plan, Report, Run
from tests.servers.postgres import binaries


def tell(report: Report) -> None:
    """The seed first: it is what one needs to draw the same faults again."""
    print(f"seed {report.plan.seed}")
    print(f"{report.inflicted.total()} faults inflicted, of {report.plan.faults} wanted")
    for kind, number in sorted(report.inflicted.items(), key=lambda one: -one[1]):
        print(f"  {number:6d}  {kind}")
    print(
        f"{report.sent} messages promised, {report.arrivals} arrivals, quiet {report.quiet_after:.1f} s after the last fault"
    )
    for kind, number in sorted(report.judgement.counts.items()):
        print(f"  {number:6d}  {kind}")
    print(f"  {report.enqueues_repeated:6d}  enqueues that failed and were repeated")
    print(f"{len(report.judgement.violations)} violations")
    for line in report.judgement.violations[:50]:
        print(f"  {line}")


async def _bounded(run: Run) -> Report:
    """Play it; a polite end asked of this process, or too long a time, ends everything that was started."""
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    async with asyncio.timeout(run.plan.longest):
        return await run.play()


def main() -> int:
    """Read the arguments, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--faults", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the record and the logs; a temporary one otherwise")
    wish = parser.parse_args()
    found = binaries()
    if found is None:
        print("no PostgreSQL on this machine (initdb, postgres)", file=sys.stderr)
        return 2
    print(f"seed {wish.seed}", flush=True)
    plan = Plan(wish.seed, wish.faults, wish.minutes * 60, wish.nodes)
    with contextlib.ExitStack() as ends:
        if wish.keep is None:
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
            folder.chmod(0o755)  # PostgreSQL may run as another user.
        else:
            (folder := wish.keep.resolve()).mkdir(parents=True)
        report = asyncio.run(_bounded(Run.of(plan, folder, found)))
    tell(report)
    kept = report.inflicted.total() >= wish.faults and not report.judgement.violations
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
