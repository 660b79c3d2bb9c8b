"""Real nodes on one PostgreSQL: `passerelle serve` and `passerelle work` as processes of their own, that can be killed and frozen."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.portal.neighbour import WEBHOOK_SECRET
from domain.mode import Mode
from domain.victim.care_path import CareStatus
from gateway import migrations
from gateway.clock import now
from gateway.register import Register
from gateway.security.keys import Scope, new_key
from outbox.database.database import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"serve": "Passerelle à l’écoute, mode EXERCICE : ", "work": "Nœud d’envoi au travail : "}


@dataclass
class Node:
    """One process."""

    process: asyncio.subprocess.Process
    said: str
    """The address of a `serve`, the name of a `work`."""

    def signal(self, number: signal.Signals) -> None:
        """Kill, freeze or wake it."""
        self.process.send_signal(number)


@dataclass
class Fleet:
    """What nodes are started with."""

    folder: Path
    url: str
    urls: Mapping[str, str]
    nodes: list[Node] = field(default_factory=list)

    def settings(self) -> Path:
        """One file for all."""
        link = '[{name}.link]\nurl = "{url}"\nmode = "Exercise"\n'
        lines = ['mode = "Exercise"\n', "[server]\nport = 0\n", f'[store]\nurl = "{self.url}"\n']
        if "portal" in self.urls:
            lines += [f'[portal]\nsecrets = ["{WEBHOOK_SECRET}"]\n']
            lines += [link.format(name="portal", url=self.urls["portal"] + "/webhook")]
        lines += [link.format(name=name, url=url) for name, url in self.urls.items() if name != "portal"]
        lines += [f"[trade]\nsivic_statuses = {[status.value for status in CareStatus]}\n"]
        path = self.folder / "passerelle.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    async def launch(self, role: str) -> asyncio.subprocess.Process:
        """Start a process, without waiting for it to be ready."""
        settings = await asyncio.to_thread(self.settings)
        program = (sys.executable, "-m", "gateway", role, "--settings", str(settings))
        log = (self.folder / f"{role}-{len(self.nodes)}.log").open("wb")
        try:
            return await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log)
        finally:
            log.close()

    async def ready(self, role: str, process: asyncio.subprocess.Process) -> Node:
        """Wait until it says that it is at work."""
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while line := (await process.stdout.readline()).decode():
                if line.startswith(WORDS[role]):
                    self.nodes.append(Node(process, line.removeprefix(WORDS[role]).strip()))
                    return self.nodes[-1]
        raise AssertionError(f"{role} did not start")

    async def start(self, role: str) -> Node:
        """A node at work."""
        return await self.ready(role, await self.launch(role))


@asynccontextmanager
async def fleet(folder: Path, url: str, urls: Mapping[str, str]) -> AsyncIterator[Fleet]:
    """Nodes on one database; none outlives this."""
    made = Fleet(folder, url, urls)
    try:
        yield made
    finally:
        for node in made.nodes:
            if node.process.returncode is None:
                node.signal(signal.SIGCONT)
                node.signal(signal.SIGKILL)
                await node.process.wait()


async def keys(url: str) -> tuple[str, str]:
    """A portal's and an operator's."""
    made = [new_key(f"essai-{scope}", scope, Mode.EXERCISE) for scope in (Scope.PORTAL, Scope.OPERATOR)]
    await asyncio.to_thread(migrations.upgrade, url)
    database = open_database(url)
    for key in made:
        await database.write(lambda connection, key=key: Register(connection).keys.add(key, now()))  # type: ignore[misc]
    await database.close()
    return made[0].key, made[1].key
