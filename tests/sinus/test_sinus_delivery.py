"""The SINUS adapter against its simulator: what is held there after each delivery."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.sinus.simulator import create_simulator
from adapters.wire.simulated import InProcess
from outbox.errors import PermanentDeliveryError, TransientDeliveryError, UnreachableError
from tests.sinus.sinus_documents import (
    EVENT,
    NUMBER,
    SINUS_EVENT,
    clock,
    counts_document,
    detached_document,
    event_document,
    held,
    opened,
    opened_event,
    pair,
    tally,
    tell,
    victim_document,
)


async def test_an_event_is_opened_and_its_identifier_comes_back() -> None:
    """The receipt's reference and its fact `external_id` are SINUS's event."""
    adapter, transport = pair()
    receipt = await tell(adapter, "event", event_document())
    assert receipt.reference == SINUS_EVENT
    assert receipt.facts == {"external_id": SINUS_EVENT, "resultat": "prise"}
    event = await held(transport)
    assert (event["idPasserelle"], event["nom"]) == (EVENT, "Collision d’essai")
    assert [place["nom"] for place in event["evenement"]["localisation"]] == ["PMA nord", "PRV sud"]


async def test_an_event_of_the_field_is_linked_not_opened() -> None:
    """`link` takes the event that SINUS opened by itself; no second one appears."""
    adapter, transport = pair()
    theirs = (await transport.control("POST", "/_sandbox/evenements", {"nom": "Ouvert au CODIS"}))["idSinus"]
    receipt = await tell(adapter, "event", event_document(link={"action": "link", "external_id": theirs}))
    assert receipt.facts["external_id"] == theirs
    state = await transport.control("GET", "/_sandbox/state")
    assert list(state["evenements"]) == [theirs]


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ({"action": "link", "external_id": "SINUS-2026-09999"}, "sinus.evenement_inconnu"),
        ({"action": "link", "external_id": None}, "sinus.champ_requis"),
    ],
)
async def test_a_link_to_nothing_is_parked(link: dict[str, Any], code: str) -> None:
    """An identifier that SINUS does not know, or none: for a person to mend."""
    adapter, _ = pair()
    with pytest.raises(PermanentDeliveryError) as raised:
        await tell(adapter, "event", event_document(link=link))
    assert (raised.value.cause.code, raised.value.cause.detail) == (code, "idSinus")


async def test_one_event_there_has_one_event_here() -> None:
    """Linking a second event of ours to the same event of theirs is refused, and so is moving a link."""
    adapter, transport = await opened_event()
    theirs = (await transport.control("POST", "/_sandbox/evenements", {"nom": "Autre"}))["idSinus"]
    moved = event_document(2, link={"action": "link", "external_id": theirs})
    second = event_document(id="evt-essai-2", link={"action": "link", "external_id": SINUS_EVENT})
    for body in (moved, second):
        with pytest.raises(PermanentDeliveryError) as raised:
            await tell(adapter, "event", body)
        assert raised.value.cause.code == "sinus.evenement_deja_lie"


async def test_an_event_changes_and_closes() -> None:
    """A newer version replaces the one held, under the same identifier, and a closed event still takes victims."""
    adapter, transport = await opened_event()
    closed = event_document(
        2, name="Renommé", status="closed", ended_at="2026-03-14T12:00:00+01:00", external_id=SINUS_EVENT
    )
    assert (await tell(adapter, "event", closed)).reference == SINUS_EVENT
    event = await held(transport)
    assert (event["nom"], event["evenement"]["etat"]) == ("Renommé", "clos")
    assert event["evenement"]["fin"] == "2026-03-14T12:00:00+01:00"
    assert (await tell(adapter, "victim", victim_document())).facts == {"resultat": "prise"}


async def test_a_victim_is_held_without_what_sinus_may_not_see() -> None:
    """Number, category, place, destination and identity are there; no other field of the record is."""
    adapter, transport = await opened_event()
    receipt = await tell(adapter, "victim", victim_document())
    assert receipt.reference == f"{SINUS_EVENT}-V0001"
    record = (await held(transport))["victimes"]["vic-1"]["fiche"]
    assert (record["numero"], record["categorie"], record["lieu"]["nom"]) == (NUMBER, "UA", "PMA nord")
    assert record["destination"] == {"@finess": "690000001", "nom": "Hôpital d’essai"}
    assert record["identite"]["sexe"] == "inconnu"
    wire = receipt.sent.decode()
    kept_back = ["secret", "SECRET", "161026912345678", "+336", "VIP", "A0001", "71.5", "VLM", "P-1", "ATTENTE"]
    assert [value for value in kept_back if value in wire] == []


async def test_an_older_record_changes_nothing() -> None:
    """A version that is not newer is answered `perimee`, which is a delivery, and the newer record stays."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document(5, severity="UR"))
    for revision in (4, 5):
        receipt = await tell(adapter, "victim", victim_document(revision, severity="DCD"))
        assert receipt.facts == {"resultat": "perimee"}
        assert not receipt.duplicate
    assert (await held(transport))["victimes"]["vic-1"]["fiche"]["categorie"] == "UR"


