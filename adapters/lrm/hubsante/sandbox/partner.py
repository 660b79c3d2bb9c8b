"""A SAMU on the other side of the sandbox's hub: acknowledges, refuses, answers, or goes silent, as its script says.

    {"on": "createCaseHealth", "do": "refuse", "code": 704, "times": 1}

`do` is one of acknowledge (the default), read (a second RC-REF: consulted), refuse, silent, accept and decline (an
RS-EDA-MAJ that says who owns the case), respond (an RS-RR, `answer`, to an RS-DR), resources (an RS-RI, then its RS-SR up to
`until`). It takes each distributionID once.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field

from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.inbound import HUB_ERROR, REFERENCE, read_delivery
from adapters.lrm.hubsante.wire.documents import Format
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from adapters.lrm.hubsante.wire.replies import Answerer, Step, acknowledge, read_reference, refuse

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from adapters.lrm.hubsante.client import Delivery, HubConnection
    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from adapters.lrm.hubsante.judge.judgement import Judge
    from adapters.wire.perimeter import Perimeter

LIFE = timedelta(days=1)
COURSE = ("DECLENCHE", "DEPART", "ARRIVEE", "PEC", "TRANSP", "DESTIN")


class Act(BaseModel):
    """One line of the script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: str | None = Field(None, description="Cas d’usage concerné ; absent : tous.")
    do: Literal["acknowledge", "read", "refuse", "silent", "accept", "decline", "respond", "resources"]
    code: int = Field(704, ge=700, le=704, description="Code de l’erreur, pour refuse.")
    answer: Literal["ACCEPTEE", "PARTIELLE", "REFUSEE", "DIFFEREE"] = Field("ACCEPTEE", description="Pour respond.")
    until: str = Field("DESTIN", description="Dernier statut du vecteur, pour resources.")
    times: int | None = Field(1, ge=1, description="Combien de fois ; null : jusqu’à nouvel ordre.")


