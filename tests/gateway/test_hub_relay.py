"""What a tablet sends is passed on to whom the deployment says, by its own mapping and under its own allow-list; never as bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import mapping
from adapters.lrm.hubsante.client import Delivery
from adapters.lrm.hubsante.emission.contents import content_of
from adapters.lrm.hubsante.inbound import read_delivery
from gateway.hub.relay import relay
from gateway.register import Register
from gateway.settings.settings import SHIPPED_MAPPINGS
from tests.gateway.hub_house import OURS, VHOST, hub_house, leaving
from tests.hubsante.hub_messages import full_envelope, judge, message_of, models

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TO = "fr.health.oru"
RELAYS = {"RS-BPV": TO, "RS-RPIS": TO}
TOPICS = {"RS-BPV": "partner.report", "RS-RPIS": "partner.mission_summary"}


def received(name: str, model: int, change: Any = None) -> Any:
    """A full message of a tablet."""
    tree = full_envelope(models(model), models(model).named(name))
    if change:
        change(next(value for key, value in message_of(tree).items() if key in {"rpis", "interventionReport"}))
    return read_delivery(Delivery(VHOST, "message", "application/json", json.dumps(tree).encode(), False), None, AT)  # noqa: FBT003 - a tuple of the wire


def coded(body: dict[str, Any]) -> None:
    """A summary as a good tablet makes it, but for the free text of a place, a label and one act."""
    body["context"] |= {
        "senderCaseId": "D1", "ressourceStructure": "0", "ressourceFinessLegal": "330781253", "ressourceFinessGeo": "330781253",
    }  # fmt: skip
    body["patient"] |= {"patientId": "fr.health.samu330.D1.P01", "birthDate": "1990-02-03"}
    body["patient"].pop("residentialAddress", None)
    body["intervention"]["location"] = {
        "service": "Chambre de Mme TESTE",
        "detailedAddress": {"inseeCode": "33063", "city": "Bordeaux"},
    }
    body["intervention"] |= {"procedure": ["IOT", "massage de Mme TESTE"], "mainDiagnosis": "S72.0"}
    body["intervention"].pop("associatedDiagnosis", None)
    body["regulation"]["whatsHappen"]["label"] = "Malaise de Mme TESTE"
    body["orientation"] = {"type": "SANS"}


@pytest.mark.parametrize("model", [2, 3])
@pytest.mark.parametrize("name", TOPICS)
async def test_a_tablet_s_message_goes_on(tmp_path: Path, name: str, model: int) -> None:
    """Read from either model, queued for its reader, and valid in either model when it leaves."""
    async with hub_house(tmp_path) as house:
        came = received(name, model, coded if name == "RS-RPIS" else None)

        def work(connection: Any) -> bool:
            return relay(Register(connection), house.runtime.deployment, RELAYS, came, "Exercise")

        assert await house.runtime.database.write(work)
        [document] = await leaving(house, TOPICS[name])
        assert document["to"] == TO
        tree = mapping.shipped().mapping(SHIPPED_MAPPINGS[f"hub.{TOPICS[name]}"]).apply(document)
        assert "TESTE" not in json.dumps(tree)
        key, body = content_of(TOPICS[name], tree, OURS, model)
        assert judge(model).judge_tree({key: body}).faults == ()


async def test_nothing_is_relayed_that_was_not_asked_for_or_cannot_be_read(tmp_path: Path) -> None:
    """No relay in the settings, a message back to its sender, half a summary: nothing leaves, and nothing breaks."""
    async with hub_house(tmp_path) as house:
        whole = received("RS-RPIS", 3, coded)
        half = received("RS-RPIS", 3, lambda body: body.pop("context"))

        def work(connection: Any) -> list[bool]:
            tried = [({}, whole), ({"RS-RPIS": whole.envelope.sender}, whole), (RELAYS, half)]
            return [
                relay(Register(connection), house.runtime.deployment, relays, one, "Exercise") for relays, one in tried
            ]

        assert await house.runtime.database.write(work) == [False, False, False]
        assert await leaving(house, "partner.mission_summary") == []
