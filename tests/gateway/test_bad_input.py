"""Bad input at the portal's doors: each fault has its status, its code, the field it names, and leaves everything as it was."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from gateway.doors.portal.batch import SLICE
from tests.gateway.house import EVENT, NIR, NUMBER, WHOLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.gateway.house import OpenHouse

PATIENTS = "/v1/events/evt/patients"
SIX_MEGABYTES = 6 * 1024 * 1024
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Fault:
    """One bad request and the answer it must get."""

    request: tuple[str, str]
    body: Any
    status: int
    code: str
    field: str


FAULTS = {
    "unknown severity": Fault(
        ("POST", PATIENTS), {"severity_entry": "ROUGE"}, 422, "document_invalide", "severity_entry"
    ),
    "no severity": Fault(("POST", PATIENTS), {"used_name": "ESSAI-UN"}, 422, "document_invalide", "severity_entry"),
    "number used twice": Fault(
        ("POST", PATIENTS), {"severity_entry": "UR", "sinus_number": NUMBER}, 409, "R-12", "sinus_number"
    ),
    "number used twice, as a scanner writes it": Fault(
        ("PATCH", PATIENTS + "/other"),
        {"sinus_number": "fr 825 novi - 0000 tr - 100001\r\n"},
        409,
        "R-12",
        "sinus_number",
    ),
    "deleting who has a number": Fault(("DELETE", PATIENTS + "/p1"), None, 409, "R-40", "sinus_number"),
    "a move that is not allowed": Fault(("POST", PATIENTS + "/p1/evacuation"), {}, 409, "R-35", "status"),
    "an orientation without exit severity": Fault(
        ("POST", PATIENTS + "/p1/orientation-request"), {}, 409, "R-29", "severity_exit"
    ),
    "a place of another event": Fault(
        ("POST", PATIENTS), {"severity_entry": "UR", "localisation_id": "ailleurs"}, 404, "R-22", "localisation_id"
    ),
    "moving to a place of another event": Fault(
        ("PATCH", PATIENTS + "/p1"), {"localisation_id": "ailleurs"}, 404, "R-22", "localisation_id"
    ),
    "the other mode": Fault(("POST", PATIENTS), {"severity_entry": "UR", "mode": "Actual"}, 409, "mode", "mode"),
    "replacing in the other mode": Fault(
        ("PUT", PATIENTS + "/p1"), {"severity_entry": "UR", "mode": "Actual"}, 409, "mode", "mode"
    ),
    "an event of the other mode": Fault(
        ("POST", "/v1/events"), {**EVENT, "id": "x", "mode": "Actual"}, 409, "mode", "mode"
    ),
    "an unknown field": Fault(("PATCH", PATIENTS + "/p1"), {"couleur": "jaune"}, 422, "document_invalide", "couleur"),
    "an unknown field inside": Fault(
        ("PATCH", PATIENTS + "/p1"), {"age": {"value": 3, "mois": True}}, 422, "document_invalide", "age.mois"
    ),
    "a number as a text": Fault(
        ("PATCH", PATIENTS + "/p1"), {"weight_kg": "70"}, 422, "document_invalide", "weight_kg"
    ),
    "a field nobody may write": Fault(
        ("PATCH", PATIENTS + "/p1"), {"cata_code": "A0001"}, 422, "document_invalide", "cata_code"
    ),
    "a date that does not exist": Fault(
        ("PATCH", PATIENTS + "/p1"), {"birth_date": "1952-02-30"}, 422, "R-20", "birth_date"
    ),
    "a wrong NIR": Fault(("PATCH", PATIENTS + "/p1"), {"nir": NIR[:-1] + "0"}, 422, "NIR", "nir"),
    "an instant without offset": Fault(
        ("PATCH", PATIENTS + "/p1"), {"happened_at": "2020-09-01T17:00:00"}, 422, "document_invalide", "happened_at"
    ),
    "an instant of another century": Fault(
        ("PATCH", PATIENTS + "/p1"), {"happened_at": "0001-01-01T00:00:00Z"}, 422, "document_invalide", "happened_at"
    ),
    "the future": Fault(
        ("PATCH", PATIENTS + "/p1"), {"happened_at": "2021-09-01T17:00:00Z"}, 422, "date_future", "happened_at"
    ),
    "a control character": Fault(
        ("PATCH", PATIENTS + "/p1"), {"used_name": "ESSAI\x07"}, 422, "document_invalide", "used_name"
    ),
    "a patient nobody knows": Fault(
        ("PATCH", PATIENTS + "/inconnu"), {"sex": "F"}, 404, "patient_inconnu", "patient_id"
    ),
    "an event nobody knows": Fault(
        ("POST", "/v1/events/inconnu/patients"), {"severity_entry": "UR"}, 404, "evenement_inconnu", "event_id"
    ),
    "a patient created twice": Fault(
        ("POST", PATIENTS), {"id": "p1", "severity_entry": "UR"}, 409, "R-09", "patient_id"
    ),
    "a patient of another event": Fault(
        ("POST", PATIENTS), {"id": "elsewhere", "severity_entry": "UR"}, 409, "patient_existe", "patient_id"
    ),
    "an event created twice": Fault(("POST", "/v1/events"), EVENT, 409, "evenement_existe", "id"),
    "an identifier that leads elsewhere": Fault(
        ("POST", PATIENTS), {"id": "..", "severity_entry": "UR"}, 422, "document_invalide", "id"
    ),
    "an address that leads elsewhere": Fault(
        ("PUT", PATIENTS + "/a%20b"), {"severity_entry": "UR"}, 422, "identifiant_refuse", "patient_id"
    ),
    "an address too long": Fault(
        ("PUT", PATIENTS + "/" + "a" * 65), {"severity_entry": "UR"}, 422, "identifiant_refuse", "patient_id"
    ),
    "an unknown parameter": Fault(("GET", PATIENTS + "?couleur=jaune"), None, 400, "parametre_inconnu", "?couleur"),
    "an unreadable instant": Fault(("GET", "/v1/events/evt/counts?at=hier"), None, 400, "parametre_illisible", "?at"),
    "a link without its identifier": Fault(
        ("PUT", "/v1/events/evt/links/sinus"), {"action": "link"}, 422, "lien", "external_id"
    ),
    "an event emptied of its name": Fault(
        ("PATCH", "/v1/events/evt"), {"name": None}, 422, "champ_obligatoire", "name"
    ),
}


@pytest.fixture
async def portal(house: OpenHouse) -> AsyncIterator[httpx.AsyncClient]:
    """The portal, with one whole patient, another without number, and an event elsewhere."""
    await house.event()
    await house.event(id="autre", localisations=[{"id": "ailleurs", "name": "Ailleurs"}])
    await house.patient(**WHOLE)
    await house.patient("other", localisation_id="stade")
    await house.patient("elsewhere", event="autre")
    await house.settle()
    async with house.portal as client:
        yield client


async def test_a_fault_is_named_and_nothing_is_written(
    house: OpenHouse, portal: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    """Status, stable code and field; no row anywhere, no message, and the patient is as it was."""
    before, patient = await house.written(), (await portal.get(PATIENTS + "/p1")).json()
    for name, fault in FAULTS.items():
        answer = await portal.request(*fault.request, json=fault.body)
        with subtests.test(name):
            said = answer.json()
            fields = [one["field"] for one in said["errors"]]
            assert (answer.status_code, said["code"], fields) == (fault.status, fault.code, [fault.field])
            assert answer.headers["content-type"] == "application/problem+json"
            assert await house.written() == before
            assert (await portal.get(PATIENTS + "/p1")).json() == patient


async def test_every_wrong_field_is_named_at_once(portal: httpx.AsyncClient) -> None:
    """A form with three faults gets three, each by its path."""
    answer = await portal.post(PATIENTS, json={"severity_entry": "ROUGE", "sex": "X", "age": {"value": -1}})
    assert {one["field"] for one in answer.json()["errors"]} == {"severity_entry", "sex", "age.value"}


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(96):
        yield b" " * 65536


async def test_a_body_of_six_megabytes_is_refused(house: OpenHouse, portal: httpx.AsyncClient) -> None:
    """413 when its length is declared, and when it comes in pieces without saying how long it is."""
    before = await house.written()
    declared = await portal.post(PATIENTS, content=b" " * SIX_MEGABYTES, headers=JSON)
    undeclared = await portal.post(PATIENTS, content=_pieces(), headers=JSON)
    assert [(one.status_code, one.json()["code"]) for one in (declared, undeclared)] == [(413, "corps_trop_gros")] * 2
    assert await house.written() == before


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b'{"severity_entry": "UR"', JSON, 400, "json_illisible"),
        (b"\xff\xfe", JSON, 400, "json_illisible"),
        (b"", JSON, 400, "json_illisible"),
        (b"[]", JSON, 422, "document_invalide"),
        (b"severity_entry=UR", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "format_refuse"),
        (b'{"severity_entry": "UR"}', {}, 415, "format_refuse"),
        (gzip.compress(b'{"severity_entry": "UR"}'), {**JSON, "Content-Encoding": "gzip"}, 415, "encodage_refuse"),
        (b'{"severity_entry": "UR"}', {**JSON, "Idempotency-Key": "k" * 129}, 400, "cle_idempotence"),
    ],
    ids=["cut", "not UTF-8", "empty", "a list", "a form", "no type", "gzip", "a long key"],
)
async def test_a_body_that_is_not_a_document_is_refused(
    house: OpenHouse, portal: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    """Broken JSON, another format, a compressed body: refused by what they are, and nothing written."""
    before = await house.written()
    answer = await portal.post(PATIENTS, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await house.written() == before


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"²"'.encode("latin-1"), '"9999999999999999999999"', '"autre"'])
async def test_a_stale_if_match_is_refused(house: OpenHouse, portal: httpx.AsyncClient, tag: str | bytes) -> None:
    """412 when the record has moved on, or when the tag was never one of ours."""
    await portal.patch(PATIENTS + "/other", json={"sex": "F"})
    before = await house.written()
    answer = await portal.patch(PATIENTS + "/other", json={"sex": "M"}, headers={"If-Match": tag})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["code"]) == (412, "fiche_modifiee")
    assert answer.json()["errors"][0]["field"] == "If-Match"
    assert await house.written() == before
    assert (await portal.get(PATIENTS + "/other")).json()["sex"] == "F"


async def test_a_stale_if_match_of_an_event_is_refused(portal: httpx.AsyncClient) -> None:
    """An event changed meanwhile is not changed blindly."""
    stale = (await portal.get("/v1/events/evt")).headers["etag"]
    assert (
        await portal.patch("/v1/events/evt", json={"name": "Match"}, headers={"If-Match": stale})
    ).status_code == 200
    answer = await portal.patch("/v1/events/evt", json={"name": "Autre"}, headers={"If-Match": stale})
    assert (answer.status_code, answer.json()["code"]) == (412, "evenement_modifie")
    assert (await portal.get("/v1/events/evt")).json()["name"] == "Match"


async def test_an_idempotency_key_does_its_work_once(house: OpenHouse, portal: httpx.AsyncClient) -> None:
    """The same content gets the same answer and no second effect; other content gets 409 and none at all."""
    key, body = {"Idempotency-Key": "essai-1"}, {"severity_entry": "UA"}
    first = await portal.post(PATIENTS, json=body, headers=key)
    before = await house.written()
    again = await portal.post(PATIENTS, json=body, headers=key)
    other = await portal.post(PATIENTS, json={"severity_entry": "UR"}, headers=key)
    elsewhere = await portal.post("/v1/events/autre/patients", json=body, headers=key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert (again.headers["etag"], again.headers["location"]) == (first.headers["etag"], first.headers["location"])
    assert [(one.status_code, one.json()["code"]) for one in (other, elsewhere)] == [(409, "cle_deja_utilisee")] * 2
    assert await house.written() == before


async def test_twenty_requests_at_once_under_one_key_create_one_patient(
    house: OpenHouse, portal: httpx.AsyncClient
) -> None:
    """A client that repeats itself without waiting gets one patient and twenty times the same answer."""
    before = await house.written()
    answers = await asyncio.gather(
        *(
            portal.post(PATIENTS, json={"severity_entry": "UA"}, headers={"Idempotency-Key": "essai-2"})
            for _ in range(20)
        )
    )
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    after = await house.written()
    assert (after["victim"] - before["victim"], after["observation"] - before["observation"]) == (1, 1)


async def test_a_refusal_is_not_remembered_under_its_key(portal: httpx.AsyncClient) -> None:
    """What was refused may be tried again with the same key once the cause is gone."""
    key = {"Idempotency-Key": "essai-3"}
    path = PATIENTS + "/other/orientation-request"
    assert (await portal.post(path, json={}, headers=key)).status_code == 409
    await portal.post(PATIENTS + "/other/triage", json={"stage": "exit", "severity": "UR"})
    assert (await portal.post(path, json={}, headers=key)).status_code == 200


BATCH = [
    b'{"op": "create", "id": "b1", "severity_entry": "UA"}',
    b'{"op": "create", "id": "b2", "severity_entry": "UR"',
    b'{"op": "guerir", "patient_id": "b1"}',
    b'{"patient_id": "b1"}',
    b'{"op": "change", "patient_id": "b1", "couleur": "jaune"}',
    b"[1, 2]",
    b'{"op": "create", "id": "b3", "severity_entry": "UR", "sinus_number": "%s"}' % NUMBER.encode(),
    b'{"op": "create", "id": "b4", "severity_entry": "UR", "mode": "Actual"}',
    b'{"op": "change", "sex": "F"}',
    b"",
    b'{"op": "triage", "patient_id": "b1", "stage": "exit", "severity": "DCD"}',
    b'{"op": "create", "id": "b5", "severity_entry": "IMP", "used_name": "TESTE-CINQ"}',
]
VERDICTS = {
    1: None, 2: "json_illisible", 3: "operation_inconnue", 4: "operation_inconnue", 5: "document_invalide",
    6: "document_invalide", 7: "R-12", 8: "mode", 9: "document_invalide", 11: None, 12: None,
}  # fmt: skip


async def test_a_batch_keeps_its_good_lines_whatever_the_bad_ones(house: OpenHouse, portal: httpx.AsyncClient) -> None:
    """Each line is judged and answered on its own; the good ones are there, the bad ones left no trace, all go out."""
    before = await house.written()
    answer = await portal.post(
        "/v1/events/evt/batch", content=b"\n".join(BATCH), headers={"Content-Type": "application/x-ndjson"}
    )
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert answer.status_code == 200
    assert {line["line"]: line.get("problem", {}).get("code") for line in lines} == VERDICTS
    assert [line["ok"] for line in lines] == [VERDICTS[line["line"]] is None for line in lines]
    after = await house.written()
    assert (after["victim"] - before["victim"], after["observation"] - before["observation"]) == (2, 3)
    await house.settle()
    held = {id_: one["fiche"]["categorie"] for id_, one in house.sinus_victims().items() if id_.startswith("b")}
    assert held == {"b1": "DCD", "b5": "IMP"}


async def test_a_bad_field_of_a_batch_line_is_named(portal: httpx.AsyncClient) -> None:
    """The problem of a line names its field as a door of its own would."""
    answer = await portal.post(
        "/v1/events/evt/batch", content=BATCH[4], headers={"Content-Type": "application/x-ndjson"}
    )
    assert orjson.loads(answer.content)["problem"]["errors"][0]["field"] == "couleur"


async def test_a_batch_repeated_under_its_key_changes_nothing_more(house: OpenHouse, portal: httpx.AsyncClient) -> None:
    """A retry of a whole batch gets the same lines back and writes nothing."""
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "lot-1"}
    first = await portal.post("/v1/events/evt/batch", content=b"\n".join(BATCH), headers=headers)
    before = await house.written()
    again = await portal.post("/v1/events/evt/batch", content=b"\n".join(BATCH), headers=headers)
    assert again.content == first.content
    assert await house.written() == before


async def test_a_long_batch_is_written_in_slices_and_goes_on_where_it_was_cut(
    house: OpenHouse, portal: httpx.AsyncClient
) -> None:
    """What a crash left of a long batch is completed by its retry: slices that were written are answered again, never done twice."""
    lines = [b'{"op": "create", "severity_entry": "UR", "used_name": "TESTE-%d"}' % n for n in range(2 * SLICE + 20)]
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "lot-long"}
    before = await house.written()
    first = await portal.post("/v1/events/evt/batch", content=b"\n".join(lines), headers=headers)
    after = await house.written()
    assert [orjson.loads(line)["line"] for line in first.content.splitlines()] == list(range(1, len(lines) + 1))
    assert (after["victim"] - before["victim"], after["reply"] - before["reply"]) == (len(lines), 3)
    await house.runtime.database.write(
        lambda c: c.exec_driver_sql(
            "DELETE FROM reply WHERE idempotency_key LIKE '%/2'"
        )  # As if cut before the last slice.
    )
    again = await portal.post("/v1/events/evt/batch", content=b"\n".join(lines), headers=headers)
    assert again.content.splitlines()[: 2 * SLICE] == first.content.splitlines()[: 2 * SLICE]
    assert (await house.written())["victim"] - after["victim"] == 20
    other = await portal.post("/v1/events/evt/batch", content=lines[0], headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "cle_deja_utilisee")


async def test_a_batch_of_too_many_lines_is_refused_whole(house: OpenHouse, portal: httpx.AsyncClient) -> None:
    """Ten thousand lines at most; nothing of a longer one is taken."""
    before = await house.written()
    content = b'{"op":"create","severity_entry":"UR"}\n' * 10_001
    answer = await portal.post(
        "/v1/events/evt/batch", content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "lot_trop_long")
    assert await house.written() == before


@pytest.mark.parametrize("before", ["²", "-1", "9" * 30, "abc"])
async def test_a_cursor_that_is_no_number_is_refused(house: OpenHouse, before: str) -> None:
    """The operator's list is read from a number, or not at all."""
    async with house.operator as operator:
        answer = await operator.get("/v1/outbox/messages", params={"before": before})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "?before")