class Partner:
    """One client of the hub, on one virtual host."""

    def __init__(
        self, perimeter: Perimeter, connection: HubConnection, judge: Judge | None, clock: Callable[[], datetime]
    ) -> None:
        self._perimeter = perimeter
        self._connection = connection
        self._judge = judge
        self._clock = clock
        self._turn = asyncio.Lock()
        self._seen: set[str] = set()
        self._marks: dict[str, asyncio.Event] = {}
        self._script: list[tuple[Act, int | None]] = []
        self.cases: dict[str, dict[str, Any]] = {}
        """Case id → each use case with the last content received under it."""
        self.heard: list[dict[str, Any]] = []
        """Acknowledgements and errors about what it sent."""

    def open(self) -> None:
        """Connect and consume."""
        self._connection.open(self.take)

    async def aclose(self) -> None:
        """Leave."""
        await self._connection.aclose()

    def clear(self) -> None:
        """Forget everything, the script included."""
        self.cases.clear()
        self.heard.clear()
        self._seen.clear()
        self._script.clear()

    def play(self, acts: list[Act]) -> None:
        """Append to the script."""
        self._script += [(act, act.times) for act in acts]

    async def reached(self, token: str) -> None:
        """Wait for a mark of the dispatcher."""
        await self._marks.setdefault(token, asyncio.Event()).wait()

    async def take(self, delivery: Delivery) -> None:
        """Keep one delivery, and do what the script says. One at a time: order is part of the play."""
        async with self._turn:
            if not delivery.body:
                self._marks.setdefault(delivery.content_type, asyncio.Event()).set()
                return
            received = read_delivery(delivery, self._judge, self._clock())
            if received.identifier in self._seen:
                return
            self._seen.add(received.identifier)
            body = dict(received.body or {})
            if received.key == REFERENCE:
                reference = read_reference(body)
                step = reference.step.value if reference.step else None
                self.heard.append({"about": reference.about, "refused": reference.refused, "step": step})
            elif received.key == HUB_ERROR:
                self.heard.append({"about": body["referencedDistributionID"], "code": body["errorCode"]["statusCode"]})
            elif received.envelope is not None:
                await self._answer(received, received.envelope)

    async def send(self, to: str, key: str, body: dict[str, Any], status: str, kind: str = "Report") -> str:
        """Publish a message of its own; its distributionID."""
        identifier, now = self._new_id(), self._clock()
        envelope = Envelope(identifier, self._perimeter.client_id, to, now, now + LIFE, status, kind)
        header = write_header(envelope, self._party, Party(to, f"hubex:{to}"))
        await self._publish(write_envelope(envelope, {**header, key: body}), identifier)
        return identifier

    async def _answer(self, received: ReceivedMessage, envelope: Envelope) -> None:
        act = self._next(received.key)
        if act.do == "silent":
            return
        answerer = Answerer(self._perimeter.client_id, self._party, self._perimeter.model)
        to, now = Party(envelope.sender, f"hubex:{envelope.sender}"), self._clock()
        if act.do == "refuse":
            error = self._new_id()
            await self._publish(refuse(envelope, answerer, error, now, Code(act.code), "refus du bac à sable"), error)
            identifier = self._new_id()
            await self._publish(acknowledge(envelope, to, answerer, identifier, now, error_id=error), identifier)
            return
        case = received.ids.case or ""
        self.cases.setdefault(case, {})[str(received.key)] = received.body
        for step in (Step.INTEGRATED, *((Step.READ,) if act.do == "read" else ())):
            identifier = self._new_id()
            await self._publish(acknowledge(envelope, to, answerer, identifier, now, step=step), identifier)
        await self._follow(act, envelope, received)

    async def _follow(self, act: Act, envelope: Envelope, received: ReceivedMessage) -> None:
        mine, now, case = self._perimeter.client_id, self._clock().replace(microsecond=0).isoformat(), received.ids.case
        if act.do in {"accept", "decline"}:
            owner = mine if act.do == "accept" else envelope.sender
            body_of_case = {"caseId": case, "senderCaseId": "DRFR15ESSAI", "owner": owner}
            await self.send(envelope.sender, "createCaseHealthUpdate", body_of_case, envelope.status, "Update")
        elif act.do == "respond" and received.ids.request:
            answer = {"datetime": now, "answer": act.answer}
            body: dict[str, Any] = {"caseId": case, "requestId": received.ids.request, "response": answer}
            await self.send(envelope.sender, "resourcesResponse", body, envelope.status)
        elif act.do == "resources":
            vehicle = f"{mine}.resource.VLM1"
            kind = "vehicleType" if self._perimeter.model > 1 else "vehiculeType"
            vector: dict[str, Any] = {"datetime": now, "resourceId": vehicle, kind: "SMUR", "name": "SMUR ESSAI"}
            name = "resource" if self._perimeter.model > 1 else "mobilizedResource"
            await self.send(envelope.sender, "resourcesInfo", {"caseId": case, name: [vector]}, envelope.status)
            for status in COURSE[: COURSE.index(act.until) + 1]:
                body = {"caseId": case, "resourceId": vehicle, "state": {"datetime": now, "status": status}}
                await self.send(envelope.sender, "resourcesStatus", body, envelope.status)

    def _next(self, key: str | None) -> Act:
        for position, (act, left) in enumerate(self._script):
            if act.on in {None, key}:
                if left is not None:
                    self._script[position : position + 1] = [(act, left - 1)] if left > 1 else []
                return act
        return Act(do="acknowledge")

    async def _publish(self, tree: dict[str, Any], identifier: str) -> None:
        await self._connection.publish(orjson.dumps(tree), Format.JSON.value, identifier)

    def _new_id(self) -> str:
        return f"{self._perimeter.client_id}_{uuid4()}"

    @property
    def _party(self) -> Party:
        return Party(self._perimeter.name, f"hubex:{self._perimeter.client_id}")
