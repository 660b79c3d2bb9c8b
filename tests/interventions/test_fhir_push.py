"""A platform that speaks FHIR is told by a signed message `etat-demande`; what it answers decides whether it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from adapters.wire.simulated import InProcess
from adapters.wire.webhook_signature import verify_signature
from gateway.interventions.follow import LrmAnswer, hear
from tests.gateway.house import Clock
from tests.interventions.stage import PLATFORM, SECRET, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

LINK = {"url": "http://plateforme/fhir/$process-message", "mode": "Exercise"}


class Ear:
    """A platform's `$process-message`: believes a signature, answers what the test says."""

    def __init__(self, clock: Clock) -> None:
        """`answers` are given in turn, then 200 without a body."""
        self.clock = clock
        self.heard: list[dict[str, Any]] = []
        self.answers: list[Response] = []
        self.wire = InProcess(Starlette(routes=[Route("/fhir/$process-message", self._take, methods=["POST"])]))

    async def _take(self, request: Request) -> Response:
        raw = await request.body()
        said = request.headers
        verify_signature(said["Passerelle-Signature"], said["Passerelle-Timestamp"], raw, [SECRET], now=self.clock())
        assert request.headers["content-type"] == "application/fhir+json"
        self.heard.append(orjson.loads(raw))
        return self.answers.pop(0) if self.answers else Response(status_code=200)


def spoken(code: str) -> Response:
    """A response message."""
    head = {"resourceType": "MessageHeader", "response": {"identifier": "essai", "code": code}}
    return Response(orjson.dumps({"resourceType": "Bundle", "type": "message", "entry": [{"resource": head}]}))


def task_of(bundle: dict[str, Any]) -> dict[str, Any]:
    """The Task of a message."""
    return next(one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Task")


def agreed() -> dict[str, Any]:
    """What was agreed with the platform."""
    return {PLATFORM: {"speaks": "fhir", "secrets": [SECRET], "link": LINK, "delivery": {"schedule": [1, 1]}}}


async def test_each_state_is_pushed_as_a_message(tmp_path: Path) -> None:
    """The reference, the status and nothing of the patient or of a clinical word; valid FHIR R4."""
    clock = Clock()
    ear = Ear(clock)
    wires = {f"platform:{PLATFORM}": ear.wire}
    async with open_stage(tmp_path, clock=clock, wires=wires, platforms=agreed()) as stage:
        answer = await stage.accepted()
        await stage.settle()
        runtime, said = stage.runtime, LrmAnswer("REFUSEE", clock(), "DOSSIER-1", "ACR, décès constaté")
        await runtime.write(lambda r: hear(r, runtime.deployment, answer["reference"], said, clock(), "hub"))
        await stage.settle()
    for bundle in ear.heard:
        Bundle.model_validate(bundle)
    tasks = [task_of(one) for one in ear.heard]
    assert [one["businessStatus"]["coding"][0]["code"] for one in tasks] == ["TRANSMISE", "REFUSEE"]
    last = tasks[-1]
    assert last["identifier"][0]["value"] == answer["reference"]
    assert last["focus"]["identifier"]["value"] == answer["request_id"]
    assert last["statusReason"]["coding"][0]["code"] == "AUTRE"
    assert last["meta"]["security"][0]["code"] == "HTEST"
    head = ear.heard[-1]["entry"][0]["resource"]
    assert (head["eventCoding"]["code"], head["destination"][0]["endpoint"]) == ("etat-demande", LINK["url"])
    text = orjson.dumps(ear.heard).decode()
    assert [word for word in ("TESTE", "Angèle", "ACR", "décès") if word in text] == []


@pytest.mark.parametrize(
    ("answer", "status", "times"),
    [
        (spoken("ok"), "delivered", 1),
        (spoken("transient-error"), "delivered", 2),
        (Response(status_code=503), "delivered", 2),
        (Response(b"<h1>Bienvenue</h1>"), "delivered", 2),
        (spoken("fatal-error"), "parked", 1),
        (Response(status_code=401), "parked", 1),
    ],
)
async def test_what_is_answered_decides(tmp_path: Path, answer: Response, status: str, times: int) -> None:
    """Told, told again with the same identifier, or left for a person: a page of somebody else acknowledges nothing."""
    clock = Clock()
    ear = Ear(clock)
    ear.answers = [answer]
    wires = {f"platform:{PLATFORM}": ear.wire}
    async with open_stage(tmp_path, clock=clock, wires=wires, platforms=agreed()) as stage:
        await stage.accepted()
        await stage.settle()
        await stage.settle(seconds=5)
        (message,) = await stage.messages("intervention.status")
        assert message["status"] == status
    assert len(ear.heard) == times
    assert len({one["identifier"]["value"] for one in ear.heard}) == 1
