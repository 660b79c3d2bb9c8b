"""The adapter against the simulated SI-VIC: what each topic becomes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import mapping
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from tests.sivic.documents import (
    TR_NUMBER,
    UNKNOWN_PERSON,
    claimed,
    detached_document,
    document,
    event,
    victim_document,
)
from tests.sivic.sivic_pair import Pair, shipped_mappings

if TYPE_CHECKING:
    from pathlib import Path

    from outbox.message import Receipt

FICHE = "000000000001"
EVENT = "EVT-000001"


async def _say(
    pair: Pair, body: dict[str, Any], id_: str, reference: str | None = None, topic: str = "victim"
) -> Receipt:
    return await pair.adapter.deliver(claimed(topic, body, id_=id_, reference=reference))


async def test_an_event_is_created_and_its_identifier_learnt() -> None:
    """The receipt carries the SI-VIC identifier, as reference and as a fact for the correspondence table."""
    pair = Pair()
    receipt = await pair.open_event()
    assert (receipt.reference, receipt.facts) == (EVENT, {"external_id": EVENT, "etat": "CREE"})
    assert (await pair.state())["events"][EVENT]["portal"]["evt-essai-1"]["nom"] == "Exercice imaginaire du pont"


async def test_two_events_of_the_portal_may_share_one_of_sivic(pair: Pair) -> None:
    """`link` needs the event to exist there, and does not make another."""
    linked = event(id="evt-essai-2", link={"action": "link", "external_id": EVENT})
    receipt = await _say(pair, document(event=linked), "msg-lien", topic="event")
    assert receipt.facts == {"external_id": EVENT, "etat": "LIE"}
    assert sorted((await pair.state())["events"][EVENT]["portal"]) == ["evt-essai-1", "evt-essai-2"]


async def test_a_link_to_nothing_is_for_a_person(pair: Pair) -> None:
    """An identifier typed wrong will not become right."""
    linked = event(id="evt-essai-2", link={"action": "link", "external_id": "EVT-999999"})
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, document(event=linked), "msg-lien", topic="event")
    assert raised.value.cause.code == "sivic.evenement_sivic_inconnu"
    assert raised.value.cause.detail == "idEvenement"


async def test_a_victim_may_arrive_before_the_event() -> None:
    """Lanes do not wait for each other: the announcement is tried again, and passes once the event is open."""
    pair = Pair()
    with pytest.raises(TransientDeliveryError) as raised:
        await _say(pair, victim_document(), "msg-1")
    assert raised.value.cause.code == "sivic.evenement_inconnu"
    await pair.open_event()
    assert (await _say(pair, victim_document(), "msg-1")).reference == FICHE


async def test_the_first_state_announces_and_the_next_updates(pair: Pair) -> None:
    """One fiche, the newest version, and what is no longer known is no longer held."""
    first = await _say(pair, victim_document(1), "msg-1")
    second = await _say(pair, victim_document(2, severity="UR", given_name=None), "msg-2", first.reference)
    assert (first.facts["etat"], second.facts["etat"]) == ("ANNONCEE", "MISE_A_JOUR")
    held = (await pair.state())["persons"]["vic-essai-1"]
    assert (held["fiche"], held["version"], held["person"]["categorie"]) == (FICHE, 2, "UR")
    assert "prenom" not in held["person"]["identite"]


async def test_a_late_state_changes_nothing(pair: Pair) -> None:
    """An older version is taken, and is out of date: the message is delivered, the fiche stays."""
    await _say(pair, victim_document(5, severity="UA"), "msg-5")
    before = await pair.state()
    late = await _say(pair, victim_document(4, severity="UR"), "msg-4", FICHE)
    assert late.facts["etat"] == "PERIMEE"
    assert await pair.state() == before


async def test_an_equal_version_changes_nothing(pair: Pair) -> None:
    """A version says one thing: the first word for it is kept, whatever message brings another."""
    await _say(pair, victim_document(5, severity="UA"), "msg-5")
    before = await pair.state()
    assert (await _say(pair, victim_document(5, severity="UR"), "msg-5-bis", FICHE)).facts["etat"] == "PERIMEE"
    assert (await _say(pair, victim_document(5, deleted=True), "msg-5-ter", FICHE)).facts["etat"] == "PERIMEE"
    assert await pair.state() == before


async def test_a_fiche_that_sivic_lost_is_announced_again(pair: Pair) -> None:
    """A reference that SI-VIC no longer knows is not an error that a person must mend."""
    receipt = await _say(pair, victim_document(3), "msg-3", reference="fiche-perdue")
    assert (receipt.reference, receipt.facts["etat"]) == (FICHE, "ANNONCEE")


async def test_a_lost_answer_to_that_second_announcement_is_healed(pair: Pair) -> None:
    """The retry says MettreAJour where the lost one said Annoncer: same id, same content, answered as the first time."""
    await pair.adapter._client.person(  # the attempt whose answer was lost
        "AnnoncerPersonne", "msg-3", pair.adapter._tree("victim", victim_document(3))
    )
    again = await _say(pair, victim_document(3), "msg-3", reference="fiche-perdue")
    assert (again.duplicate, again.reference) == (True, FICHE)


async def test_another_content_under_the_same_id_is_a_conflict(pair: Pair) -> None:
    """The idempotency key protects from a replay that is not one."""
    await _say(pair, victim_document(1), "msg-1")
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, victim_document(2), "msg-1")
    assert raised.value.cause.code == "sivic.conflit"


async def test_a_person_without_a_number_is_given_one(pair: Pair) -> None:
    """The HP number of SI-VIC comes back as a fact, once and for all, and stays beside a bracelet found later."""
    first = await _say(pair, victim_document(1, **UNKNOWN_PERSON), "msg-1")
    number = first.facts["sinus_number_hp"]
    assert number == "FR999NOVI2026HP000001"
    later = victim_document(2, **{**UNKNOWN_PERSON, "sinus_number": TR_NUMBER, "sinus_number_hp": number})
    second = await _say(pair, later, "msg-2", first.reference)
    assert second.facts["sinus_number_hp"] == number
    assert (await pair.state())["persons"]["vic-essai-1"]["person"]["numeroSinus"] == TR_NUMBER


async def test_a_deleted_victim_is_withdrawn_once(pair: Pair) -> None:
    """Withdrawn, withdrawn again, or never announced: always taken; an older state does not bring the person back."""
    await _say(pair, victim_document(1), "msg-1")
    gone = await _say(pair, victim_document(2, deleted=True), "msg-2", FICHE)
    again = await _say(pair, victim_document(3, deleted=True), "msg-3", FICHE)
    never = await _say(pair, victim_document(2, id="vic-essai-9", deleted=True), "msg-4")
    assert [receipt.facts["etat"] for receipt in (gone, again, never)] == ["RETIREE", "SANS_OBJET", "SANS_OBJET"]
    for id_ in ("vic-essai-1", "vic-essai-9"):
        late = await _say(pair, victim_document(1, id=id_), f"msg-late-{id_}")
        assert late.facts["etat"] == "PERIMEE"
    assert (await pair.state())["counts"][EVENT]["total"] == 0


async def test_a_number_passes_from_one_person_to_another(pair: Pair) -> None:
    """The new bearer is refused until the number has left the first, then is taken; who waits for that is the outbox's to know."""
    await _say(pair, victim_document(1), "msg-1")
    other = victim_document(1, id="vic-essai-2")
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, other, "msg-2")
    assert raised.value.cause.code == "sivic.numero_porte_ailleurs"
    assert raised.value.cause.detail == "personne.numeroSinus"
    left = await _say(pair, detached_document(2, reason="changed"), "msg-3", FICHE, "identifier.detached")
    assert (left.reference, left.facts["etat"]) == (FICHE, "DETACHE")
    assert (await _say(pair, other, "msg-2")).facts["etat"] == "ANNONCEE"


