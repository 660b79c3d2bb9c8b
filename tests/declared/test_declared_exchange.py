"""What was agreed is what is said and what is heard: addresses, proofs, statuses, the neighbour's own words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from lxml import etree
from pydantic import ValidationError

from adapters.declared import open_declared
from adapters.wire.link import Link
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tests.declared.declared_pair import (
    NOW,
    Pair,
    agreement,
    catalogue,
    claimed,
    counts_document,
    event_document,
    victim_document,
)

SOAP = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>{}</s:Body></s:Envelope>"
FAULT = (
    "<s:Fault><faultcode>s:Server</faultcode><faultstring>non</faultstring><detail>"
    "<Faute xmlns='urn:comptes:1'><code>{}</code>{}</Faute></detail></s:Fault>"
)


def _told(status: int, content: str = "", **headers: str) -> httpx.MockTransport:
    """A neighbour that always answers the same."""
    return httpx.MockTransport(lambda _: httpx.Response(status, text=content, headers=headers))


async def _heard(wire: httpx.AsyncBaseTransport, topic: str, body: dict[str, Any], **changes: Any) -> DeliveryError:
    """The error of one delivery over this wire."""
    agreed = agreement(**changes)
    shapes = {use.removeprefix("clinique."): catalogue().mapping(name) for use, name in agreed.uses("clinique").items()}
    adapter = open_declared("clinique", Link(url="http://clinique.essai"), agreed, shapes, wire, clock=lambda: NOW)
    with pytest.raises(DeliveryError) as raised:
        await adapter.deliver(claimed(topic, body))
    await adapter.aclose()
    return raised.value


async def test_each_topic_goes_where_it_was_agreed_in_its_own_language() -> None:
    """An address holds identifiers only; the clinic has JSON, XML and the inside of a SOAP envelope."""
    pair = Pair()
    for number, (topic, body) in enumerate(
        [
            ("event", event_document()),
            ("victim", victim_document()),
            ("victim", victim_document(2, deleted=True)),
            ("counts", counts_document()),
        ]
    ):
        await pair.say(topic, body, f"msg-{number}")
    taken = list((await pair.state())["taken"].values())
    assert [(one["method"], one["path"]) for one in taken] == [
        ("POST", "/avis"),
        ("PUT", "/evt-essai-1/arrivees/vic essai 1"),
        ("DELETE", "/evt-essai-1/arrivees/vic essai 1"),
        ("POST", "/comptes"),
    ]
    assert taken[0]["document"] == '{"evenement":"evt-essai-1","titre":"Exercice imaginaire du pont"}'
    assert etree.fromstring(taken[1]["document"].encode()).findtext("{urn:clinique:1}couleur") == "ROUGE"
    assert etree.fromstring(taken[3]["document"].encode()).tag == "{urn:comptes:1}Compter"


async def test_the_reference_is_where_the_mapping_of_the_answer_finds_it() -> None:
    """The number of the bed, in the clinic's words, is the reference of the lane."""
    pair = Pair()
    receipt = await pair.say("victim", victim_document())
    assert (receipt.reference, receipt.facts) == ("REF-000001", {"external_id": "REF-000001"})
    assert b"<lit>REF-000001</lit>" in receipt.answered
    again = await pair.say("victim", victim_document())
    assert (again.reference, again.duplicate) == ("REF-000001", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"basic": {"username": "passerelle", "password": "autre"}},
        {"signature": {"secrets": ["un-autre-secret-invente"], "header": "X-Preuve"}},
        {"signature": None},
    ],
    ids=["password", "secret", "unsigned"],
)
async def test_who_does_not_prove_who_they_are_is_refused(changes: dict[str, Any]) -> None:
    """Another password, another secret, or no signature: 401, and nothing is taken."""
    pair = Pair(sees=agreement(), says=agreement(**changes))
    with pytest.raises(PermanentDeliveryError) as raised:
        await pair.say("event", event_document())
    assert raised.value.cause.code == "clinique.http_401"
    assert await pair.state() == {"taken": {}}


async def test_what_is_not_of_the_contract_never_leaves() -> None:
    """A title that the clinic's schema finds too long is parked here, and names the place only."""
    pair = Pair()
    long = event_document(event={"id": "evt-essai-1", "name": "ESSAI-USAGE " * 10})
    with pytest.raises(PermanentDeliveryError) as raised:
        await pair.say("event", long)
    assert (raised.value.cause.code, raised.value.cause.detail) == ("clinique.contrat", "titre : refusé par le schéma")
    assert raised.value.sent == b""


async def test_another_content_under_a_known_key_is_refused_in_the_neighbour_s_words() -> None:
    """The refusal is a document of the clinic, read by the mapping that was agreed for refusals."""
    pair = Pair()
    await pair.say("event", event_document())
    with pytest.raises(PermanentDeliveryError) as raised:
        await pair.say("event", event_document(event={"id": "evt-essai-1", "name": "Autre"}))
    assert raised.value.cause.code == "clinique.conflit"


