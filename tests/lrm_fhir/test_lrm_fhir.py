"""The wire of a CRRA that speaks FHIR: what is sent, what is believed of what comes back, and what each refusal means."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fhir.resources.R4B import get_fhir_model_class

import mapping
from adapters.lrm.fhir import open_lrm_fhir
from adapters.lrm.fhir.faults import PERMANENT, TRANSIENT, refused_by_lrm
from adapters.wire.link import Link
from domain.intervention.status import heard
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tests.lrm_fhir.fhir_pair import FIXTURES, TOPICS, Pair, SetClock, again, cancellation, canon, request

REFERENCE = "DEMANDE-ESSAI-1"
# http://hl7.org/fhir/ValueSet/issue-type, 4.0.1
ISSUE_TYPES = """
invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported
duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient
lock-error no-store exception timeout incomplete throttled informational
"""


@pytest.fixture
def pair() -> Pair:
    """A CRRA in real mode and our side of its link."""
    return Pair()


def first(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first resource of a kind."""
    found: dict[str, Any] = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)
    return found


@pytest.mark.parametrize("name", ["demande-complete", "demande-minimale", "annulation"])
def test_a_mapping_gives_what_was_recorded(name: str) -> None:
    """The shipped files, on recorded documents."""
    topic = "intervention.cancel" if name == "annulation" else "intervention.request"
    expected = json.loads((FIXTURES / f"{name}.out.json").read_text("utf-8"))
    assert mapping.shipped().mapping(TOPICS[topic]).apply(canon(name)) == expected


@pytest.mark.parametrize("name", ["demande-complete", "demande-minimale", "annulation"])
async def test_what_is_sent_is_fhir(name: str) -> None:
    """Somebody else's model of R4 takes each message and each answer."""
    mode = canon(name)["mode"]
    pair = Pair(mode=mode, link_mode=mode)
    sent = request(**canon(name)) if name != "annulation" else cancellation()
    if name == "annulation":
        await pair.adapter.deliver(request())
    receipt = await pair.adapter.deliver(sent)
    for document in (receipt.sent, receipt.answered):
        get_fhir_model_class("Bundle").model_validate_json(document)


async def test_the_contract_is_what_is_really_said() -> None:
    """The exchange in `contract/` is the one of this code."""
    pair = Pair(mode="Exercise", link_mode="Exercise")
    receipt = await pair.adapter.deliver(request(mode="Exercise"))
    contract = FIXTURES.parents[2] / "adapters" / "lrm" / "fhir" / "contract"
    assert json.loads(receipt.sent) == json.loads((contract / "message-v1.json").read_text("utf-8"))
    assert json.loads(receipt.answered) == json.loads((contract / "response-v1.json").read_text("utf-8"))


async def test_the_same_message_has_the_same_bytes(pair: Pair) -> None:
    """Every attempt is the same message; the second is a duplicate for the CRRA."""
    one = await pair.adapter.deliver(request())
    pair.clock.now = pair.clock.now.replace(hour=8)
    two = await pair.adapter.deliver(again(request()))
    assert one.sent == two.sent
    assert (one.duplicate, two.duplicate) == (False, True)


async def test_a_year_of_birth_stays_a_year() -> None:
    """No first of January, no thirty-first of December."""
    pair = Pair(mode="Exercise", link_mode="Exercise")
    receipt = await pair.adapter.deliver(request(**canon("demande-minimale")))
    assert first(json.loads(receipt.sent), "Patient")["birthDate"] == "1952"


async def test_the_states_come_back_as_the_house_hears_them(pair: Pair) -> None:
    """Each step of the CRRA is a word that `heard` knows, with the record once it is open, and the code of a refusal."""
    receipt = await pair.adapter.deliver(request())
    assert (receipt.facts["etat"], receipt.reference) == ("TRANSMISE", None)
    seen = []
    for _ in range(6):
        moved = await pair.advance(REFERENCE)
        facts = await pair.adapter.status(REFERENCE)
        assert heard(facts["etat"]) is not None
        assert facts["etat"] == moved["etat"]
        seen.append(facts["dossier"])
    assert seen[0] is None
    assert set(seen[1:]) == {"fr.health.samu.D26-000001"}


