"""A click reaches the CRRA once, its state comes back, and whatever is refused says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from lxml import etree
from pydantic import SecretStr

from adapters.lrm.soap.client import NAMESPACE, WSA, WSDL, message_id
from adapters.wire.soap.server import Contract, parse
from adapters.wire.ws_security.username_token import Credentials
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from tests.lrm.lrm_pair import FIXTURES, Pair, SetClock, again, cancellation, canon, envelope, request

ACCOUNT = Credentials(username="passerelle-essai", password=SecretStr("mot-de-passe-essai"))
OTHER = Credentials(username="passerelle-essai", password=SecretStr("un-autre-mot-de-passe"))


def leaves(element: etree._Element, path: str = "") -> list[tuple[str, str]]:
    """Every leaf with its path, in the order of the document, without namespaces."""
    here = f"{path}/{etree.QName(element).localname}"
    if not len(element):
        return [(here, element.text or "")]
    return [leaf for child in element for leaf in leaves(child, here)]


@pytest.mark.parametrize(
    ("topic", "name", "mode"),
    [
        ("intervention.request", "demande-complete", "Actual"),
        ("intervention.request", "demande-minimale", "Exercise"),
        ("intervention.cancel", "annulation", "Actual"),
    ],
)
async def test_the_wire_is_the_golden_document(topic: str, name: str, mode: str) -> None:
    """What leaves is the recorded XML, leaf by leaf and in order, and the contract holds it valid."""
    pair = Pair(mode=mode, link_mode=mode)
    if topic == "intervention.cancel":
        await pair.adapter.deliver(request())
    receipt = await pair.adapter.deliver(replace(request(), envelope=envelope(topic, canon(name))))
    body = parse(receipt.sent).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    assert body is not None
    assert leaves(body[0][0]) == leaves(etree.parse(FIXTURES / f"{name}.out.xml").getroot())
    assert Contract(WSDL).check(body[0]) == []


async def test_a_click_gives_a_dossier(pair: Pair) -> None:
    """The receipt holds the dossier to read on the telephone, and the CRRA holds the request with its message id."""
    receipt = await pair.adapter.deliver(request())
    assert (receipt.reference, receipt.duplicate) == ("26-000001", False)
    assert receipt.facts == {
        "etat": "RECUE",
        "etat_le": "2026-01-01T07:00:00+00:00",
        "dossier": "26-000001",
        "motif_refus": None,
    }
    held = (await pair.held())["DEMANDE-ESSAI-1"]
    assert held["demande"]["lieu"]["codeInsee"] == "2A004"
    assert held["demande"]["noteSuivi"] == "SpO2 84 % sous 3 L/min.\nPropos confus depuis 7 h 30 « essai »."
    assert held["message_id"] == "urn:uuid:0190a5d0-0000-7000-8000-000000000001"


async def test_the_same_click_later_is_the_same_dossier_in_its_present_state(pair: Pair) -> None:
    """A replay changes nothing and says where the request is by then."""
    first = await pair.adapter.deliver(request())
    await pair.advance("DEMANDE-ESSAI-1")
    pair.clock.now += timedelta(minutes=3)
    second = await pair.adapter.deliver(again(request()))
    assert (second.reference, second.duplicate, second.facts["etat"]) == (first.reference, True, "AFFICHEE")
    assert len(await pair.held()) == 1


async def test_the_same_id_with_another_content_is_a_conflict(pair: Pair) -> None:
    """It is parked with the path of the key, and the first request is untouched."""
    await pair.adapter.deliver(request())
    before = await pair.held()
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(request(note__text="Autre note."))
    assert refused.value.cause.code == "lrm.conflit"
    assert refused.value.cause.detail.startswith("demande.idDemande, correlation ")
    assert await pair.held() == before


async def test_the_state_comes_back_step_by_step(pair: Pair) -> None:
    """ConsulterDemande follows what the people of the CRRA do, with the instant of each state."""
    await pair.adapter.deliver(request())
    met = []
    for minute in range(6):
        pair.clock.now += timedelta(minutes=1)
        await pair.advance("DEMANDE-ESSAI-1")
        met.append(await pair.adapter.status("DEMANDE-ESSAI-1"))
        assert met[-1]["etat_le"] == f"2026-01-01T07:0{minute + 1}:00+00:00"
    walked = ["AFFICHEE", "DOSSIER_OUVERT", "MOYEN_ENGAGE", "SUR_PLACE", "TRANSPORT", "TERMINEE"]
    assert [status["etat"] for status in met] == walked
    assert {status["dossier"] for status in met} == {"26-000001"}


async def test_a_refusal_comes_back_with_its_reason(pair: Pair) -> None:
    """The sender learns that the request is refused and why, by a code of the contract."""
    await pair.adapter.deliver(request())
    await pair.advance("DEMANDE-ESSAI-1", etat="REFUSEE", motif="HORS_SECTEUR")
    status = await pair.adapter.status("DEMANDE-ESSAI-1")
    assert (status["etat"], status["motif_refus"]) == ("REFUSEE", "HORS_SECTEUR")


async def test_a_request_is_taken_back_once(pair: Pair) -> None:
    """The cancellation keeps the dossier; repeated, it is a duplicate."""
    asked = await pair.adapter.deliver(request())
    first = await pair.adapter.deliver(cancellation())
    second = await pair.adapter.deliver(again(cancellation()))
    assert (first.reference, first.facts["etat"], first.duplicate) == (asked.reference, "ANNULEE", False)
    assert (second.reference, second.facts["etat"], second.duplicate) == (asked.reference, "ANNULEE", True)


async def test_a_team_on_site_is_not_called_back_by_a_message(pair: Pair) -> None:
    """Too late to cancel: the message is parked and says to telephone."""
    await pair.adapter.deliver(request())
    for _ in range(4):
        await pair.advance("DEMANDE-ESSAI-1")
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(cancellation())
    assert refused.value.cause.code == "lrm.non_annulable"
    assert "appeler le CRRA" in refused.value.cause.title


async def test_an_unknown_request_has_no_state(pair: Pair) -> None:
    """Nothing is invented for a request the CRRA never had."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.status("DEMANDE-INCONNUE")
    assert refused.value.cause.code == "lrm.demande_inconnue"


