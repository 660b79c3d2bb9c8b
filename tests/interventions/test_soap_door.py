"""The SOAP door: the same life of a request, in 1.1 and 1.2, by token and by key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from pydantic import SecretStr

from adapters.wire.soap.server import Contract
from adapters.wire.ws_security.username_token import WSSE, Credentials, username_token
from gateway.doors.interventions.soap import WSDL
from gateway.doors.interventions.soap_faults import MEANINGS
from gateway.doors.interventions.soap_trees import PATIENT, PLACE, REQUESTER
from tests.interventions.soap_words import (
    DEMANDE,
    NAMESPACE,
    SOAP_11,
    SOAP_12,
    annuler,
    consulter,
    demander,
    envelope,
    header,
    post,
    told,
)
from tests.interventions.stage import OPERATOR, OTHER, PASSWORD, PLATFORM, click

if TYPE_CHECKING:
    from tests.interventions.stage import Stage

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("soap", "media"), [(SOAP_11, "text/xml"), (SOAP_12, "application/soap+xml")])
async def test_a_request_lives_its_life_in_soap(stage: Stage, soap: str, media: str) -> None:
    """Asked, shown, followed, asked again, cancelled: in either version, answered in the same one."""

    async def say(body: str) -> dict[str, str]:
        answer = await post(stage, envelope(body, soap=soap), Content_Type=f"{media}; charset=utf-8")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(media)
        assert etree.fromstring(answer.content).tag == f"{{{soap}}}Envelope"
        return told(answer)

    first = await say(demander())
    assert (first["etat"], first["doublon"], first["samu"]) == ("TRANSMISE", "false", "SAMU 77")
    assert (await say(demander()))["doublon"] == "true"
    await stage.settle()
    held = (await stage.held())[first["reference"]]
    assert held["demande"]["patient"]["nom"] == "TESTE"
    await stage.advance(first)
    await stage.advance(first)
    await stage.look(seconds=30)
    shown = await say(consulter())
    assert (shown["etat"], shown["idDossier"]) == ("DOSSIER_OUVERT", held["dossier"])
    assert (await say(annuler()))["etat"] == "DOSSIER_OUVERT"
    await stage.settle()
    assert (await say(consulter()))["etat"] == "ANNULEE"


async def test_json_and_soap_are_one_door(stage: Stage) -> None:
    """The same request by the other door is the same request: seen by both, updated by either."""
    answer = await stage.accepted(click(message_id="M-1"))
    assert told(await post(stage, envelope(consulter())))["reference"] == answer["reference"]
    updated = told(await post(stage, envelope(demander(DEMANDE))))
    assert (updated["reference"], updated["version"]) == (answer["reference"], "2")
    assert "MISE_A_JOUR" in updated["avertissement"]


async def test_addressing_is_echoed(stage: Stage) -> None:
    """Who speaks WS-Addressing learns which message is answered; who does not gets no header."""
    block = f"<wsa:Action>{NAMESPACE}:DemanderIntervention</wsa:Action><wsa:MessageID>urn:uuid:essai</wsa:MessageID>"
    answer = await post(stage, envelope(demander(), block))
    assert header(answer, "RelatesTo") == "urn:uuid:essai"
    assert header(answer, "Action") == f"{NAMESPACE}:DemanderInterventionResponse"
    assert header(answer, "MessageID") not in {None, "urn:uuid:essai"}
    assert header(await post(stage, envelope(consulter())), "RelatesTo") is None


def digest(stage: Stage, password: str = PASSWORD, name: str = PLATFORM, nonce: bytes = b"essai") -> str:
    """A token with digest."""
    token = username_token(Credentials(username=name, password=SecretStr(password)), stage.clock(), nonce)
    return etree.tostring(token).decode()


def clear(name: str, key: str) -> str:
    """A token that holds the key itself."""
    return (
        f'<w:Security xmlns:w="{WSSE}"><w:UsernameToken><w:Username>{name}</w:Username>'
        f"<w:Password>{key}</w:Password></w:UsernameToken></w:Security>"
    )


async def test_a_caller_proves_itself_in_the_message_too(stage: Stage) -> None:
    """By a digest of the agreed password, or by the key itself: without any Authorization header."""
    for block in (digest(stage), clear(PLATFORM, stage.keys[PLATFORM])):
        answer = await post(stage, envelope(demander(), block), key=False)
        assert answer.status_code == 200, answer.text


async def test_a_token_that_proves_nothing_is_refused(stage: Stage) -> None:
    """Wrong password, unknown name, a key under another's name, the operator's key, a token seen before, one that is late."""
    seen, late = digest(stage, nonce=b"deja vu"), digest(stage, nonce=b"tard")
    await post(stage, envelope(demander(), seen), key=False)
    refused = {
        digest(stage, "faux"): "NON_AUTHENTIFIE",
        digest(stage, "", "inconnu", b"vide"): "NON_AUTHENTIFIE",
        digest(stage, name=OTHER, nonce=b"sans convention"): "NON_AUTHENTIFIE",
        clear(OTHER, stage.keys[PLATFORM]): "NON_AUTHENTIFIE",
        clear(PLATFORM, "pk_rien"): "NON_AUTHENTIFIE",
        clear(OPERATOR, stage.keys[OPERATOR]): "NON_AUTORISE",
        seen: "JETON_PERIME",
        f'<w:Security xmlns:w="{WSSE}"/>': "NON_AUTHENTIFIE",
    }
    for block, code in refused.items():
        answer = await post(stage, envelope(demander(), block))
        assert (answer.status_code, told(answer)["code"]) == (500, code)
        replay = (
            "Un message a déjà été reçu sous ce nom : consultez l’état de la demande ; en cas de doute, appelez le 15."
        )
        assert told(answer)["consigne"] == (replay if block == seen else "Demande non transmise, appelez le 15.")
    stage.clock.forward(minutes=6)
    assert told(await post(stage, envelope(demander(), late)))["code"] == "JETON_PERIME"
    nobody = await post(stage, envelope(demander()), key=False)
    assert told(nobody)["code"] == "NON_AUTHENTIFIE"


async def test_the_contract_is_served_at_its_address(stage: Stage) -> None:
    """Without a key: the WSDL names the address that was asked, in both bindings, and leads to its schema."""
    async with stage.client(None) as reader:
        wsdl = (await reader.get("/soap/intervention?wsdl")).text
        schema = await reader.get("/soap/intervention?xsd=intervention-v1.xsd")
        assert (await reader.get("/soap/intervention?xsd=../../secret")).status_code == 404
    assert wsdl.count('location="http://passerelle/soap/intervention"') == 2
    assert etree.fromstring(schema.content).get("targetNamespace") == NAMESPACE


@pytest.mark.parametrize("name", ["demande-complete", "demande-minimale"])
async def test_what_a_crra_accepts_is_accepted_here(stage: Stage, name: str) -> None:
    """A client written for a CRRA's software changes the address only."""
    document = etree.parse(ROOT / "tests" / "fixtures" / "lrm" / f"{name}.out.xml").getroot()
    await stage.route("convention", kind="platform", key=PLATFORM, label="SAMU de la convention")
    wrapper = etree.Element(f"{{{NAMESPACE}}}DemanderIntervention")
    inside = etree.SubElement(wrapper, f"{{{NAMESPACE}}}demande")
    inside.extend(list(document))
    for element in inside.iter("*"):
        element.tag = f"{{{NAMESPACE}}}{etree.QName(element).localname}"
    assert Contract(WSDL).check(wrapper) == []
    text = etree.tostring(wrapper, encoding="unicode").replace("Actual", "Exercise")
    answer = await post(stage, envelope(text))
    assert answer.status_code == 200, answer.text


def test_every_element_that_is_read_is_in_the_contract() -> None:
    """A name misspelt here would be silently empty there."""
    schema = etree.parse(WSDL.with_suffix(".xsd"))
    names = {element.get("name") for element in schema.iter("{*}element")}
    read = {step for table in (REQUESTER, PATIENT, PLACE) for path in table.values() for step in path.split("/")}
    assert read <= names


def test_every_fault_of_the_contract_is_explained() -> None:
    """The page of codes has one line for each code of the schema, and none besides."""
    schema = etree.parse(WSDL.with_suffix(".xsd"))
    codes = schema.xpath("//*[@name='CodeFaute']//*[local-name()='enumeration']/@value")
    assert set(codes) == set(MEANINGS)
