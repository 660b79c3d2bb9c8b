"""The FHIR doors over the real house: a click in, a Task out, the CRRA told, the state back."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from gateway.security.keys import Scope
from tests.fhir.bundles import changed, example, raw, resource
from tests.shared_material import shared

if TYPE_CHECKING:
    import httpx

    from tests.gateway.house import OpenHouse

JSON = {"Content-Type": "application/fhir+json"}
CALL = "Demande non transmise, appelez le 15."


async def post(house: OpenHouse, bundle: Any, path: str = "/fhir/$process-message", **headers: str) -> httpx.Response:
    """A platform sends."""
    content = bundle if isinstance(bundle, bytes) else raw(bundle)
    async with house.as_(Scope.PLATFORM) as platform:
        answer = await platform.post(path, content=content, headers={**JSON, **headers})
    valid(answer)
    return answer


async def get(house: OpenHouse, path: str, scope: Scope = Scope.PLATFORM, **query: str) -> httpx.Response:
    """Somebody reads."""
    async with house.as_(scope) as caller:
        answer = await caller.get(path, params=query)
    valid(answer)
    return answer


def valid(answer: httpx.Response) -> None:
    """Whatever is answered is FHIR R4, to somebody else's model of it."""
    assert answer.headers["content-type"] == "application/fhir+json"
    document = answer.json()
    get_fhir_model_class(document["resourceType"]).model_validate(document)


def task_of(answer: httpx.Response) -> dict[str, Any]:
    """The Task of an answer."""
    document = answer.json()
    return document if document["resourceType"] == "Task" else resource(document, "Task")


def reasons(answer: httpx.Response) -> set[str]:
    """Our codes in an OperationOutcome."""
    document = answer.json()
    outcome = document if document["resourceType"] == "OperationOutcome" else resource(document, "OperationOutcome")
    return {issue["details"]["coding"][0]["code"] for issue in outcome["issue"]}


def first_text(answer: httpx.Response) -> str:
    """What a nurse reads first."""
    return str(answer.json()["issue"][0]["details"]["text"])


async def test_one_click_goes_to_the_crra_and_its_state_comes_back(fhir_house: OpenHouse) -> None:
    """A message is answered with a reference, reaches the CRRA, and the Task follows what the CRRA does."""
    answer = await post(fhir_house, example())
    assert answer.status_code == 200
    task = task_of(answer)
    reference = task["identifier"][0]["value"]
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("requested", "TRANSMISE")
    assert reference in task["description"]
    assert task["focus"]["identifier"]["value"] == "DI-ESSAI-000001"
    await fhir_house.settle()
    held = (await fhir_house.state("lrm_fhir"))["requests"]
    assert list(held) == [reference]
    patient = resource(held[reference]["versions"][0], "Patient")
    assert (patient["name"][0]["family"], patient["birthDate"]) == ("TESTE", "1969-05-17")
    found = await get(fhir_house, "/fhir/Task", **{"focus:identifier": "https://x|DI-ESSAI-000001"})
    assert found.json()["total"] == 1
    again = await get(fhir_house, f"/fhir/Task/{task['id']}")
    assert again.headers["etag"] == 'W/"1"'
    assert task_of(again)["identifier"] == task["identifier"]


async def test_a_transaction_makes_the_same_request(fhir_house: OpenHouse) -> None:
    """One path for both: the Task stands on the line of the ServiceRequest."""
    answer = await post(fhir_house, example("exemple-transaction"), "/fhir")
    assert answer.status_code == 200
    lines = answer.json()["entry"]
    assert len(lines) == len(example("exemple-transaction")["entry"])
    made = [line for line in lines if line["response"]["status"] == "201 Created"]
    assert [line["resource"]["resourceType"] for line in made] == ["Task"]


async def test_the_example_of_the_dossier_passes_the_door(fhir_house: OpenHouse) -> None:
    """The dossier's message is taken, late as it is, and its trial INS is remarked upon."""
    bundle = shared("examples/intervention-message.json").read_bytes()
    fhir_house.clock.forward(days=60, hours=6, minutes=21)
    answer = await post(fhir_house, bundle)
    assert answer.status_code == 200, answer.text
    assert "INS_DE_TEST" in reasons(answer)
    outcome = resource(answer.json(), "OperationOutcome")
    place = next(i["expression"] for i in outcome["issue"] if i["details"]["coding"][0]["code"] == "INS_DE_TEST")
    assert place == ["Bundle.entry[2].resource.identifier"]


