"""X.509 signatures of WS-Security at the SOAP door: signed by zeep, read here; everything an attacker or a tired integrator may try is refused."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import xmlsec
from lxml import etree
from pydantic import SecretStr, ValidationError
from zeep.exceptions import SignatureVerificationFailed
from zeep.wsse.signature import verify_envelope

from adapters.lrm.soap import open_lrm
from adapters.lrm.soap.simulator import create_simulator as create_lrm
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from adapters.wire.soap.server import seal
from adapters.wire.ws_security.sign import Signer, SigningKey
from adapters.wire.ws_security.trust import SignatureTrust
from adapters.wire.ws_security.username_token import WSSE, WSU, Credentials, username_token
from adapters.wire.ws_security.verify import DS
from domain.mode import Mode
from gateway.settings.interventions import PlatformSettings
from outbox.errors import PermanentDeliveryError
from tests.gateway.house import Clock
from tests.interventions.signing_words import (
    LONG_AGO,
    Identity,
    identity,
    prepared,
    signed,
    signed_as_node_soap,
    written,
)
from tests.interventions.soap_words import (
    DEMANDE,
    NAMESPACE,
    SOAP_11,
    SOAP_12,
    consulter,
    demander,
    envelope,
    post,
    told,
)
from tests.interventions.stage import OTHER, PASSWORD, PLATFORM, SECRET, Stage, open_stage
from tests.lrm.lrm_pair import request, shipped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from lxml.etree import _Element as Element


@pytest.fixture
def mine(tmp_path: Path) -> Identity:
    """The platform's own certificate."""
    return identity(tmp_path, "plateforme-essai")


@pytest.fixture
async def stage(tmp_path: Path, mine: Identity, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Stage]:
    """A house that knows the platform's certificate; when it closes, nothing of a patient was logged."""
    caplog.set_level("DEBUG")
    async with open_stage(tmp_path, platforms=agreed(mine)) as opened:
        yield opened
    assert [value for value in ("TESTE", "SpO2 84", "12 rue de l’Exemple") if value in caplog.text] == []


def agreed(mine: Identity, **more: Any) -> dict[str, Any]:
    """What was agreed with the platform."""
    said = {"certificates": [mine.certificate], **more}
    return {PLATFORM: {"password": PASSWORD, "secrets": [SECRET], "signature": said}}


@pytest.mark.parametrize("soap", [SOAP_11, SOAP_12])
async def test_a_client_of_another_maker_signs_and_is_known(stage: Stage, mine: Identity, soap: str) -> None:
    """Without any key: the certificate says who it is, in SOAP 1.1 and 1.2, and the request lives its life."""
    answer = await post(stage, written(signed(mine, stage.clock(), soap=soap)), key=False)
    assert answer.status_code == 200, answer.text
    await stage.settle()
    assert (await stage.held())[told(answer)["reference"]]["demande"]["patient"]["nom"] == "TESTE"
    asked = await post(stage, written(signed(mine, stage.clock(), consulter(), soap)), key=False)
    assert told(asked)["reference"] == told(answer)["reference"]


async def test_the_defaults_of_node_soap_are_taken(stage: Stage, mine: Identity) -> None:
    """Plain `Id` attributes, and an enveloped-signature transform that takes nothing out of what is read."""
    answer = await post(stage, written(signed_as_node_soap(mine, stage.clock())), key=False)
    assert answer.status_code == 200, answer.text
    await stage.settle()
    assert (await stage.held())[told(answer)["reference"]]["demande"]["patient"]["nom"] == "TESTE"


def altered(root: Element) -> None:
    """One word of the Body after the signature."""
    next(root.iter(f"{{{NAMESPACE}}}adresse")).text = "99 rue d’Ailleurs"


def wrapped(root: Element) -> None:
    """The signed Body put aside under its own identifier, another in its place."""
    body = root.find(f"{{{SOAP_11}}}Body")
    assert body is not None
    other = copy.deepcopy(body)
    altered(other)
    other.attrib.clear()
    root.replace(body, other)
    aside = etree.SubElement(root.find(f"{{{SOAP_11}}}Header"), "{urn:essai}A-cote")  # type: ignore[arg-type]
    aside.append(body)