async def test_the_neighbour_says_later_in_its_own_word() -> None:
    """No bed left is no refusal: the table of the clinic says that the message goes again."""
    no = '<Non xmlns="urn:clinique:1"><pourquoi>{}</pourquoi><ou>couleur</ou></Non>'
    full = await _heard(_told(422, no.format("PLEIN")), "victim", victim_document())
    assert isinstance(full, TransientDeliveryError)
    assert (full.cause.code, full.cause.detail) == ("clinique.plein", "couleur")
    said = await _heard(_told(503, no.format("MAL_DIT")), "victim", victim_document())
    assert isinstance(said, PermanentDeliveryError)


async def test_a_soap_fault_says_by_its_detail_whether_to_send_again_and_when() -> None:
    """The detail decides; a fault without the one that was agreed is Server or Client."""
    told = FAULT.format("COMPLET", "<attendre>90</attendre><plusTard>true</plusTard>")
    later = await _heard(_told(500, SOAP.format(told)), "counts", counts_document())
    assert isinstance(later, TransientDeliveryError)
    assert (later.cause.code, later.retry_after) == ("clinique.complet", 90)
    never = await _heard(_told(500, SOAP.format(FAULT.format("FERME", ""))), "counts", counts_document())
    assert (type(never), never.cause.code) == (PermanentDeliveryError, "clinique.ferme")
    bare = "<s:Fault><faultcode>s:{}</faultcode><faultstring>non</faultstring></s:Fault>"
    server = await _heard(_told(500, SOAP.format(bare.format("Server"))), "counts", counts_document())
    client = await _heard(_told(500, SOAP.format(bare.format("Client"))), "counts", counts_document())
    assert [one.cause.code for one in (server, client)] == ["clinique.soap_server", "clinique.soap_client"]
    assert isinstance(server, TransientDeliveryError)


async def test_a_text_of_the_neighbour_that_is_no_code_is_not_repeated() -> None:
    """A careless neighbour may quote a person where a code is expected: an error holds neither."""
    told = FAULT.format("Mme ESSAI-USAGE Zélie", "")
    error = await _heard(_told(500, SOAP.format(told)), "counts", counts_document())
    assert error.cause.code == "clinique.refus"
    assert "ESSAI" not in f"{error} {error.cause}"


async def test_statuses_mean_what_was_agreed_before_what_http_says() -> None:
    """404 to be tried again, 503 for a person: the agreement is the neighbour's own usage."""
    changes = {"transient": [404], "permanent": [503]}
    again = await _heard(_told(404, **{"Retry-After": "7"}), "event", event_document(), **changes)
    assert isinstance(again, TransientDeliveryError)
    assert again.retry_after == 7
    assert isinstance(await _heard(_told(503), "event", event_document(), **changes), PermanentDeliveryError)
    assert isinstance(await _heard(_told(503), "event", event_document()), TransientDeliveryError)
    assert isinstance(await _heard(_told(302), "event", event_document()), PermanentDeliveryError)


async def test_a_status_of_taken_is_a_yes_without_a_document() -> None:
    """208 « already reported » is the clinic's way to say that it has the message."""
    agreed = agreement()
    shapes = {
        "victim": catalogue().mapping("clinique/arrivee@1"),
        "victim.answer": catalogue().mapping("clinique/recu@1"),
    }
    adapter = open_declared(
        "clinique", Link(url="http://clinique.essai"), agreed, shapes, _told(208), clock=lambda: NOW
    )
    receipt = await adapter.deliver(claimed("victim", victim_document()))
    assert (receipt.reference, receipt.answered) == (None, b"HTTP 208")
    await adapter.aclose()


async def test_the_very_bytes_of_an_attempt_can_be_sent_again() -> None:
    """A person may ask for them: the key is the same, so the clinic takes them once."""
    pair = Pair()
    first = await pair.say("counts", counts_document())
    state = await pair.state()
    once_more = claimed("counts", counts_document())
    object.__setattr__(once_more, "exact", first.sent)
    receipt = await pair.adapter.resend(once_more)
    assert (receipt.sent, receipt.duplicate) == (first.sent, True)
    assert await pair.state() == state


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"taken": [409], "transient": [409]}, "un même statut a deux sens"),
        ({"headers": {"Authorization": "x"}}, "en-tête"),
        ({"headers": {"X Site": "x"}}, "en-tête"),
        ({"signature": {"secrets": ["court"]}}, "16 caractères"),
        ({"topics": {"event": {"mapping": "clinique/avis@1", "path": "/{nom}"}}}, "inconnu dans un chemin : nom"),
        ({"topics": {"event": {"mapping": "clinique/avis@1", "path": "avis"}}}, "un chemin commence par /"),
        ({"topics": {"meteo": {"mapping": "clinique/avis@1"}}}, "topics"),
        ({"topics": {}}, "topics"),
    ],
)
def test_an_agreement_that_cannot_be_kept_is_refused(changes: dict[str, Any], told: str) -> None:
    """At the reading of the settings, with what is wrong."""
    with pytest.raises(ValidationError) as raised:
        agreement(**changes)
    assert told in str(raised.value)