async def test_the_same_message_gets_the_same_answer(fhir_house: OpenHouse) -> None:
    """A sender that timed out sends again: same reference, `DOUBLON`, one request at the CRRA."""
    first, second = await post(fhir_house, example()), await post(fhir_house, example())
    assert task_of(first) == task_of(second)
    assert "DOUBLON" in reasons(second)
    assert "DOUBLON" not in reasons(first)
    await fhir_house.settle()
    assert len((await fhir_house.state("lrm_fhir"))["requests"]) == 1


async def test_the_same_name_with_another_content_is_a_conflict(fhir_house: OpenHouse) -> None:
    """409, and the words a nurse needs."""
    await post(fhir_house, example())
    answer = await post(fhir_house, changed(Patient__birthDate="1970"))
    assert (answer.status_code, first_text(answer)) == (409, CALL)
    assert "MESSAGE_DEJA_RECU" in reasons(answer)


async def test_an_update_and_a_cancellation_keep_the_reference(fhir_house: OpenHouse) -> None:
    """The same request under new messages: a second version, then cancelled at the CRRA."""
    task = task_of(await post(fhir_house, example()))
    identifier = {"system": "https://plateforme.example.fr/id/message", "value": "2"}
    more = await post(fhir_house, changed(Bundle__identifier=identifier, Patient__birthDate="1970"))
    assert task_of(more)["meta"]["versionId"] == "2"
    assert task_of(more)["identifier"] == task["identifier"]
    await fhir_house.settle()
    gone = await post(fhir_house, example("exemple-annulation"))
    assert gone.status_code == 200, gone.text
    await fhir_house.settle()
    (held,) = (await fhir_house.state("lrm_fhir"))["requests"].values()
    assert held["etat"] == "ANNULEE"
    assert (await get(fhir_house, f"/fhir/Task/{task['id']}")).json()["status"] == "cancelled"


async def test_a_stale_etag_is_refused(fhir_house: OpenHouse) -> None:
    """If-Match with a version that is not the present one: 412."""
    await post(fhir_house, example())
    identifier = {"system": "https://plateforme.example.fr/id/message", "value": "2"}
    answer = await post(fhir_house, changed(Bundle__identifier=identifier), **{"If-Match": 'W/"7"'})
    assert (answer.status_code, first_text(answer)) == (412, CALL)


async def test_a_cancellation_of_nothing_says_so(fhir_house: OpenHouse) -> None:
    """An unknown request cannot be cancelled, and the sentence is the one of a cancellation."""
    answer = await post(fhir_house, example("exemple-annulation"))
    assert answer.status_code == 404
    assert first_text(answer) == "Annulation non transmise, appelez le 15."


LABEL: dict[str, Any] = {"ServiceRequest__meta": None}
NOWHERE: dict[str, Any] = {
    "Location__address": None,
    "Location__position": None,
    "Patient__telecom": None,
    "PractitionerRole__telecom": None,
}
REFUSED: list[tuple[str, Any, dict[str, str], int, str]] = [
    ("real in an exercise", changed(**LABEL), {}, 409, "MODE"),
    ("no way to go, nobody to call", changed(**NOWHERE), {}, 422, "SANS_LIEU_NI_TELEPHONE"),
    ("nobody for that place", changed(Location__address__district="29019"), {}, 422, "AUCUNE_ROUTE"),
    (
        "an identifier of 200 characters",
        changed(ServiceRequest__identifier=[{"value": "x" * 200}]),
        {},
        422,
        "DEMANDE_SANS_ID",
    ),
    ("XML", b"<Bundle/>", {"Content-Type": "application/fhir+xml"}, 415, "format_refuse"),
    ("no type", b"{}", {"Content-Type": ""}, 415, "format_refuse"),
    ("gzip", gzip.compress(b"{}"), {"Content-Encoding": "gzip"}, 415, "encodage_refuse"),
    ("6 MB", b" " * 6_000_000, {}, 413, "corps_trop_gros"),
    ("not JSON", b"{", {}, 400, "JSON"),
    ("300 levels", b'{"a":' * 300 + b"1" + b"}" * 300, {}, 400, "PROFONDEUR"),
    ("a status that does not exist", changed(ServiceRequest__status="foo"), {}, 422, "CODE_INCONNU"),
]


