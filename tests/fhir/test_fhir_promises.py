"""The CapabilityStatement is true: what it declares is done, what it does not declare is refused, and every refusal is an OperationOutcome."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from domain.intervention.request import CALL_15
from gateway.doors.fhir.guide import capability
from gateway.security.keys import Scope
from tests.fhir.bundles import changed, example, resource
from tests.fhir.test_fhir_doors import first_text, get, post, task_of, valid

if TYPE_CHECKING:
    import httpx

    from tests.gateway.house import OpenHouse

REST = capability("2026-01-01")["rest"][0]
DECLARED = {one["type"]: {each["code"] for each in one["interaction"]} for one in REST["resource"]}
WAYS: dict[str, tuple[str, str]] = {
    "read": ("GET", "/{id}"),
    "vread": ("GET", "/{id}/_history/1"),
    "update": ("PUT", "/{id}"),
    "patch": ("PATCH", "/{id}"),
    "delete": ("DELETE", "/{id}"),
    "history-instance": ("GET", "/{id}/_history"),
    "history-type": ("GET", "/_history"),
    "create": ("POST", ""),
    "search-type": ("GET", "{query}"),
}
KNOWN = {
    "StructureDefinition": "acces",
    "ValueSet": "etat-demande",
    "CodeSystem": "etat-demande",
    "MessageDefinition": "etat-demande",
    "OperationDefinition": "process-message",
    "Measure": "denombrement-novi",
    "Bundle": "exemple-message",
}
TYPES = (*DECLARED, "Patient", "ServiceRequest", "Encounter")


async def asked(
    house: OpenHouse, method: str, path: str, scope: Scope = Scope.PLATFORM, **headers: str
) -> httpx.Response:
    """Somebody tries."""
    async with house.as_(scope) as client:
        return await client.request(method, path, headers=headers)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TYPES)
async def test_what_is_declared_is_done_and_nothing_else(fhir_house: OpenHouse, kind: str, way: str) -> None:
    """Each type of resource by each interaction that FHIR knows."""
    task = task_of(await post(fhir_house, example()))
    method, tail = WAYS[way]
    query = {"Task": f"?identifier={task['identifier'][0]['value']}", "Bundle": "?event=evt"}.get(kind, "")
    path = f"/fhir/{kind}{tail.format(id=KNOWN.get(kind, task['id']), query=query)}"
    scope = Scope.PORTAL if (kind, way) == ("Bundle", "search-type") else Scope.PLATFORM
    if scope is Scope.PORTAL:
        event = {
            "id": "evt",
            "name": "Essai",
            "type": "ACEL",
            "mode": "Exercise",
            "localisations": [{"name": "PMA"}],
            "link": False,
        }
        async with fhir_house.portal as portal:
            assert (await portal.post("/v1/events", json=event)).status_code == 201
    answer = await asked(fhir_house, method, path, scope)
    valid(answer)
    if way in DECLARED.get(kind, set()):
        assert answer.status_code == 200, answer.text
        return
    assert answer.status_code in {403, 404, 405, 422}, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    if method in {"POST", "PUT"}:
        assert first_text(answer) == CALL_15


async def test_the_system_interactions_are_those_declared(fhir_house: OpenHouse) -> None:
    """Transaction, batch and $process-message answer; another operation and the history of all are refused."""
    assert [one["code"] for one in REST["interaction"]] == ["transaction", "batch"]
    assert [one["name"] for one in REST["operation"]] == ["process-message", "validate"]
    done = await post(fhir_house, example("exemple-transaction"), "/fhir")
    assert (done.status_code, done.json()["type"]) == (200, "transaction-response")
    batch = await post(fhir_house, changed("exemple-transaction", Bundle__type="batch"), "/fhir")
    assert (batch.status_code, batch.json()["type"]) == (200, "batch-response")
    for method, path in (
        ("GET", "/fhir/_history"),
        ("GET", "/fhir"),
        ("POST", "/fhir/_search"),
    ):
        refused = await asked(fhir_house, method, path)
        valid(refused)
        assert refused.status_code in {404, 405, 422}, path


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Accept": "application/fhir+xml"}, 406),
        ({"Accept": "text/html, application/fhir+json;q=0.9"}, 200),
        ({"Accept": "application/fhir+json; fhirVersion=4.0"}, 200),
        ({"Accept": "*/*"}, 200),
        ({"Accept": "text/turtle"}, 406),
    ],
)
async def test_a_reader_gets_json_or_is_told(fhir_house: OpenHouse, said: dict[str, str], status: int) -> None:
    """XML is not spoken: 406 and an OperationOutcome, not JSON under another name."""
    answer = await asked(fhir_house, "GET", "/fhir/StructureDefinition/acces", **said)
    assert answer.status_code == status, answer.text
    valid(answer)


@pytest.mark.parametrize(
    ("format_", "status"),
    [
        ("json", 200),
        ("application/fhir+json", 200),
        ("application/json", 200),
        ("xml", 406),
        ("application/fhir+xml", 406),
    ],
)
async def test_format_in_the_address_wins(fhir_house: OpenHouse, format_: str, status: int) -> None:
    """`_format` is for those who cannot write a header, and is obeyed before it; a plus that became a space is still a plus."""
    answer = await asked(fhir_house, "GET", f"/fhir/metadata?_format={format_}", Accept="application/fhir+xml")
    assert answer.status_code == status, answer.text
    valid(answer)


async def test_a_request_is_taken_whatever_its_sender_would_rather_read(fhir_house: OpenHouse) -> None:
    """Nobody is told to call 15 for want of XML."""
    answer = await post(fhir_house, example(), Accept="application/fhir+xml")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+json")


@pytest.mark.parametrize(
    ("said", "whole"),
    [("", True), ("return=representation", True), ("return=minimal", False), ("return=OperationOutcome", False)],
)
async def test_a_transaction_is_answered_as_preferred(fhir_house: OpenHouse, said: str, whole: bool) -> None:  # noqa: FBT001 - what is expected
    """The address of the Task and the outcome are there in every case, and the answer says what it obeyed."""
    answer = await post(fhir_house, example("exemple-transaction"), "/fhir", **({"Prefer": said} if said else {}))
    valid(answer)
    line = next(one for one in answer.json()["entry"] if "location" in one["response"])
    assert ("resource" in line) is whole
    assert line["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert answer.headers.get("preference-applied", "") == said
    assert (await get(fhir_house, f"/fhir/{line['response']['location']}")).status_code == 200


async def test_twenty_at_once_are_one_request(fhir_house: OpenHouse) -> None:
    """A sender that lost patience twenty times: one reference, one request at the CRRA, nineteen told that it was there."""
    answers = await asyncio.gather(*(post(fhir_house, example()) for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    assert len({task_of(one)["identifier"][0]["value"] for one in answers}) == 1
    said: list[str] = [
        resource(one.json(), "OperationOutcome")["issue"][0]["details"]["coding"][0]["code"] for one in answers
    ]
    assert sorted(said) == ["DOUBLON"] * 19 + ["RECUE"]
    await fhir_house.settle()
    requests: dict[str, Any] = (await fhir_house.state("lrm_fhir"))["requests"]
    assert len(requests) == 1
