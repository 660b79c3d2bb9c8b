"""The SOAP door in front of everything that XML and its clients have invented."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.interventions.soap_words import (
    DEMANDE,
    NAMESPACE,
    SOAP_12,
    WSA,
    annuler,
    consulter,
    demander,
    envelope,
    post,
    told,
)
from tests.interventions.stage import CALL

if TYPE_CHECKING:
    import httpx

    from tests.interventions.stage import Stage

GOOD = envelope(demander())
DOCTYPE = GOOD.replace("<s:Envelope", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><s:Envelope', 1)
LAUGHS = "".join(
    f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{("&l" + str(n - 1) + ";") * 9 if n else ""}">'
    for n in range(10)
)


def is_fault(answer: httpx.Response, code: str = "Client") -> bool:
    """A fault that tells the nurse what to do, and nothing of the patient nor of the machine."""
    text = answer.text
    return (
        answer.status_code == 500
        and told(answer)["faultcode"] == f"soap:{code}"
        and CALL in str(told(answer)["faultstring"])
        and not any(word in text for word in ("TESTE", "SpO2", "root:", "Traceback"))
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "Client"),
        (b"rien", "Client"),
        (GOOD[:200], "Client"),
        (DOCTYPE, "Client"),
        (DOCTYPE.replace("SpO2 84 %", "&b;"), "Client"),
        (GOOD.replace("<s:Envelope", f"<!DOCTYPE a [{LAUGHS}]><s:Envelope", 1).replace("SpO2", "&l9;"), "Client"),
        (GOOD.replace("<s:Envelope", '<!DOCTYPE a SYSTEM "http://ailleurs.example/a.dtd"><s:Envelope', 1), "Client"),
        (GOOD.replace("<s:Body>", "<?rien ?><s:Body>"), "Client"),
        (GOOD.replace(".org/soap/envelope/", ".org/autre/"), "VersionMismatch"),
        (GOOD.replace("<s:Body>", "<s:Body/><s:Body>"), "Client"),
        (envelope(""), "Client"),
        (envelope(demander() * 2), "Client"),
        (envelope("<t:Autre/>"), "Client"),
        (envelope(demander("<t:inconnu/>" + DEMANDE)), "Client"),
        (envelope(demander(), f"<wsa:Action>{NAMESPACE}:AnnulerDemande</wsa:Action>"), "Client"),
        (envelope(demander(), "<wsa:MessageID>a</wsa:MessageID><wsa:MessageID>b</wsa:MessageID>"), "Client"),
        (envelope(demander(), '<t:Autre s:mustUnderstand="1"/>'), "MustUnderstand"),
        (GOOD.replace("SpO2", "<t:a>" * 300 + "</t:a>" * 300), "Client"),
        (GOOD.replace("SpO2", "x" * 6 * 1024 * 1024), "Client"),
        (GOOD.replace("SpO2", "SpO2\x07"), "Client"),
        (GOOD.encode().replace(b"SpO2", b"Sp\xffO2"), "Client"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_a_fault_with_the_words(stage: Stage, content: str | bytes, code: str) -> None:
    """A clear fault, in French, and the fallback; nothing is kept, nothing of the machine is read."""
    assert is_fault(await post(stage, content), code)
    assert await stage.messages() == []


async def test_a_fault_is_of_the_version_of_its_call(stage: Stage) -> None:
    """SOAP 1.2 has other names, another shape, and another status for the sender's mistakes."""
    answer = await post(stage, envelope("<t:Autre/>", soap=SOAP_12), Content_Type="application/soap+xml")
    assert answer.status_code == 400
    root = etree.fromstring(answer.content)
    assert root.findtext(f".//{{{SOAP_12}}}Code/{{{SOAP_12}}}Value") == "soap:Sender"
    assert CALL in str(root.findtext(f".//{{{SOAP_12}}}Reason/{{{SOAP_12}}}Text"))


async def test_an_action_that_lies_and_a_body_that_is_packed_are_refused(stage: Stage) -> None:
    """SOAPAction of another operation, the same in the media type of 1.2, a gzip, a header twice."""
    assert is_fault(await post(stage, GOOD, SOAPAction=f'"{NAMESPACE}:AnnulerDemande"'))
    media = f'application/soap+xml; action="{NAMESPACE}:AnnulerDemande"'
    assert (await post(stage, envelope(demander(), soap=SOAP_12), Content_Type=media)).status_code == 400
    assert is_fault(await post(stage, gzip.compress(GOOD.encode()), Content_Encoding="gzip"))
    async with stage.client() as client:
        request = client.build_request("POST", "/soap/intervention", content=GOOD.encode())
        request.headers = type(request.headers)(
            [("SOAPAction", '""'), ("SOAPAction", '""'), ("Authorization", client.headers["authorization"])]
        )
        assert is_fault(await client.send(request))


