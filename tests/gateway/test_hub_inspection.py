"""A message dropped by a person is judged and forgotten; bad input is a verdict, never an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.hub.judging import Judging
from gateway.security.keys import Scope
from tests.gateway.house import open_house
from tests.gateway.hub_house import hub_house
from tests.hubsante.hub_messages import full_envelope, message_of, models
from tests.shared_material import shared

if TYPE_CHECKING:
    from pathlib import Path

BYTES = {"Content-Type": "application/octet-stream"}
ODD = [b"", b"null", b"[]", b"{}", b'{"content": 3, "senderID": []}', b"\xff\xfe", b"<a>", b'{"a": NaN}', b"[" * 10_000]


def part(said: dict[str, Any], name: str) -> dict[str, Any]:
    """One part of a verdict."""
    return next(one for one in said["parts"] if one["part"] == name)


@pytest.mark.parametrize("raw", ODD, ids=range(len(ODD)))
async def test_anything_is_judged_with_models_and_without(raw: bytes) -> None:
    """Never an exception, always a fault in some part, and with no models a sentence that says so."""
    for judging in (Judging(None), Judging(shared("hubsante"))):
        said = await judging.inspect(raw)
        assert not said["valid"]
        assert any(one["faults"] for one in said["parts"])
    assert (await Judging(None).inspect(raw))["notice"]


async def test_the_model_that_suits_best_is_found() -> None:
    """A status of model 2, with its space, is judged by model 2 when nobody says; by another when somebody does."""
    tree = full_envelope(models(2), models(2).named("RS-RI"))
    raw = json.dumps(tree).encode()
    judging = Judging(shared("hubsante"))
    assert judging is not None
    found = await judging.inspect(raw)
    assert (found["valid"], found["type"]) == (True, "RS-RI")
    said = await judging.inspect(raw, 1)
    assert (said["valid"], said["model"]) == (False, 1)


async def test_what_the_schema_lets_pass_and_the_hub_does_not_is_shown() -> None:
    """An update without owner is conformant, and makes the hub's converter fail: a flag, not a fault."""
    tree = full_envelope(models(3), models(3).named("RS-EDA-MAJ"))
    del message_of(tree)["createCaseHealthUpdate"]["owner"]
    said = await Judging(shared("hubsante")).inspect(json.dumps(tree).encode(), 3)
    assert said["valid"]
    assert "createCaseHealthUpdate.owner" in {one["path"] for one in part(said, "contenu")["flags"]}


async def test_the_door_answers_by_parts_and_keeps_nothing(tmp_path: Path) -> None:
    """For operators and integrators; no row is written, and no value of the message is in the answer."""
    async with hub_house(tmp_path, models_dir=shared("hubsante")) as house, house.as_(Scope.INTEGRATOR) as integrator:
        tree = full_envelope(models(3), models(3).named("RS-EDA"))
        message_of(tree)["createCaseHealth"]["location"] = {"freetext": 3, "name": "Maison de Mme TESTE"}
        before = await house.written()
        answer = await integrator.post("/v1/hub/inspect", content=json.dumps(tree), headers=BYTES)
        assert answer.status_code == 200
        assert [one["path"] for one in part(answer.json(), "contenu")["faults"]] == [
            "createCaseHealth.location.freetext"
        ]
        assert part(answer.json(), "enveloppe")["faults"] == []
        assert "TESTE" not in answer.text
        assert await house.written() == before
        refused = await integrator.post("/v1/hub/inspect?model=4", content=b"{}", headers=BYTES)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "?model")


async def test_a_deployment_without_hub_may_look_too(tmp_path: Path) -> None:
    """By our own rules, and it is said."""
    async with open_house(tmp_path) as house, house.operator as operator:
        said = (await operator.post("/v1/hub/inspect", content=b'{"content": []}', headers=BYTES)).json()
        assert said["models"] == []
        assert "hub.models_dir" in said["notice"]