async def test_a_crra_of_the_other_mode_refuses() -> None:
    """A link set to the wrong mode is caught by the CRRA too."""
    pair = Pair(mode="Actual", link_mode="Exercise")
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(request(mode="Exercise"))
    assert refused.value.cause.code == "lrm.mode"
    assert await pair.held() == {}


async def test_a_request_for_another_crra_is_refused() -> None:
    """A routing mistake is shown, never taken."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await Pair(crra="fr.health.samu770").adapter.deliver(request())
    assert refused.value.cause.code == "lrm.autre_crra"


@pytest.mark.parametrize(
    ("ours", "code", "error"),
    [
        (ACCOUNT, None, None),
        (OTHER, "lrm.non_authentifie", PermanentDeliveryError),
        (None, "lrm.non_authentifie", PermanentDeliveryError),
    ],
)
async def test_a_crra_that_asks_for_a_token(ours: Credentials | None, code: str | None, error: type | None) -> None:
    """The right account passes at each attempt, a wrong one or none is a person's mistake."""
    pair = Pair(credentials=ours, theirs=ACCOUNT)
    if error is None:
        await pair.adapter.deliver(request())
        assert (await pair.adapter.deliver(again(request()))).duplicate
        return
    with pytest.raises(error) as refused:
        await pair.adapter.deliver(request())
    assert refused.value.cause.code == code


async def test_clocks_apart_are_retried() -> None:
    """A stale token may pass at the next attempt, which makes a new one."""
    late = SetClock()
    late.now += timedelta(minutes=6)
    with pytest.raises(TransientDeliveryError) as refused:
        await Pair(credentials=ACCOUNT, theirs=ACCOUNT, clock_of_crra=late).adapter.deliver(request())
    assert refused.value.cause.code == "lrm.jeton_perime"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"requester__callback": "zéro un"}, "demande.demandeur.rappel"),
        ({"place__insee_code": "2C004"}, "demande.lieu.codeInsee"),
        ({"place__latitude": 148.0}, "demande.lieu.position.latitude"),
        ({"note__text": "x" * 20_001}, "demande.noteSuivi"),
        ({"patient__birth_year": "52"}, "demande.patient.anneeNaissance"),
        ({"crra": "samu77"}, "demande.crra"),
        ({"patient__name": "TES\u0085TE"}, "demande.patient.nom"),
        ({"place__longitude": None}, "demande.lieu.position"),
    ],
)
async def test_what_the_contract_forbids_does_not_leave(pair: Pair, change: dict[str, Any], path: str) -> None:
    """A field outside the contract is named by its path, never by its value, and nothing is sent."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(request(**change))
    assert refused.value.cause.code == "lrm.contrat"
    assert path in refused.value.cause.detail
    assert (refused.value.sent, await pair.held()) == (b"", {})


@pytest.mark.parametrize("change", [{"patient__sex": "X"}, {"patient__name": None}, {"clicked_at": "hier"}])
async def test_what_the_mapping_cannot_say_is_parked(pair: Pair, change: dict[str, Any]) -> None:
    """An unknown code, a field that must be there, an instant that is none: parked by the mapping."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(request(**change))
    assert refused.value.cause.code == "lrm.mapping"


@pytest.mark.parametrize("key", ["269052A00400138", "1234567890122" + "44"])
async def test_a_wrong_key_never_blocks_a_request(pair: Pair, key: str) -> None:
    """The contract checks no key: an identity defect never stops an emergency."""
    assert (await pair.adapter.deliver(request(patient__ins__matricule=key))).reference


def test_a_message_id_is_an_absolute_iri() -> None:
    """A UUID gets its own scheme, any other identifier ours, and both are stable."""
    assert message_id("0190A5D0-0000-7000-8000-000000000001") == "urn:uuid:0190A5D0-0000-7000-8000-000000000001"
    assert message_id("01JB-ESSAI") == "urn:passerelle:message:01JB-ESSAI"


async def test_addressing_says_the_action_and_the_message(pair: Pair) -> None:
    """Each header stands once."""
    sent = parse((await pair.adapter.deliver(request())).sent)
    assert [header.text for header in sent.iter(f"{{{WSA}}}Action")] == [f"{NAMESPACE}:DemanderIntervention"]
    assert len(list(sent.iter(f"{{{WSA}}}MessageID"))) == 1


@pytest.mark.parametrize(
    ("body", "status"), [({"etat": "SUR_PLACE"}, 409), ({"etat": "AILLEURS"}, 409), ({"quoi": "essai"}, 422)]
)
async def test_the_sandbox_refuses_a_step_that_does_not_exist(pair: Pair, body: dict[str, str], status: int) -> None:
    """A step that skips, a state of no contract and a body of another shape are told apart, and nothing moves."""
    await pair.adapter.deliver(request())
    async with httpx.AsyncClient(transport=pair.wire, base_url="http://crra.essai") as browser:
        answer = await browser.post("/_sandbox/requests/DEMANDE-ESSAI-1/advance", json=body)
        unknown = await browser.post("/_sandbox/requests/INCONNUE/advance")
    assert (answer.status_code, unknown.status_code) == (status, 404)
    assert (await pair.held())["DEMANDE-ESSAI-1"]["etat"] == "RECUE"