async def test_a_refusal_comes_back_by_its_code(pair: Pair) -> None:
    """A code and not a sentence: what theirs says goes to nobody."""
    await pair.adapter.deliver(request())
    await pair.advance(REFERENCE, etat="REFUSEE", motif="HORS_SECTEUR")
    facts = await pair.adapter.status(REFERENCE)
    assert (facts["etat"], facts["motif_refus"]) == ("REFUSEE", "HORS_SECTEUR")


async def test_a_new_version_joins_the_first(pair: Pair) -> None:
    """The same reference under another message: two versions of one request."""
    await pair.adapter.deliver(request())
    second = request("0190a5d0-0000-7000-8000-000000000009", version=2, place__access="Interphone en panne")
    receipt = await pair.adapter.deliver(second)
    assert first(json.loads(receipt.sent), "MessageHeader")["reason"]["coding"][0]["code"] == "update"
    (held,) = (await pair.held()).values()
    assert len(held["versions"]) == 2


async def test_a_cancellation_repeats_no_person(pair: Pair) -> None:
    """Header and ServiceRequest, nothing of the patient."""
    await pair.adapter.deliver(request())
    receipt = await pair.adapter.deliver(cancellation())
    kinds = [entry["resource"]["resourceType"] for entry in json.loads(receipt.sent)["entry"]]
    assert kinds == ["MessageHeader", "ServiceRequest"]
    assert receipt.facts["etat"] == "ANNULEE"


@pytest.mark.parametrize(("state", "code"), [("SUR-PLACE", "lrm_fhir.conflict"), (None, "lrm_fhir.demande_inconnue")])
async def test_what_cannot_be_cancelled_is_parked(pair: Pair, state: str | None, code: str) -> None:
    """A team is on site, or nobody knows the request: a person telephones."""
    if state:
        await pair.adapter.deliver(request())
        await pair.advance(REFERENCE, etat=state)
    with pytest.raises(PermanentDeliveryError) as caught:
        await pair.adapter.deliver(cancellation())
    assert caught.value.cause.code == code


async def test_a_request_that_is_not_known_there_is_said(pair: Pair) -> None:
    """Asked for a request it never had, the CRRA finds nothing."""
    with pytest.raises(PermanentDeliveryError) as caught:
        await pair.adapter.status("K7PM-4XWA")
    assert caught.value.cause.code == "lrm_fhir.http_404"


def test_every_issue_type_of_fhir_has_its_line() -> None:
    """The whole value set of R4: none is missing, none is in both tables."""
    assert set(TRANSIENT) | set(PERMANENT) == set(ISSUE_TYPES.split())
    assert set(TRANSIENT) & set(PERMANENT) == set()


@pytest.mark.parametrize("code", sorted({*TRANSIENT, *PERMANENT}))
def test_an_issue_is_an_error_of_its_sort(code: str) -> None:
    """Transient is tried again with the wait that was asked for; the rest is parked; what they wrote is not repeated."""
    issue = {
        "severity": "error",
        "code": code,
        "details": {"text": "ESSAI-NOM"},
        "expression": ["ESSAI-NOM né", "Bundle.entry[1]"],
    }
    error = refused_by_lrm({"issue": [issue]}, 422, retry_after=7.0, sent=b"s", answered=b"a")
    assert isinstance(error, TransientDeliveryError) == (code in TRANSIENT)
    assert "ESSAI-NOM" not in str(error)
    assert "Bundle.entry[1]" in str(error)
    if isinstance(error, TransientDeliveryError):
        assert error.retry_after == 7.0


def test_one_issue_that_will_never_pass_parks_the_message() -> None:
    """Waiting does not mend the other one."""
    issues = [{"severity": "error", "code": "throttled"}, {"severity": "error", "code": "required"}]
    error = refused_by_lrm({"issue": issues}, 422, retry_after=None, sent=b"", answered=b"")
    assert error.cause.code == "lrm_fhir.required"