async def test_the_same_message_again_is_said_to_be_a_duplicate() -> None:
    """The second delivery of one envelope is a duplicate with the same reference."""
    adapter, _ = await opened_event()
    first = await tell(adapter, "victim", victim_document(), "once")
    second = await tell(adapter, "victim", victim_document(), "once")
    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.reference == second.reference
    assert first.sent == second.sent


async def test_a_key_is_not_used_for_two_contents() -> None:
    """One envelope id with another body is refused: what was taken first stands."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document(), "once")
    with pytest.raises(PermanentDeliveryError) as raised:
        await tell(adapter, "victim", victim_document(2, severity="UR"), "once")
    assert raised.value.cause.code == "sinus.cle_reutilisee"
    assert (await held(transport))["victimes"]["vic-1"]["fiche"]["categorie"] == "UA"


async def test_a_refused_message_may_come_back_mended() -> None:
    """A refusal leaves no key behind: the same envelope passes once its content is right."""
    adapter, _ = await opened_event()
    wrong = counts_document(totals={**tally(ua=1), "total": 9})
    with pytest.raises(PermanentDeliveryError) as raised:
        await tell(adapter, "counts", wrong, "mended")
    assert (raised.value.cause.code, raised.value.cause.detail) == ("sinus.total_incoherent", "total")
    assert (await tell(adapter, "counts", counts_document(), "mended")).facts == {"resultat": "prise"}


async def test_a_victim_not_coded_is_counted_apart() -> None:
    """NC is none of the law's four categories: the record says so, and the recount has it under NC."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document(severity="NC"))
    record = (await held(transport))["victimes"]["vic-1"]["fiche"]
    assert record["nonCode"] == "true"
    assert "categorie" not in record
    assert await adapter.held(SINUS_EVENT) == {"UA": 0, "UR": 0, "IMP": 0, "DCD": 0, "NC": 1}


