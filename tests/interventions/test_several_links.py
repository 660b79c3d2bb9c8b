"""Several dispatch softwares in one deployment: each SAMU by its own link, with a queue, a breaker and a line on the page of its own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from adapters.lrm.fhir.simulator import create_simulator as create_fhir
from adapters.lrm.soap.simulator import create_simulator as create_soap
from adapters.wire.simulated import InProcess
from domain.mode import Mode
from gateway.settings.settings import Settings
from tests.gateway.house import Clock
from tests.interventions.stage import OPERATOR, Stage, click, open_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SOAP_91, FHIR_75 = "lrm:samu91", "lrm_fhir:samu75"


@asynccontextmanager
async def three_samus(folder: Path) -> AsyncIterator[tuple[Stage, dict[str, InProcess]]]:
    """SAMU 77 by the link that has no name, 91 in SOAP, 75 in FHIR: each a route of its department."""
    clock = Clock()
    wires = {
        SOAP_91: InProcess(create_soap(Mode.EXERCISE, clock)),
        FHIR_75: InProcess(create_fhir(Mode.EXERCISE, clock)),
    }
    said = {"mode": "Exercise", "read_timeout": 0.5}
    links = {
        "samu91": {"link": {"url": "http://samu91", **said}, "delivery": {"schedule": [1, 2]}},
        "samu75": {"speaks": "fhir", "link": {"url": "http://samu75", **said}},
    }
    async with open_stage(folder, clock=clock, wires=wires, lrms=links) as stage:
        for name, key in ((SOAP_91, "91"), (FHIR_75, "75")):
            answer = await stage.route(f"d{key}", destination=name, key=key, label=f"SAMU {key}", crra=None)
            assert answer.status_code == 201, answer.text
        yield stage, wires


def of(department: str, city: str, number: int) -> dict[str, Any]:
    """A click there."""
    return click(
        request_id=f"DEMANDE-{number}", place__insee_code=city, place__postal_code=f"{department}000", place__city=None
    )


async def held(wire: InProcess) -> set[str]:
    """The requests that a CRRA holds."""
    return set((await wire.control("GET", "/_sandbox/state"))["requests"])


async def test_each_request_goes_to_its_samu_and_its_status_comes_back(tmp_path: Path) -> None:
    """Three departments, three softwares, two protocols: each holds its own and nothing else, and each is followed."""
    async with three_samus(tmp_path) as (stage, wires):
        answers = {
            name: await stage.accepted(of(name, city, n))
            for n, (name, city) in enumerate((("77", "77288"), ("91", "91228"), ("75", "75056")))
        }
        await stage.settle()
        assert set(await stage.held()) == {answers["77"]["reference"]}
        assert await held(wires[SOAP_91]) == {answers["91"]["reference"]}
        assert await held(wires[FHIR_75]) == {answers["75"]["reference"]}
        for name, wire in (("91", wires[SOAP_91]), ("75", wires[FHIR_75])):
            await wire.control("POST", f"/_sandbox/requests/{answers[name]['reference']}/advance")
        await stage.look(seconds=30)
        assert (await stage.status(answers["77"]))["status"] == "TRANSMISE"
        for name in ("91", "75"):
            shown = await stage.status(answers[name])
            assert (shown["status"], shown["crra"]) == ("AFFICHEE", f"SAMU {name}")


async def test_one_link_down_stops_no_other(tmp_path: Path) -> None:
    """The 91 is unreachable: its queue waits, its breaker opens, the others go on; the operator sees each by its name."""
    async with three_samus(tmp_path) as (stage, wires):
        wires[SOAP_91].gone = True
        for n in range(12):
            await stage.accepted(of("91", "91228", n))
        await stage.accepted(of("77", "77288", 20))
        await stage.accepted(of("75", "75056", 21))
        await stage.settle()
        shown = {one["name"]: one for one in (await stage.get("/v1/destinations", OPERATOR))["destinations"]}
        assert {"lrm", SOAP_91, FHIR_75} <= set(shown)
        assert [one for one in ("lrm", FHIR_75) if shown[one].get("pending")] == []
        assert shown[SOAP_91]["pending"]
        gates = await stage.runtime.desk.gates()
        assert gates[SOAP_91].breaker.value != "closed"
        assert FHIR_75 not in gates or gates[FHIR_75].breaker.value == "closed"
        assert len(await held(wires[FHIR_75])) == len(await stage.held()) == 1


async def test_a_route_names_a_link_that_exists(tmp_path: Path) -> None:
    """A name nobody configured is refused with those that are; a link is suspended by its own name."""
    async with three_samus(tmp_path) as (stage, _):
        refused = await stage.route("nulle-part", destination="lrm:samu13")
        assert refused.status_code == 422
        assert SOAP_91 in refused.json()["errors"][0]["expected"]
        async with stage.client(OPERATOR) as operator:
            paused = await operator.post(f"/v1/outbox/destinations/{SOAP_91}/pause", json={"reason": "maintenance"})
            assert paused.status_code == 204, paused.text
        answer = await stage.accepted(of("91", "91228", 1))
        await stage.settle()
        assert (await stage.status(answer))["delivered_at"] is None


@pytest.mark.parametrize(
    "links",
    [
        {"SAMU 91": {"link": {"url": "http://x"}}},
        {"samu91": {"speaks": "hl7", "link": {"url": "http://x"}}},
        {"samu91": {"speaks": "fhir", "username": "u", "password": "p", "link": {"url": "http://x"}}},
    ],
)
def test_what_cannot_be_a_link_is_refused_at_the_start(links: dict[str, Any]) -> None:
    """A name that an address cannot hold, a language nobody speaks, an account of SOAP on a FHIR link."""
    with pytest.raises(ValidationError):
        Settings.model_validate({"lrms": links})
