"""What one of the stores cannot hold is refused at the door, alike by both: NUL, numbers out of range, names that are no file's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse


@pytest.mark.parametrize(
    "address",
    [
        "/v1/outbox/messages?destination=a%00b",
        "/v1/outbox/groups?destination=a%00b",
        "/v1/audit?about=%00",
        "/v1/hub/cases?case_id=a%00b",
        "/fhir/Bundle?event=%00",
        "/console/%00",
        f"/console/{'a' * 300}",
        f"/console/{'a/' * 3000}",
        "/v1/interventions/inconnu/documents/111111111111111111/1",
        "/v1/interventions/inconnu/documents/1/4294967296",
        "/v1/events/%00",
    ],
)
async def test_an_address_that_no_store_holds_is_refused(house: OpenHouse, address: str) -> None:
    """By a 4xx in French, never an accident."""
    answer = await house.operator.get(address)
    assert 400 <= answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text


async def test_a_reason_with_a_nul_is_refused_by_its_field(house: OpenHouse) -> None:
    """Every text of a strict document, whatever its door."""
    refused = await house.operator.post("/v1/outbox/destinations/sinus/pause", json={"reason": "abc\0"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "reason"


LINE: dict[str, Any] = {"op": "create", "id": "a", "severity_entry": "UR"}


@pytest.mark.parametrize(
    "line",
    [
        b'{"op":"create","severity_entry":"UR","comment":' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"op":"create","severity_entry":"UR","comment":' + b'{"a":' * 900 + b"1" + b"}" * 901,
        orjson.dumps({"op": "confirm_exit", "patient_id": "p\0"}),
        orjson.dumps({**LINE, "id": "b\0"}),
        orjson.dumps({**LINE, "id": "c", "comment": "a\0b"}),
        orjson.dumps({**LINE, "id": "c", "author": "a\0b"}),
        b'{"op":"create","id":"d","severity_entry":"UR","weight_kg":1e400}',
        b'{"op":"create","id":"d","severity_entry":"UR","age":{"value":99999999999999999999,"unit":"years"}}',
        b'{"op":"create","id":"d","severity_entry":"UR","used_name":"\xe8"}',
        b'{"op":"create","id":"d","severity_entry":"UR","used_name":"\\ud800"}',
    ],
)
async def test_a_bad_line_of_a_batch_spoils_itself_only(house: OpenHouse, line: bytes) -> None:
    """Nested without end, NUL, a number that no column holds: the lines before and after are written."""
    await house.event()
    content = b"\n".join((orjson.dumps(LINE), line, orjson.dumps({**LINE, "id": "z"})))
    answer = await house.portal.post(
        "/v1/events/evt/batch", content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200, answer.text
    results = [orjson.loads(result) for result in answer.content.splitlines()]
    assert [result["ok"] for result in results] == [True, False, True]


@pytest.mark.parametrize("nir", ["2 69 05 63 220 157 72", "2.69.05.63.220.157.72", "2 69-05-63 220-157 72"])
async def test_a_nir_as_people_write_it_refuses_no_victim(house: OpenHouse, nir: str) -> None:
    """Blanks, also those that do not break, dots and hyphens are no part of the number."""
    await house.event()
    answer = await house.portal.post("/v1/events/evt/patients", json={"id": "p", "severity_entry": "UR", "nir": nir})
    assert answer.status_code == 201, answer.text
    assert answer.json()["nir"] == "269056322015772"