def _two_names(root: Element) -> None:
    """The signed Body under two names: which of them was meant is not guessed."""
    root.find(f"{{{SOAP_11}}}Body").set(f"{{{WSU}}}Id", "autre")  # type: ignore[union-attr]


def _enveloped_alone(root: Element) -> None:
    """No canonicalisation behind the transform."""
    one = next(root.iter(f"{{{DS}}}Transforms"))
    one.remove(one[1])


def _turned_round(root: Element) -> None:
    """The two transforms in the other order."""
    one = next(root.iter(f"{{{DS}}}Transforms"))
    one.append(one[0])


@pytest.mark.parametrize("spoil", [altered, _two_names, _enveloped_alone, _turned_round, wrapped])
async def test_the_same_freedom_opens_nothing(stage: Stage, mine: Identity, spoil: Callable[[Element], None]) -> None:
    """What was not signed is not read under a plain `Id` either."""
    root = signed_as_node_soap(mine, stage.clock())
    spoil(root)
    answer = await post(stage, written(root), key=False)
    assert (answer.status_code, told(answer)["code"]) == (500, "NON_AUTHENTIFIE")
    assert await stage.messages() == []


async def test_a_key_beside_the_signature_is_of_the_same_caller(stage: Stage, mine: Identity) -> None:
    """Two proofs that agree pass; a signature with somebody else's key passes for neither."""
    assert (await post(stage, written(signed(mine, stage.clock())))).status_code == 200
    async with stage.client(OTHER, **{"Content-Type": "text/xml"}) as other:
        stage.clock.forward(seconds=1)
        answer = await other.post("/soap/intervention", content=written(signed(mine, stage.clock())))
    assert told(answer)["code"] == "NON_AUTHENTIFIE"
    assert "même appelant" in told(answer)["faultstring"]


def wrapped_under_the_same_name(root: Element) -> None:
    """The same, and the other Body bears the identifier too."""
    name = root.find(f"{{{SOAP_11}}}Body").get(f"{{{WSU}}}Id")  # type: ignore[union-attr]
    wrapped(root)
    root.find(f"{{{SOAP_11}}}Body").set(f"{{{WSU}}}Id", str(name))  # type: ignore[union-attr]


def named_twice(root: Element) -> None:
    """An identifier of another kind with the same value."""
    body = root.find(f"{{{SOAP_11}}}Body")
    assert body is not None
    next(root.iter(f"{{{WSU}}}Created")).set("id", str(body.get(f"{{{WSU}}}Id")))


def without(name: str) -> Callable[[Element], None]:
    """Without one part."""

    def change(root: Element) -> None:
        one = next(root.iter(name))
        one.getparent().remove(one)  # type: ignore[union-attr]

    return change


def without_the_time(root: Element) -> None:
    """The reference to the timestamp taken out."""
    references = list(root.iter(f"{{{DS}}}Reference"))
    references[0].getparent().remove(references[1])  # type: ignore[union-attr]


def another_transform(root: Element) -> None:
    """What would let the reader see something else than what was signed."""
    next(root.iter(f"{{{DS}}}Transform")).set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")


def a_second_signature(root: Element) -> None:
    """Two signatures, of nobody knows whom."""
    one = next(root.iter(f"{{{DS}}}Signature"))
    one.addnext(copy.deepcopy(one))


def signed_elsewhere(root: Element) -> None:
    """The reference leads out of the document."""
    next(root.iter(f"{{{DS}}}Reference")).set("URI", "http://127.0.0.1:1/ailleurs")


def of_garbage(root: Element) -> None:
    """A certificate that is none."""
    next(root.iter(f"{{{WSSE}}}BinarySecurityToken")).text = "pas un certificat"