async def test_a_person_does_not_change_event(pair: Pair) -> None:
    """The same person under another event is refused for ever: events are never mixed silently."""
    await _say(pair, victim_document(1), "msg-1")
    await _say(pair, document(event=event(id="evt-essai-2")), "msg-e2", topic="event")
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, {**victim_document(2), "event": event(id="evt-essai-2")}, "msg-2")
    assert raised.value.cause.code == "sivic.personne_autre_evenement"


async def test_an_event_with_persons_cannot_be_linked_elsewhere(pair: Pair) -> None:
    """While nobody is announced a wrong link can be mended; afterwards a person must look."""
    await _say(pair, document(event=event(id="evt-essai-2")), "msg-e2", topic="event")
    there = event(link={"action": "link", "external_id": "EVT-000002"})
    moved = await _say(pair, document(revision=2, event=there), "msg-e3", topic="event")
    assert moved.facts == {"external_id": "EVT-000002", "etat": "LIE"}
    await _say(pair, victim_document(1), "msg-1")
    back = event(link={"action": "link", "external_id": EVENT})
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, document(revision=3, event=back), "msg-e4", topic="event")
    assert raised.value.cause.code == "sivic.evenement_deja_lie"


async def test_sivic_says_how_many_it_holds(pair: Pair) -> None:
    """The counts of an event, per category and in total, for the reconciliation."""
    for n, severity in enumerate(["UA", "UA", "UR", "DCD"]):
        await _say(pair, victim_document(1, id=f"vic-{n}", sinus_number=None, severity=severity), f"msg-{n}")
    held = await pair.adapter.held(EVENT)
    assert held == {"UA": 2, "UR": 1, "IMP": 0, "DCD": 1, "NC": 0, "total": 4}


