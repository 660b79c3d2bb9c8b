"""The stage: one gateway, its neighbours' simulators, and the people who act, each by their own door."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import httpx

from gateway.security.keys import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.cli.play.judge import Findings
    from gateway.cli.play.people import Crowd, Person

log = logging.getLogger("gateway.cli.play")

ATTEMPTS: Final = 8
"""How often a caller that is told to come back (503, 429), or whose line broke, does."""
LONGEST_WAIT: Final = 5.0  # seconds between two of them


class Stage:
    """Who acts, and what was refused to them."""

    def __init__(  # noqa: PLR0913 - who stands where
        self,
        url: str,
        keys: Mapping[Scope, str],
        simulators: Mapping[str, str],
        crowd: Crowd,
        places: tuple[str, ...],
        tally: Callable[[], Mapping[str, Mapping[str, int]]],
    ) -> None:
        """`url`: the gateway's; `simulators`: name → address of its own control doors; `places`: names of localisations.

        `tally`: destination → outcome → attempts of the gateway so far.
        """
        # A connection is left before the gateway's server closes it for want of news (5 s): a request put on a line that is being
        # closed is lost.
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=2.0)

        def client(scope: Scope) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer {keys[scope]}"}
            return httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, limits=limits, timeout=60)

        self.portal = client(Scope.PORTAL)
        self.hospital = client(Scope.HOSPITAL)
        self.field = httpx.AsyncClient(trust_env=False, limits=limits, timeout=60)
        """Speaks to the simulators' control doors."""
        self.simulators = dict(simulators)
        self.crowd = crowd
        self.places = places
        self._tally = tally
        self.findings: Sequence[Findings] = ()
        """What each system holds otherwise than it is, once everything has settled."""
        self.event_id = ""
        self.changes = 0
        """Changes that a door took."""
        self.refused: dict[str, int] = {}
        """Code of a refusal that no scenario asked for → how often."""

    async def close(self) -> None:
        """Hang up."""
        for client in (self.portal, self.hospital, self.field):
            await client.aclose()

    def delivered(self) -> int:
        """Messages that the gateway has delivered so far, to any destination."""
        return sum(outcomes.get("delivered", 0) for outcomes in self._tally().values())

    async def open_event(self, name: str) -> None:
        """The portal opens the event, with its localisations; the gateway opens it at SINUS and SI-VIC."""
        places = [{"id": place_id(number), "name": place} for number, place in enumerate(self.places, 1)]
        document = {"name": name, "type": "ACEL", "mode": "Exercise", "localisations": places}
        opened = await self._call(self.portal, "POST", "/v1/events", document)
        if opened is None:
            raise RuntimeError("the event could not be opened")
        self.event_id = str(opened["id"])

    async def create(self, person: Person, record: str | None = None) -> None:
        """The portal writes the person down; a second `record` of the same person is a double."""
        identifier = record or person.key
        if await self.say(f"patients/{identifier}", person.document(), method="PUT") is not None:
            person.records.append(identifier)

    async def change(self, person: Person, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """The portal changes what is named of the person's record."""
        await self.say(f"patients/{person.records[0]}", fields, method="PATCH")

    async def step(self, person: Person, operation: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """One step of the person's care path: by the name of its door, as in `triage`."""
        await self.say(f"patients/{person.records[0]}/{operation}", fields)

    async def delete(self, person: Person, record: str, reason: str) -> None:
        """The portal removes a record that was written by mistake: its number first, then the record (rule R-40).

        SI-VIC may give the record a number between the two, while its first announcement is on its way: then once more.
        """
        path = f"/v1/events/{self.event_id}/patients/{record}"
        for _ in range(ATTEMPTS):
            await self.say(f"patients/{record}", {"sinus_number": None}, method="PATCH")
            answer = await _until_answered(self.portal, "DELETE", path, {"reason": reason})
            if answer.is_success:
                self.changes += 1
                person.records.remove(record)
                return
        self._refuse(answer)

    async def say(self, path: str, document: Any, method: str = "POST") -> dict[str, Any] | None:  # noqa: ANN401 - JSON
        """Say something of the event at the portal's door; None where it was refused."""
        return await self._call(self.portal, method, f"/v1/events/{self.event_id}/{path}", document, count=True)

    async def batch(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Late back-entry: one operation a line; one result a line, in the same order."""
        body = "\n".join(json.dumps(line) for line in lines)
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await self.portal.post(f"/v1/events/{self.event_id}/batch", content=body, headers=headers)
        results = [json.loads(line) for line in answer.raise_for_status().text.splitlines()]
        self.changes += sum(result["ok"] for result in results)
        return results

    async def admit(self, person: Person, finess: str, **word: Any) -> dict[str, Any] | None:  # noqa: ANN401 - JSON
        """The establishment's software says that the person is there."""
        document = {
            "message_id": f"{finess}-{person.key}-{word.get('news', 'admission')}",
            "news": "admission",
            "finess": finess,
            "event_id": self.event_id,
            **({"sinus_number": person.bracelet} if person.bracelet else {}),
            **word,
        }
        return await self._call(self.hospital, "POST", "/v1/admissions", document, count=True)

    async def cut(self, neighbour: str, fault: str = "refuse") -> None:
        """The neighbour answers nothing useful any more, until it is mended."""
        await self._control(neighbour, "POST", "faults", [{"fault": fault, "times": None}])

    async def trouble(self, neighbour: str, fault: str, times: int) -> None:
        """The neighbour's next calls go wrong in one way."""
        await self._control(neighbour, "POST", "faults", [{"fault": fault, "times": times}])

    async def mend(self, neighbour: str) -> None:
        """The neighbour answers again."""
        await self._control(neighbour, "DELETE", "faults")

    async def held(self, neighbour: str) -> dict[str, Any]:
        """What the neighbour holds, by its own word."""
        return dict((await self._control(neighbour, "GET", "state")).json())

    async def read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something of the event at the portal's door."""
        answer = await self.portal.get(f"/v1/events/{self.event_id}/{path}")
        return answer.raise_for_status().json()

    async def _control(self, neighbour: str, method: str, path: str, content: Any = None) -> httpx.Response:  # noqa: ANN401 - JSON
        answer = await self.field.request(method, f"{self.simulators[neighbour]}/_sandbox/{path}", json=content)
        return answer.raise_for_status()

    async def _call(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        document: Any,  # noqa: ANN401 - JSON
        *,
        count: bool = False,
    ) -> dict[str, Any] | None:
        answer = await _until_answered(client, method, path, document)
        if answer.is_success:
            self.changes += count
            return dict(answer.json()) if answer.content else {}
        self._refuse(answer)
        return None

    def _refuse(self, answer: httpx.Response) -> None:
        code = _code(answer)
        self.refused[code] = self.refused.get(code, 0) + 1


async def _until_answered(client: httpx.AsyncClient, method: str, path: str, document: Any) -> httpx.Response:  # noqa: ANN401 - JSON
    """The answer to one request, said again under the same key while the gateway says to come back or the line breaks, as callers do.

    Raises `httpx.TransportError` when the line still breaks the last time.
    """
    headers = {"Idempotency-Key": uuid4().hex}
    for _ in range(ATTEMPTS - 1):
        wait = "1"
        try:
            answer = await client.request(method, path, json=document, headers=headers)
            if answer.status_code not in {429, 503}:
                return answer
            wait = answer.headers.get("retry-after", wait)
        except httpx.TransportError as error:
            log.warning("play.line_broke method=%s error=%s", method, type(error).__name__)
        await asyncio.sleep(min(float(wait) if wait.isdecimal() else 1.0, LONGEST_WAIT))
    return await client.request(method, path, json=document, headers=headers)


def place_id(number: int) -> str:
    """Identifier of the n-th localisation, from 1."""
    return f"lieu-{number}"


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
