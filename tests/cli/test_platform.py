"""`passerelle platform check`: says yes to a gateway that does what the guide says, and names each difference of one that does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from domain.intervention.request import CALL_15
from gateway.cli import main
from gateway.cli.platform import CASES, PATH, Case, closed, differences, document, served_place
from tests.servers.live_house import OPERATOR, PLATFORM, REAL, LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCEPTED: dict[str, Any] = {"reference": "K7PM-4XWA", "version": 1, "status": "TRANSMISE", "warnings": []}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHouse]:
    """A gateway with a route."""
    with live_house(tmp_path_factory.mktemp("conformite")) as opened:
        yield opened


def check(house: LiveHouse, key: str) -> int:
    """The command, as its user types it."""
    return main(["platform", "check", "--url", house.url, "--key", key])


def test_our_gateway_is_conformant_and_nothing_stays_asked(
    house: LiveHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line per case, code 0, run after run; each request is taken back, so that none is left for a person."""
    for _ in range(2):
        assert check(house, house.keys[PLATFORM]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [one for one in lines if one.startswith("différent")] == []
    assert lines.count("Tout est conforme.") == 2
    assert len(lines) == 2 * (len(CASES) + 1)

    async def statuses() -> set[str]:
        headers = {"Authorization": f"Bearer {house.keys[OPERATOR]}"}
        async with httpx.AsyncClient(base_url=house.url, headers=headers, trust_env=False) as operator:
            async with asyncio.timeout(20):
                while True:
                    listed = (await operator.get(PATH)).json()["interventions"]
                    found = {one["status"] for one in listed}
                    if found == {"ANNULEE"}:
                        return found
                    await asyncio.sleep(0.1)

    assert asyncio.run(statuses()) == {"ANNULEE"}


def test_a_gateway_without_a_route_differs(house: LiveHouse, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 1; what should have been accepted is named, what should be refused still is."""
    house.route("DELETE")
    try:
        assert check(house, house.keys[PLATFORM]) == 1
    finally:
        house.route()
    out = capsys.readouterr().out
    assert "différent un clic, sans INS : accepté\n          statut 422, attendu 201" in out
    assert "conforme  un lieu que nul SAMU relié ne dessert : refusé" in out


@pytest.mark.parametrize("name", [REAL, OPERATOR])
def test_another_key_asks_for_nothing(house: LiveHouse, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A key of the real, or of another trade, ends it before the first case."""
    before = set(house.held())
    assert check(house, house.keys[name]) == 2
    assert "n’ouvre pas cette porte (403)" in capsys.readouterr().err
    assert set(house.held()) == before


def test_a_key_of_the_real_at_a_gateway_of_the_real_asks_for_nothing() -> None:
    """The door opens, and says that an exercise is refused there: that is reason enough to stop; any other refusal is not."""
    refused = {"accepted": False, "problem": {"code": "MODE"}}
    assert "exercice" in (closed(httpx.Response(200, json=refused)) or "")
    assert closed(httpx.Response(200, text="<h1>Bienvenue</h1>"))
    assert closed(httpx.Response(200, json={"accepted": False, "problem": {"code": "AUCUNE_ROUTE"}})) is None
    assert closed(httpx.Response(200, json={"accepted": True, "problem": None})) is None


def test_nobody_at_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    """Code 2, in words."""
    assert main(["platform", "check", "--url", "http://127.0.0.1:9", "--key", "pk_essai"]) == 2
    assert "ne répond pas" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("case", "status", "told", "wrong"),
    [
        (CASES[0], 200, ACCEPTED, "statut 200, attendu 201"),
        (CASES[0], 201, {**ACCEPTED, "reference": ""}, "la réponse n’a pas de référence"),
        (CASES[0], 201, {**ACCEPTED, "version": 2}, "version : 2, attendu 1"),
        (CASES[3], 200, {**ACCEPTED, "version": 2, "duplicate": False}, "avertissement MISE_A_JOUR absent"),
        (CASES[9], 409, {"code": "AUTRE", "instruction": CALL_15}, "code AUTRE, attendu MODE"),
        (CASES[9], 409, {"code": "MODE"}, "le refus ne dit pas d’appeler le 15"),
    ],
)
def test_each_kind_of_difference_is_seen(case: Case, status: int, told: dict[str, Any], wrong: str) -> None:
    """One fault, one sentence."""
    assert differences(case, httpx.Response(status, json=told)) == [wrong]


def test_a_page_instead_of_a_document_differs() -> None:
    """What is no JSON is no answer."""
    assert differences(CASES[0], httpx.Response(201, text="<h1>Bienvenue</h1>")) != []


def test_only_the_case_that_must_be_refused_says_the_real() -> None:
    """Every other request says that it is an exercise, whatever the key."""
    modes = {case.title: document(case, 1, "essai")["mode"] for case in CASES}
    assert {title for title, mode in modes.items() if mode != "Exercise"} == {CASES[9].title}
    assert CASES[9].code == "MODE"


@pytest.mark.parametrize(
    ("served", "insee", "postal"),
    [
        ({"communes": ["31555"], "departments": ["77"]}, "31555", "31000"),
        ({"communes": [], "departments": ["31"]}, "31001", "31000"),
        ({"communes": [], "departments": ["2A"]}, "2A001", "20000"),
        ({"communes": [], "departments": ["974"]}, "97401", "97400"),
        ({"communes": [], "departments": [], "anywhere": True}, "77288", "77000"),
        ({}, "77288", "77000"),
    ],
)
def test_the_place_is_one_that_the_gateway_serves(served: dict[str, Any], insee: str, postal: str) -> None:
    """Of the deployment's own routes, whatever its department; a gateway that does not say is asked as before."""
    place = served_place(served)
    assert place == {"insee_code": insee, "postal_code": postal}
    sent = document(CASES[0], 0, "essai", place)
    assert (sent["place"]["insee_code"], sent["place"]["postal_code"]) == (insee, postal)
    assert document(CASES[-1], 0, "essai", place)["place"]["insee_code"] == "98999"


def test_a_samu_of_toulouse_is_conformant(house: LiveHouse, capsys: pytest.CaptureFixture[str]) -> None:
    """Thirteen of thirteen where the only route is that of Haute-Garonne."""
    house.route("DELETE")
    path, headers = f"{house.url}/v1/routes/toulouse", {"Authorization": f"Bearer {house.keys[OPERATOR]}"}
    row = {"kind": "department", "key": "31", "destination": "lrm", "label": "SAMU 31"}
    try:
        assert httpx.put(path, json=row, headers=headers, trust_env=False).is_success
        assert check(house, house.keys[PLATFORM]) == 0
    finally:
        httpx.delete(path, headers=headers, trust_env=False)
        house.route()
    assert "Tout est conforme." in capsys.readouterr().out
