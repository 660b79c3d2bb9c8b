"""The published contract: valid, whole, true. What it shows is accepted, who knows only it can work, and no case of it breaks us."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase

from domain.mode import Mode
from domain.source import Source
from gateway.doors.answers import ANSWERS
from gateway.doors.table import DOORS
from gateway.register.victims.unknown_persons import UnknownPerson
from gateway.security.keys import Scope, new_key
from gateway.serving import serving
from tests.gateway.house import EVENT, NUMBER

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from gateway.doors.http.door import Door
    from tests.gateway.house import OpenHouse

METHODS = ("get", "post", "put", "patch", "delete")
# What must have been done to a patient before a step can be taken.
BEFORE: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "orientation": (("bilan", {"severity_exit": "UR"}), ("orientation-request", {})),
}
HOSPITAL = {"choice": "ETABLISSEMENT", "destination": {"finess": "310781406", "name": "Hôpital d’essai"}}
BEFORE["evacuation-request"] = (*BEFORE["orientation"], ("orientation", HOSPITAL))
BEFORE["evacuation"] = (*BEFORE["evacuation-request"], ("evacuation-request", {"vector": "SMUR.AR"}))
PORTAL_DOORS = [door for door in DOORS if door.example is not None and Scope.PORTAL in door.scopes]


async def _contract(house: OpenHouse) -> dict[str, Any]:
    async with house.client() as stranger:
        answer = await stranger.get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_the_document_is_valid_openapi_3_1(house: OpenHouse) -> None:
    """By the specification's own schema; and every reference in it leads somewhere."""
    contract = await _contract(house)
    assert contract["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(contract).validate()
    named = set(re.findall(r"'#/components/schemas/(\w+)'", str(contract)))
    assert named <= set(contract["components"]["schemas"])


async def test_every_door_is_published_with_who_may_use_it(house: OpenHouse) -> None:
    """What is served is what is told: methods, scopes, statuses, parameters; nothing more and nothing less."""
    paths = (await _contract(house))["paths"]
    told = {
        (method.upper(), path): sorted(said["x-scopes"]) for path, one in paths.items() for method, said in one.items()
    }
    assert told == {(door.method, door.path): sorted(door.scopes) for door in DOORS}
    operations = [one["operationId"] for path in paths.values() for one in path.values()]
    assert len(set(operations)) == len(operations)


async def test_every_answer_has_its_shape(house: OpenHouse) -> None:
    """No door answers "an object": each JSON answer leads to a named shape, each FHIR answer names its resource."""
    paths = (await _contract(house))["paths"]
    bare = []
    for door in DOORS:
        content = paths[door.path][door.method.lower()]["responses"][str(door.status)].get("content", {})
        for media_type, answer in content.items():
            schema = answer["schema"]
            named = "$ref" in schema or all("$ref" in side for side in schema.get("anyOf", [{}]))
            if media_type in {"application/json", "application/fhir+json"} and not named:
                bare.append(f"{door.method} {door.path}")
    assert bare == []
    assert set(ANSWERS) <= {f"{door.method} {door.path}" for door in DOORS}


async def test_every_door_that_takes_a_required_body_shows_one(house: OpenHouse) -> None:
    """A reader learns a document from its example."""
    silent = [
        f"{door.method} {door.path}"
        for door in DOORS
        if door.body is not None and not door.open_body and door.example is None
    ]
    assert silent == []


NUMBERED: dict[str, Any] = {"number-decision": {"sinus_number": NUMBER}}
"""The last word of a door → what its patient bears."""


@pytest.mark.parametrize("door", PORTAL_DOORS, ids=lambda door: f"{door.method} {door.path}")
async def test_each_example_is_accepted_by_its_own_door(house: OpenHouse, door: Door) -> None:
    """What is shown can be sent as it stands, and is taken."""
    unlinks = door.method == "DELETE" and "/links/" in door.path
    await house.event(link=unlinks, localisations=[{"id": "pma", "name": "Poste"}])
    if door.path.endswith("/patients/{patient_id}") or "{patient_id}/" in door.path:
        await house.patient(**NUMBERED.get(door.path.rpartition("/")[2], {}))
        for step, body in BEFORE.get(door.path.rpartition("/")[2], ()):
            await house.act(f"patients/p1/{step}", body)
    names = {"event_id": "evt", "patient_id": "p1", "localisation_id": "pma", "destination": "sinus", "task_id": "t1"}
    if "{task_id}" in door.path:
        if door.path.endswith("/link"):
            await house.patient()
        await house.runtime.write(lambda register: register.unknown_persons.keep(_somebody(house.clock())))
    if door.path.endswith(("/identity-swap", "/number-rebind")):
        await house.patient("p1", used_name="ESSAI-UN", sinus_number="FR 825 NOVI - 0000 TR - 123123")
        await house.patient("p2", used_name="ESSAI-DEUX")
    if door.path.endswith("/shares"):
        neighbour = new_key("portail-voisin", Scope.PORTAL, Mode.EXERCISE)
        await house.runtime.write(lambda register: register.keys.add(neighbour, house.clock()))
    contract = await _contract(house)
    shown = contract["paths"][door.path][door.method.lower()]["requestBody"]["content"][door.media_type]["examples"]
    house.clock.forward(hours=2)  # the examples tell of that evening
    async with house.portal as portal:
        for example in shown.values():
            answer = await portal.request(door.method, door.path.format(**names), json=example["value"])
            assert answer.is_success, answer.text
            assert str(answer.status_code) in contract["paths"][door.path][door.method.lower()]["responses"]


def _somebody(now: datetime) -> UnknownPerson:
    """A person whom a hospital told of and nobody knows."""
    word: Any = {"message_id": "m1", "news": "admission", "finess": "310000000", "key": "IPP-ESSAI"}
    return UnknownPerson("t1", "evt", Mode.EXERCISE, Source.HOSPITAL, "essai", "unknown_person", (word,), now, now)


class ByTheBook:
    """A client that knows the published document and an operation's summary, and nothing of ours."""

    def __init__(self, contract: dict[str, Any], http: httpx.AsyncClient) -> None:
        self._http = http
        self._doors = {
            said["summary"]: (method.upper(), path, said)
            for path, one in contract["paths"].items()
            for method, said in one.items()
        }

    async def do(self, summary: str, body: Any = None, /, **names: str) -> Any:
        """The operation of that name: its address filled, its documented media type sent, a documented status got."""
        method, path, said = self._doors[summary]
        query = {
            one["name"]: names.pop(one["name"])
            for one in said["parameters"]
            if one["in"] == "query" and one["name"] in names
        }
        headers = {"Content-Type": next(iter(said["requestBody"]["content"]))} if body is not None else {}
        answer = await self._http.request(method, path.format(**names), json=body, params=query, headers=headers)
        assert answer.is_success, answer.text
        assert str(answer.status_code) in said["responses"]
        return answer.json()


async def test_a_client_written_only_from_the_document_plays_an_event(house: OpenHouse) -> None:
    """An event, a patient, the steps to an établissement, the counts, the agreement: by the book alone."""
    contract = await _contract(house)
    async with house.portal as http:
        book = ByTheBook(contract, http)
        event = (await book.do("Créer un événement", EVENT))["id"]
        patient = (await book.do("Créer un patient", {"severity_entry": "UR"}, event_id=event))["id"]
        names = {"event_id": event, "patient_id": patient}
        await book.do("Enregistrer un bilan", {"severity_exit": "UA"}, **names)
        await book.do("Demander une orientation", **names)
        await book.do("Décider de l’orientation", HOSPITAL, **names)
        await book.do("Demander une évacuation", {"vector": "SMUR.AR"}, **names)
        assert (await book.do("Confirmer l’évacuation", **names))["status"] == "PATIENT_EVACUE"
        await house.settle()
        counts = await book.do("Dénombrer, maintenant ou à un instant passé", event_id=event)
        assert counts["totals"]["UA"] == 1
        agreement = await book.do("Ce que dit le portail, ce que tiennent les voisins", event_id=event)
    assert [one["agrees"] for one in agreement["destinations"]] == [True, True]


async def test_no_case_of_the_contract_breaks_us(house: OpenHouse) -> None:
    """Documents and parameters drawn from the contract, right and wrong: never a 5xx, each status documented, each refusal a problem."""
    await house.event(link=False)
    await house.patient()
    contract = await _contract(house)
    async with serving(house.app, "127.0.0.1", 0) as port:
        await asyncio.to_thread(_draw, contract, f"http://127.0.0.1:{port}", house.keys)


def _draw(contract: dict[str, Any], url: str, keys: dict[Scope, str]) -> None:
    del contract["paths"]["/v1/stream"]  # it never ends
    del contract["paths"]["/v1/events/{event_id}/batch"]  # its lines have a test of their own
    del contract["paths"]["/v1/admissions/adt"]  # so has HL7, which this tool cannot write
    drawn = []
    for found in schemathesis.openapi.from_dict(contract).get_all_operations():
        operation = found.ok()
        scope = Scope.PORTAL if "portal" in operation.definition.raw["x-scopes"] else Scope.OPERATOR
        for generation in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            _try(operation, generation, url, keys[scope], drawn)
    assert len(drawn) > 2 * len(contract["paths"])


def _try(operation: Any, generation: Any, url: str, key: str, drawn: list[str]) -> None:
    documented = operation.definition.raw["responses"]

    @hypothesis.settings(
        max_examples=4,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=generation))
    def one(case: Any) -> None:
        if "event_id" in (case.path_parameters or {}):
            case.path_parameters["event_id"] = "evt"
        answer = case.call(base_url=url, headers={"Authorization": f"Bearer {key}"})
        told = f"{case.method} {case.path} {answer.status_code} {answer.content[:300]!r}"
        drawn.append(told)
        assert answer.status_code < 500, told
        assert str(answer.status_code) in documented, told
        if answer.status_code >= 400:
            assert set(answer.headers["content-type"]) == set(documented[str(answer.status_code)]["content"]), told

    try:
        one()
    except hypothesis.errors.Unsatisfiable:
        drawn.append("nothing to draw")  # an operation without a parameter or a body has no wrong case