async def test_an_event_that_sivic_does_not_have_cannot_be_counted(pair: Pair) -> None:
    """Zero persons and no event are not the same answer."""
    with pytest.raises(PermanentDeliveryError) as raised:
        await pair.adapter.held("EVT-999999")
    assert raised.value.cause.code == "sivic.evenement_sivic_inconnu"


async def test_what_the_contract_does_not_take_is_not_sent(pair: Pair) -> None:
    """A value that the XSD refuses is named by its path, never repeated, and nothing leaves."""
    before = await pair.state()
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, victim_document(1, nir="MOT-SECRET"), "msg-1")
    assert raised.value.cause.code == "sivic.contrat"
    assert raised.value.cause.detail == "personne.identite.nir : forme non conforme"
    assert raised.value.sent == b""
    assert await pair.state() == before


OTHER_ANSWER = """
mapping: sivic/reponse-personne@2
source: sivic-v1.wsdl#ReponsePersonne
target: canon#taken
rules:
  - {to: state, from: etat%s}
  - {to: duplicate, from: doublon, format: boolean}
  - {to: reference, from: numeroSinusHp, optional: true}
"""


def _reading(tmp_path: Path, state: str) -> Pair:
    """A pair whose adapter reads SI-VIC's answers by a mapping of the deployment."""
    path = tmp_path / "files" / "sivic" / "reponse-personne@2.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(OTHER_ANSWER % state, encoding="utf-8")
    other = mapping.load_catalogue(mapping.SHIPPED, tmp_path).mapping("sivic/reponse-personne@2")
    return Pair(mappings={**shipped_mappings(), "victim.answer": other})


async def test_what_an_answer_means_is_said_by_a_mapping_file(tmp_path: Path) -> None:
    """A deployment that takes the HP number for the reference edits a file."""
    pair = _reading(tmp_path, "")
    await pair.open_event()
    receipt = await _say(pair, victim_document(sinus_number=None), "msg-1")
    assert receipt.reference == "FR999NOVI2026HP000001"
    assert receipt.facts == {"external_id": "FR999NOVI2026HP000001", "etat": "ANNONCEE"}


async def test_an_answer_that_the_mapping_cannot_read_is_shown_with_its_bytes(tmp_path: Path) -> None:
    """SI-VIC has taken the person: a person mends the file, nothing is sent again on its own."""
    pair = _reading(tmp_path, ", format: date")
    await pair.open_event()
    with pytest.raises(PermanentDeliveryError) as raised:
        await _say(pair, victim_document(), "msg-1")
    assert raised.value.cause.code == "sivic.reponse"
    assert raised.value.cause.detail == "etat : n'est pas une date AAAA-MM-JJ"
    assert b"ANNONCEE" in raised.value.answered