def spoiled(change: str, document: dict[str, Any]) -> Any:
    """An answer that is nearly right."""
    match change:
        case "another request":
            first(document, "Task")["focus"]["identifier"]["value"] = "AUTRE"
        case "another message":
            first(document, "MessageHeader")["response"]["identifier"] = "autre"
        case "another mode":
            label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
            first(document, "Task")["meta"]["security"] = [label]
        case "no Task":
            document["entry"] = document["entry"][:1]
        case "a fatal error":
            first(document, "MessageHeader")["response"]["code"] = "fatal-error"
        case "a transient error":
            first(document, "MessageHeader")["response"]["code"] = "transient-error"
        case "no response":
            del first(document, "MessageHeader")["response"]
        case "entries of another shape":
            document["entry"] = {"resource": 1}
        case _:
            return ["pas", "du", "FHIR"]
    return document


@pytest.mark.parametrize(
    ("change", "sort", "code"),
    [
        ("another request", PermanentDeliveryError, "lrm_fhir.reponse"),
        ("another message", PermanentDeliveryError, "lrm_fhir.reponse"),
        ("another mode", PermanentDeliveryError, "lrm_fhir.reponse"),
        ("a fatal error", PermanentDeliveryError, "lrm_fhir.http_422"),
        ("a transient error", TransientDeliveryError, "lrm_fhir.http_503"),
        ("no response", TransientDeliveryError, "lrm_fhir.illisible"),
        ("entries of another shape", TransientDeliveryError, "lrm_fhir.illisible"),
        ("a list", TransientDeliveryError, "lrm_fhir.illisible"),
    ],
)
async def test_an_answer_that_is_nearly_right_is_believed_by_nobody(
    pair: Pair, change: str, sort: type[DeliveryError], code: str
) -> None:
    """Never a Receipt; a person looks, or the message is sent again."""
    right = json.loads((await pair.adapter.deliver(request())).answered)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=spoiled(change, right))

    catalogue = mapping.shipped()
    adapter = open_lrm_fhir(
        Link(url="http://crra.essai", mode="Actual"),
        {topic: catalogue.mapping(name) for topic, name in TOPICS.items()},
        httpx.MockTransport(answer),
        clock=SetClock(),
    )
    with pytest.raises(sort) as caught:
        await adapter.deliver(request())
    assert caught.value.cause.code == code


@pytest.mark.parametrize("change", ["no Task", "202", "204", "200 empty", "202 text"])
async def test_a_success_that_says_no_state_is_a_receipt(pair: Pair, change: str) -> None:
    """The CRRA's software took the request; its state is asked for afterwards."""
    right = json.loads((await pair.adapter.deliver(request())).answered)
    answers = {
        "no Task": httpx.Response(200, json=spoiled("no Task", right)),
        "202": httpx.Response(202),
        "204": httpx.Response(204),
        "200 empty": httpx.Response(200),
        "202 text": httpx.Response(202, text="en file"),
    }
    catalogue = mapping.shipped()
    adapter = open_lrm_fhir(
        Link(url="http://crra.essai", mode="Actual"),
        {topic: catalogue.mapping(name) for topic, name in TOPICS.items()},
        httpx.MockTransport(lambda _: answers[change]),
        clock=SetClock(),
    )
    receipt = await adapter.deliver(request())
    assert (receipt.facts["etat"], receipt.duplicate) == (None, False)


async def test_a_task_without_our_states_is_understood_by_its_status(pair: Pair) -> None:
    """A software of another maker says `accepted`: the record is open."""
    answered = json.loads((await pair.adapter.deliver(request())).answered)
    task = first(answered, "Task")
    del task["businessStatus"]
    task["status"] = "accepted"
    adapter = open_lrm_fhir(
        Link(url="http://crra.essai", mode="Actual"),
        {},
        httpx.MockTransport(lambda _: httpx.Response(200, json=answered)),
        clock=SetClock(),
    )
    assert (await adapter.status(REFERENCE))["etat"] == "DOSSIER-OUVERT"