SPOILT = {
    "altered": (altered, "ne se vérifie pas"),
    "wrapped": (wrapped, "couvrir le Body"),
    "wrapped under the same name": (wrapped_under_the_same_name, "couvrir le Body"),
    "named twice": (named_twice, "couvrir le Body"),
    "without a timestamp": (without(f"{{{WSU}}}Timestamp"), "incomplète"),
    "without its token": (without(f"{{{WSSE}}}BinarySecurityToken"), "incomplète"),
    "without key information": (without(f"{{{DS}}}KeyInfo"), "incomplète"),
    "without a canonicalisation": (without(f"{{{DS}}}CanonicalizationMethod"), "couvrir le Body"),
    "without a value": (without(f"{{{DS}}}SignatureValue"), "ne se vérifie pas"),
    "timestamp not signed": (without_the_time, "couvrir le Body"),
    "another transform": (another_transform, "couvrir le Body"),
    "a second signature": (a_second_signature, "incomplète"),
    "outside": (signed_elsewhere, "couvrir le Body"),
    "garbage": (of_garbage, "incomplète"),
}


@pytest.mark.parametrize("name", SPOILT)
async def test_a_signature_that_proves_nothing_is_refused(stage: Stage, mine: Identity, name: str) -> None:
    """Even beside a key in force: nothing is kept, the integrator is told why, the nurse what to do."""
    spoil, why = SPOILT[name]
    root = signed(mine, stage.clock())
    spoil(root)
    answer = await post(stage, written(root))
    assert (answer.status_code, told(answer)["code"]) == (500, "NON_AUTHENTIFIE")
    assert why in told(answer)["faultstring"]
    assert told(answer)["consigne"] == "Demande non transmise, appelez le 15."
    assert await stage.messages() == []


async def test_a_stranger_an_expired_one_and_sha1_are_refused(stage: Stage, mine: Identity, tmp_path: Path) -> None:
    """A certificate that nobody agreed on, and the agreed one with what can be forged."""
    stranger = identity(tmp_path, "inconnu")
    now = stage.clock()
    weak = signed(mine, now, algorithms=(xmlsec.Transform.RSA_SHA1, xmlsec.Transform.SHA1))
    for root, why in ((signed(stranger, now), "pas de ceux convenus"), (weak, "SHA-256 au moins")):
        answer = await post(stage, written(root))
        assert told(answer)["code"] == "NON_AUTHENTIFIE"
        assert why in told(answer)["faultstring"]


async def test_a_signature_counts_once_and_in_its_time(stage: Stage, mine: Identity) -> None:
    """The same bytes again, and a timestamp six minutes early or late: stale, to be signed anew."""
    once = written(signed(mine, stage.clock()))
    assert (await post(stage, once, key=False)).status_code == 200
    assert told(await post(stage, once, key=False))["code"] == "JETON_PERIME"
    for minutes in (-6, 6):
        answer = await post(stage, written(signed(mine, stage.clock() + timedelta(minutes=minutes))))
        assert told(answer)["code"] == "JETON_PERIME"
    stage.clock.forward(seconds=1)
    again = await post(stage, written(signed(mine, stage.clock())), key=False)
    assert told(again)["doublon"] == "true"


async def test_what_was_not_signed_is_not_read(stage: Stage, mine: Identity) -> None:
    """A comment inside a signed word, which canonicalisation drops: the word is read whole."""
    body = demander(DEMANDE.replace("12 rue de l’Exemple", "12 rue <!-- -->de l’Exemple"))
    answer = await post(stage, written(signed(mine, stage.clock(), body)), key=False)
    assert answer.status_code == 200, answer.text
    await stage.settle()
    held = (await stage.held())[told(answer)["reference"]]
    assert held["demande"]["lieu"]["adresse"] == "12 rue de l’Exemple"


async def test_a_platform_that_agreed_to_sign_signs_always(tmp_path: Path, mine: Identity) -> None:
    """Its key alone, or its token, opens the SOAP door no more; JSON, which has no such signature, is another agreement."""
    async with open_stage(tmp_path, platforms=agreed(mine, required=True)) as stage:
        answer = await post(stage, written(prepared(stage.clock())).replace(b"Security", b"Securite"))
        assert told(answer)["code"] == "NON_AUTHENTIFIE"
        assert "signés (X.509)" in told(answer)["faultstring"]
        assert (await post(stage, written(signed(mine, stage.clock())), key=False)).status_code == 200