async def test_a_withdrawn_victim_is_kept_without_identity_and_not_counted() -> None:
    """Deletion is a newer record that says so; nothing of the identity travels with it."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document())
    receipt = await tell(adapter, "victim", victim_document(2, deleted=True))
    assert b"TESTEZ" not in receipt.sent
    record = (await held(transport))["victimes"]["vic-1"]["fiche"]
    assert record["retiree"] == "true"
    assert "identite" not in record
    assert sum((await adapter.held(SINUS_EVENT)).values()) == 0


async def test_what_sinus_counts_is_read_back() -> None:
    """`held` recounts the records, whatever count was told, and may go down."""
    adapter, transport = await opened_event()
    for at, severity in enumerate(["UA", "UA", "UR", "IMP", "DCD"]):
        await tell(adapter, "victim", victim_document(id=f"vic-{at}", sinus_number=None, severity=severity))
    await tell(adapter, "counts", counts_document())
    assert await adapter.held(SINUS_EVENT) == {"UA": 2, "UR": 1, "IMP": 1, "DCD": 1, "NC": 0}
    await tell(adapter, "victim", victim_document(2, id="vic-4", sinus_number=None, severity="UA"))
    assert await adapter.held(SINUS_EVENT) == {"UA": 3, "UR": 1, "IMP": 1, "DCD": 0, "NC": 0}
    told = (await held(transport))["denombrement"]
    assert (told["total"]["@total"], told["total"]["@totalSansImp"], told["total"]["@nonCode"]) == ("4", "2", "1")
    assert [line["@libelle"] for line in told["parLocalisation"]] == ["PMA nord", "Non localisé"]


async def test_an_older_count_changes_nothing() -> None:
    """Counts are versioned like victims."""
    adapter, transport = await opened_event()
    await tell(adapter, "counts", counts_document(3))
    assert (await tell(adapter, "counts", counts_document(2, totals=tally(ua=9)))).facts == {"resultat": "perimee"}
    assert (await held(transport))["denombrement"]["total"]["@ua"] == "1"


async def test_an_event_not_linked_yet_is_waited_for() -> None:
    """Without SINUS's identifier there is no address: to be tried again, and nothing is sent."""
    adapter, transport = pair()
    transport.gone = True
    with pytest.raises(TransientDeliveryError) as raised:
        await tell(adapter, "victim", victim_document(external_id=None))
    assert not isinstance(raised.value, UnreachableError)
    assert raised.value.cause.code == "sinus.evenement_non_lie"


async def test_an_event_that_sinus_forgot_is_parked() -> None:
    """A victim, a detachment, a count or a reading of an unknown event: a person must look at the link."""
    adapter, _ = pair()
    for topic, body in [
        ("victim", victim_document()),
        ("identifier.detached", detached_document()),
        ("counts", counts_document()),
    ]:
        with pytest.raises(PermanentDeliveryError) as raised:
            await tell(adapter, topic, body)
        assert raised.value.cause.code == "sinus.evenement_inconnu"
    with pytest.raises(PermanentDeliveryError):
        await adapter.held(SINUS_EVENT)


async def test_a_document_off_the_contract_never_leaves() -> None:
    """What the schema refuses is parked before the wire, with the element's name and without its value."""
    adapter, transport = pair()
    transport.gone = True
    for changes, field in [
        ({"sinus_number": "A-TESTEZ-NUMERO"}, "numero"),
        ({"birth_name": "TESTEZ\x00"}, "victime/identite/nomNaissance"),
        ({"nationality": "TESTEZ" * 99}, "nationalite"),
        ({"destination": {"finess": "TESTEZ", "name": "x", "service": None}}, "destination/@finess"),
    ]:
        with pytest.raises(PermanentDeliveryError) as raised:
            await tell(adapter, "victim", victim_document(**changes))
        assert (raised.value.cause.code, raised.value.cause.detail) == ("sinus.document", field)
        assert "TESTEZ" not in str(raised.value) + str(raised.value.__cause__)


async def test_the_simulator_refuses_the_other_mode_by_itself() -> None:
    """A link that says the wrong mode meets a neighbour that looks into the document."""
    adapter = opened(InProcess(create_simulator("Actual", clock)), "Exercise")
    with pytest.raises(PermanentDeliveryError) as raised:
        await tell(adapter, "event", event_document(mode="Exercise"))
    assert raised.value.cause.code == "sinus.mode_different"


async def test_a_reading_of_the_other_mode_is_refused() -> None:
    """Reconciliation never compares exercise with real."""
    _, transport = await opened_event()
    with pytest.raises(PermanentDeliveryError) as raised:
        await opened(transport, "Exercise").held(SINUS_EVENT)
    assert raised.value.cause.code == "sinus.mode"


async def test_identifiers_cannot_leave_their_place_in_the_address() -> None:
    """An identifier with slashes and dots stays one part of the path."""
    adapter, transport = await opened_event()
    with pytest.raises(PermanentDeliveryError) as raised:
        await tell(adapter, "victim", victim_document(external_id="../../_sandbox/reset?x=#"))
    assert raised.value.cause.code in {"sinus.evenement_inconnu", "sinus.http_404"}
    assert (await held(transport))["nom"] == "Collision d’essai"