@pytest.mark.parametrize(("how", "bundle", "headers", "status", "reason"), REFUSED, ids=[one[0] for one in REFUSED])
async def test_every_refusal_says_what_to_do(
    fhir_house: OpenHouse, how: str, bundle: Any, headers: dict[str, str], status: int, reason: str
) -> None:
    """An OperationOutcome, the right status, our code, and first of all the telephone."""
    answer = await post(fhir_house, bundle, **headers)
    assert answer.status_code == status, answer.text
    assert reason in reasons(answer)
    assert first_text(answer) == CALL
    assert {issue["details"]["coding"][1]["code"] for issue in answer.json()["issue"]} <= {"SEND", "PROXY"}


ACCEPTED: list[tuple[str, dict[str, Any], str]] = [
    ("swapped coordinates", {"Location__position": {"latitude": 2.6554, "longitude": 48.5421}}, "POSITION_INVERSEE"),
    ("a latitude of 480", {"Location__position": {"latitude": 480, "longitude": 2.6}}, "POSITION_ILLISIBLE"),
    ("a telephone in words", {"Patient__telecom": [{"system": "phone", "value": "zéro six"}]}, "TELEPHONE_ILLISIBLE"),
    ("control characters", {"Location__description": "Porte\u0000 B\u0007"}, "CARACTERES_RETIRES"),
    ("a gender that does not exist", {"Patient__gender": "F"}, "CODE_INCONNU"),
    ("no name", {"Patient__name": None}, "NOM_ABSENT"),
    ("a birth to come", {"Patient__birthDate": "2090-01-01"}, "NAISSANCE_ILLISIBLE"),
    ("no note", {"DocumentReference__content": [{"attachment": {"contentType": "text/plain"}}]}, "NOTE_ABSENTE"),
    ("a wrong INSEE code", {"Location__address__district": "20004"}, "INSEE_CORSE"),
]


@pytest.mark.parametrize(("how", "elements", "reason"), ACCEPTED, ids=[one[0] for one in ACCEPTED])
async def test_a_defect_is_remarked_upon_and_the_request_goes(
    fhir_house: OpenHouse, how: str, elements: dict[str, Any], reason: str
) -> None:
    """An emergency is not refused for a defect; the warning names the place in the Bundle."""
    answer = await post(fhir_house, changed(**elements))
    assert answer.status_code == 200, answer.text
    outcome = resource(answer.json(), "OperationOutcome")
    warned = [issue for issue in outcome["issue"] if issue["details"]["coding"][0]["code"] == reason]
    assert warned, outcome
    assert all(issue["severity"] == "warning" and issue["expression"][0].startswith("Bundle") for issue in warned)


async def test_a_hundred_year_old_born_this_year_is_not_believed(fhir_house: OpenHouse) -> None:
    """Age and year of birth that contradict each other are both said, and neither is corrected."""
    bundle = changed(Patient__birthDate="2026")
    observation = resource(bundle, "Observation")
    observation["code"] = {"coding": [{"system": "http://loinc.org", "code": "30525-0"}]}
    observation["valueQuantity"] = {"value": 100, "code": "a"}
    answer = await post(fhir_house, bundle)
    assert "AGE_CONTREDIT" in reasons(answer)
    await fhir_house.settle()
    (held,) = (await fhir_house.state("lrm_fhir"))["requests"].values()
    assert "birthDate" not in resource(held["versions"][0], "Patient")


async def test_a_platform_sees_its_own_requests_only(fhir_house: OpenHouse) -> None:
    """Another platform finds nothing, by any name; an operator finds it."""
    task = task_of(await post(fhir_house, example()))
    async with fhir_house.client(fhir_house.other_mode[Scope.PLATFORM]) as other:
        assert (await other.get(f"/fhir/Task/{task['id']}")).status_code == 404
        found = await other.get("/fhir/Task", params={"focus:identifier": "DI-ESSAI-000001"})
        assert found.json()["total"] == 0
        valid(found)
    assert (await get(fhir_house, f"/fhir/Task/{task['id']}", Scope.OPERATOR)).status_code == 200