async def test_a_right_action_and_none_are_accepted(stage: Stage) -> None:
    """Clients write it with quotes, without, or leave it empty."""
    for action in ("", '""', f"{NAMESPACE}:DemanderIntervention", f'"{NAMESPACE}:DemanderIntervention"'):
        assert (await post(stage, GOOD, SOAPAction=action)).status_code == 200


async def test_utf_16_and_a_byte_order_mark_are_read(stage: Stage) -> None:
    """Old clients write them."""
    text = GOOD.replace("UTF-8", "UTF-16")
    assert (await post(stage, text.encode("utf-16"))).status_code == 200
    assert (await post(stage, b"\xef\xbb\xbf" + GOOD.encode())).status_code == 200


PDF_NOT = base64.b64encode(b"MZ rien").decode()


@pytest.mark.parametrize(
    ("found", "put", "warning"),
    [
        ("<t:telephone>+33600000000", "<t:telephone>zéro six douze", "TELEPHONE_ILLISIBLE"),
        ("</t:codeInsee>", "</t:codeInsee><t:position><t:latitude>2.66</t:latitude><t:longitude>48.5</t:longitude></t:position>", "POSITION_INVERSEE"),
        ("<t:anneeNaissance>1952", "<t:anneeNaissance>2026", "NAISSANCE_ILLISIBLE"),
        ("</t:telephone>", "</t:telephone><t:age>100</t:age>", "AGE_CONTREDIT"),
        ("<t:codeInsee>77288", "<t:codeInsee>20004", "INSEE_CORSE"),
        ("<t:rappel>+33100000000</t:rappel>", "", "RAPPEL_ABSENT"),
        ("<t:sexe>F", "<t:sexe>X", "SEXE_INCONNU"),
        ("2020-09-01T17:00:00+02:00", "hier", "HORODATAGE_ILLISIBLE"),
        ("<t:noteSuivi>SpO2 84 %</t:noteSuivi>", "", "NOTE_ABSENTE"),
        ("SpO2 84 %", "SpO2\u0085\ufdd0 84 %", "CARACTERES_RETIRES"),
        ("</t:noteSuivi>", f"</t:noteSuivi><t:document><t:contenu>{PDF_NOT}</t:contenu></t:document>", "DOCUMENT_PAS_PDF"),
        ("</t:noteSuivi>", '</t:noteSuivi><t:fait genre="humeur">bleue</t:fait>', "FAIT_INCONNU"),
        (
            "<t:patient>",
            "<t:patient><t:ins><t:matricule>269052A00400138</t:matricule><t:oid>1.2.250.1.213.1.4.8</t:oid></t:ins>",
            "INS_CLE",
        ),
    ],
)  # fmt: skip
async def test_almost_everything_is_accepted_and_said(stage: Stage, found: str, put: str, warning: str) -> None:
    """A warning travels with the answer, and the CRRA has the request."""
    content = GOOD.replace(found, put)
    if warning == "AGE_CONTREDIT":
        content = content.replace("<t:anneeNaissance>1952", "<t:anneeNaissance>2019")
    assert content != GOOD
    answer = await post(stage, content)
    assert answer.status_code == 200, answer.text
    assert warning in told(answer)["avertissement"]
    await stage.settle()
    assert list(await stage.held()) == [told(answer)["reference"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (demander(DEMANDE.replace("DEMANDE-ESSAI-1", " ")), "DEMANDE_SANS_ID"),
        (demander(DEMANDE.replace("77288", "75056").replace("77000", "75001")), "AUCUNE_ROUTE"),
        (demander(DEMANDE.replace("<t:horodatage>", "<t:mode>Actual</t:mode><t:horodatage>")), "MODE"),
        (
            demander(
                DEMANDE.replace("<t:adresse>12 rue de l’Exemple</t:adresse>", "")
                .replace("+33600000000", "rien")
                .replace("+33100000000", "rien")
            ),
            "SANS_LIEU_NI_TELEPHONE",
        ),
        (consulter("INCONNUE"), "DEMANDE_INCONNUE"),
        (annuler("INCONNUE"), "DEMANDE_INCONNUE"),
    ],
)
async def test_a_refusal_is_a_fault_of_the_contract(stage: Stage, body: str, code: str) -> None:
    """Its code, whether to try again, what to quote, and what to do."""
    answer = await post(stage, envelope(body))
    said = told(answer)
    assert (answer.status_code, said["code"], said["reessayable"]) == (500, code, "false")
    assert CALL in said["consigne"]
    assert said["correlation"]
    if body.startswith("<t:Annuler"):
        assert said["consigne"] == "Annulation non transmise, appelez le 15."


async def test_the_same_message_with_other_content_is_a_conflict(stage: Stage) -> None:
    """Where the sender names its messages, one name is one content."""
    named = DEMANDE + "<t:idMessage>M-1</t:idMessage>"
    assert (await post(stage, envelope(demander(named)))).status_code == 200
    refused = await post(stage, envelope(demander(named.replace("84", "80"))))
    assert told(refused)["code"] == "CONFLIT"
    assert WSA not in refused.text