async def test_an_authority_speaks_for_the_agreed_subjects_only(tmp_path: Path) -> None:
    """A certificate of the authority under the agreed name passes; another name, an expired one, a namesake's, one of no authority do not."""
    folders = [tmp_path / name for name in ("convenue", "homonyme", "simple")]
    for folder in folders:
        folder.mkdir()
    authority, namesake, simple = (identity(folder, "autorite", ca=folder.name != "simple") for folder in folders)
    agreement = {"authorities": [authority.certificate, simple.certificate], "subjects": ["plateforme-essai"]}
    refused = [
        identity(folders[0], "autre", authority),
        identity(folders[0], "plateforme-essai", authority, until=LONG_AGO + timedelta(days=30)),
        identity(folders[1], "plateforme-essai", namesake),
        identity(folders[2], "plateforme-essai", simple),
    ]
    async with open_stage(tmp_path, platforms={PLATFORM: {"signature": agreement}}) as stage:
        for one in refused:
            answer = await post(stage, written(signed(one, stage.clock())))
            assert "pas de ceux convenus" in told(answer)["faultstring"]
        good = identity(folders[0], "plateforme-essai", authority)
        answer = await post(stage, written(signed(good, stage.clock())), key=False)
        assert answer.status_code == 200, answer.text


async def test_an_assertion_neither_opens_the_door_nor_bars_it(stage: Stage) -> None:
    """A SAML assertion (VIHF) alone is no proof; beside a key in force it is left alone."""
    block = (
        f'<w:Security xmlns:w="{WSSE}"><a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ID="essai"/>'
        "</w:Security>"
    )
    assert told(await post(stage, envelope(demander(), block), key=False))["code"] == "NON_AUTHENTIFIE"
    assert (await post(stage, envelope(demander(), block))).status_code == 200


def test_a_trust_that_trusts_everybody_is_refused(mine: Identity) -> None:
    """Nobody named, or an authority without the subjects it may speak for: said when the settings are read."""
    for said in ({}, {"authorities": [mine.certificate]}, {"subjects": ["x"], "certificates": [mine.certificate]}):
        with pytest.raises(ValidationError):
            PlatformSettings.model_validate({"signature": said})


@pytest.mark.parametrize("signs", [True, False])
async def test_what_we_send_is_signed_where_the_crra_asks(tmp_path: Path, *, signs: bool) -> None:
    """A CRRA that asks for signatures takes a request, its follow-up and its cancellation from us; unsigned, nothing."""
    ours = identity(tmp_path, "passerelle-essai")
    clock = Clock()
    asks = create_lrm(Mode.ACTUAL, clock, signature=SignatureTrust(certificates=(ours.certificate,)))
    signing = SigningKey(certificate=ours.certificate, private_key=ours.key) if signs else None
    link, claimed = Link(url="http://lrm", mode="Actual"), request()
    lrm = open_lrm(link, shipped(), InProcess(asks), clock=clock, signing=signing)
    if signs:
        reference = (await lrm.deliver(claimed)).reference
        assert (await lrm.status(claimed.envelope.body["request_id"]))["dossier"] == reference
    else:
        with pytest.raises(PermanentDeliveryError) as refused:
            await lrm.deliver(claimed)
        assert refused.value.cause.code == "lrm.non_authentifie"


def test_our_signature_is_true_to_another_maker(tmp_path: Path) -> None:
    """The verifier of zeep, on libxmlsec, believes what we sign, and no more once a word has changed; a token in the header stays."""
    ours = identity(tmp_path, "passerelle-essai")
    body = etree.fromstring(f'<t:Essai xmlns:t="{NAMESPACE}"><t:adresse>été</t:adresse></t:Essai>')
    token = username_token(Credentials(username="essai", password=SecretStr("essai")), Clock()(), b"essai")
    raw = Signer(SigningKey(certificate=ours.certificate, private_key=ours.key)).sign(seal(body, [token]), Clock()())
    root = etree.fromstring(raw)
    verify_envelope(root, str(ours.certificate))
    assert len(list(root.iter(f"{{{WSSE}}}Security"))) == 1
    altered(root)
    with pytest.raises(SignatureVerificationFailed):
        verify_envelope(root, str(ours.certificate))