async def test_a_search_that_says_nothing_is_refused(fhir_house: OpenHouse) -> None:
    """No listing of everybody's Tasks; an unknown parameter is named."""
    assert (await get(fhir_house, "/fhir/Task")).status_code == 400
    assert (await get(fhir_house, "/fhir/Task", patient="x")).status_code == 400


async def test_a_portal_asks_for_no_intervention(fhir_house: OpenHouse) -> None:
    """Its key opens the transaction door for events only."""
    async with fhir_house.portal as portal:
        answer = await portal.post("/fhir", content=raw(example("exemple-transaction")), headers=JSON)
    assert answer.status_code == 403
    valid(answer)


async def test_a_crra_that_is_gone_keeps_nobody_waiting(fhir_house: OpenHouse) -> None:
    """The answer does not wait for the CRRA; the Task says ERREUR and to call 15 once the time is over."""
    fhir_house.wires["lrm_fhir"].gone = True
    task = task_of(await post(fhir_house, example()))
    assert task["status"] == "requested"
    fhir_house.clock.forward(seconds=301)
    await fhir_house.runtime.dispatcher.step()
    later = (await get(fhir_house, f"/fhir/Task/{task['id']}")).json()
    assert (later["status"], later["businessStatus"]["coding"][0]["code"]) == ("failed", "ERREUR")
    assert CALL in later["statusReason"]["text"]


async def test_a_portal_is_not_told_to_call_15_for_a_bundle_of_victims(fhir_house: OpenHouse) -> None:
    """Unreadable JSON, no event in it: the refusal says that the event is not kept."""
    victims = example("exemple-victimes")
    victims["entry"] = [e for e in victims["entry"] if e["resource"].get("class", {}).get("code") != "FLD"]
    for content in (b"{", raw(victims)):
        async with fhir_house.portal as portal:
            answer = await portal.post("/fhir", content=content, headers=JSON)
        valid(answer)
        assert (answer.status_code in {400, 422}, first_text(answer)) == (True, "Événement non enregistré.")


async def test_foreign_clients_speak_their_own_habits(fhir_house: OpenHouse) -> None:
    """Metadata before any key, `application/json`, searches by `_id`, `_count`, `_summary`, status and POST; addresses are addresses."""
    async with fhir_house.client() as stranger:
        assert (await stranger.get("/fhir/metadata")).json()["resourceType"] == "CapabilityStatement"
    task = task_of(await post(fhir_house, example(), **{"Content-Type": "application/json"}))
    found = (await get(fhir_house, "/fhir/Task", _id=task["id"])).json()
    assert found["entry"][0]["fullUrl"] == f"http://passerelle/fhir/Task/{task['id']}"
    assert found["link"][0]["url"] == f"http://passerelle/fhir/Task?_id={task['id']}"
    named = {"focus:identifier": "https://plateforme.example.fr/id/demande|DI-ESSAI-000001"}
    assert (await get(fhir_house, "/fhir/Task", **named)).json()["entry"][0]["resource"]["focus"]["identifier"] == {
        "system": "https://plateforme.example.fr/id/demande",
        "value": "DI-ESSAI-000001",
    }
    counted = (await get(fhir_house, "/fhir/Task", _summary="count", **named)).json()
    assert (counted["total"], "entry" in counted) == (1, False)
    assert "entry" not in (await get(fhir_house, "/fhir/Task", _count="0", **named)).json()
    assert (await get(fhir_house, "/fhir/Task", status="completed", **named)).json()["total"] == 0
    assert (await get(fhir_house, "/fhir/Task", _count="beaucoup", **named)).status_code == 400
    async with fhir_house.as_(Scope.PLATFORM) as platform:
        posted = await platform.post("/fhir/Task/_search", data=named)
        assert (posted.status_code, posted.json()["total"]) == (200, 1)
        assert (await platform.post("/fhir/Task/_search", data={"patient": "x"})).status_code == 400


@pytest.mark.parametrize("identifier", [7, "", "ça", None, ["a"]])
async def test_what_is_durable_is_never_answered_as_lost(fhir_house: OpenHouse, identifier: Any) -> None:
    """A header whose id is no id: taken, answered with the reference, and the same again."""
    bundle = changed(MessageHeader__id=identifier)
    first, again = await post(fhir_house, bundle), await post(fhir_house, bundle)
    assert (first.status_code, again.status_code) == (200, 200)
    assert task_of(first)["identifier"] == task_of(again)["identifier"]
