"""The SOAP door in front of everything that XML and its clients have invented."""

from __future__ import annotations

import asyncio
import base64
import gzip
import time
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from adapters.wire.ws_security.username_token import WSSE
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
from tests.interventions.stage import CALL, PLATFORM

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
        (envelope(demander("<t:inconnu/>")), "Client"),
        (envelope(demander(DEMANDE + "<t:patient/>")), "Client"),
        (envelope(demander(DEMANDE).replace("<t:demande>", "<t:demande/><t:demande>")), "Client"),
        (envelope(demander(), f"<wsa:Action>{NAMESPACE}:AnnulerDemande</wsa:Action>"), "Client"),
        (envelope(demander(), "<wsa:MessageID>a</wsa:MessageID><wsa:MessageID>b</wsa:MessageID>"), "Client"),
        (envelope(demander(), '<t:Autre s:mustUnderstand="1"/>'), "MustUnderstand"),
        (GOOD.replace("</t:noteSuivi>", "</t:noteSuivi>" + "<t:fait/>" * 80_000), "Client"),
        (GOOD.replace("<t:patient>", "<t:patient " + " ".join(f'a{n}="b"' for n in range(30_000)) + ">"), "Client"),
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


async def _longest_wait(done: asyncio.Event) -> float:
    """Seconds that another caller of the same loop waited at worst."""
    worst = 0.0
    while not done.is_set():
        begun = time.perf_counter()
        await asyncio.sleep(0.005)
        worst = max(worst, time.perf_counter() - begun)
    return worst


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("many", [2_500, 80_000])
async def test_a_message_full_of_faults_holds_nobody_up(stage: Stage, many: int, key: bool) -> None:  # noqa: FBT001
    """As many wrong elements as five megabytes hold, with a key and without: told at most twenty, and the other doors stay open."""
    wrong = "<t:fait><t:nature>a</t:nature><t:texte>b</t:texte></t:fait>" * many
    done = asyncio.Event()
    waiting = asyncio.create_task(_longest_wait(done))
    answer = await post(stage, envelope(demander(f"<t:idDemande>x</t:idDemande>{wrong}")), key=key)
    done.set()
    assert await waiting < 1
    assert answer.status_code == 500
    assert answer.text.count("<t:champ>") <= 20
    if not key and many == 2_500:
        assert told(answer)["code"] == "NON_AUTHENTIFIE"


async def test_who_is_calling_is_asked_before_what_is_said(stage: Stage) -> None:
    """Without a key, nothing of a message is judged: neither its elements, nor its operation."""
    for body in (demander("<t:inconnu/>"), "<t:Autre/>", consulter("INCONNUE")):
        assert told(await post(stage, envelope(body), key=False))["code"] == "NON_AUTHENTIFIE"


@pytest.mark.parametrize(
    ("body", "instruction"),
    [
        (consulter("INCONNUE"), "L’état de la demande n’est pas connu ici : en cas de doute, appelez le 15."),
        (annuler("INCONNUE"), "Annulation non transmise, appelez le 15."),
        (demander("<t:inconnu/>"), "Demande non transmise, appelez le 15."),
    ],
)
async def test_what_to_do_fits_what_was_asked(stage: Stage, body: str, instruction: str) -> None:
    """A question transmitted nothing; a cancellation is no request: with a key, without, and under a lying SOAPAction."""
    for given in ({}, {"key": False}, {"SOAPAction": '"urn:autre"'}):
        refused = await post(stage, envelope(body), **given)  # type: ignore[arg-type]
        assert str(told(refused)["faultstring"]).endswith(instruction)
        assert told(refused).get("consigne", instruction) == instruction


@pytest.mark.parametrize(
    ("found", "put", "path"),
    [
        ("<t:patient>", "<t:inconnu/><t:patient>", "demande.inconnu"),
        ("</t:telephone>", "</t:telephone><t:identiteDouteuse/>", "demande.patient.identiteDouteuse"),
        ("</t:telephone>", "</t:telephone><t:identiteDouteuse>peut-être</t:identiteDouteuse>", "demande.patient.identiteDouteuse"),
        ("</t:noteSuivi>", "</t:noteSuivi><t:fait>sans genre</t:fait>", "demande.fait.@genre"),
        ("</t:noteSuivi>", "</t:noteSuivi>" + '<t:fait genre="motive">a</t:fait>' * 61, "demande.fait"),
        ("</t:codeInsee>", "</t:codeInsee>" + "<t:code>1</t:code>" * 6, "demande.lieu.code"),
        ("<t:prenom>", "<t:sexe>F</t:sexe><t:prenom>", "demande.patient.prenom"),
        ("<t:patient>", '<t:patient urgent="oui">', "demande.patient.@urgent"),
        ("<t:patient>", "<t:patient><t:ins/>", "demande.patient.ins"),
    ],
)  # fmt: skip
async def test_what_departs_from_the_contract_is_told_and_taken(stage: Stage, found: str, put: str, path: str) -> None:
    """An unknown element, a yes that is no yes, one fact too many, another order: the CRRA has the request, the sender a warning."""
    answer = await post(stage, GOOD.replace(found, put, 1))
    assert answer.status_code == 200, answer.text
    assert "HORS_CONTRAT" in told(answer)["avertissement"]
    assert f">{path}<" in answer.text
    await stage.settle()
    assert (await stage.held())[told(answer)["reference"]]["demande"]["patient"]["nom"] == "TESTE"


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ("<t:telephone>+33600000000</t:telephone>", '<t:telephone xsi:nil="true"/>'),
        ("</t:codeInsee>", '</t:codeInsee><t:position xsi:nil="1"> </t:position>'),
        ("<t:patient>", '<t:patient><t:ins xsi:nil="true"/>'),
        ("<t:prenom>", '<t:prenom xsi:nil="false" xsi:type="inconnu">'),
        ("<t:DemanderIntervention>", '<t:DemanderIntervention xsi:schemaLocation="urn:a file:///etc/passwd">'),
    ],
)
async def test_what_is_said_to_be_nothing_is_nothing(stage: Stage, found: str, put: str) -> None:
    """`xsi:nil`, and the other attributes that toolkits write by themselves: no refusal, no warning."""
    spoken = GOOD.replace("<s:Envelope", '<s:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"')
    answer = await post(stage, spoken.replace(found, put, 1))
    assert answer.status_code == 200, answer.text
    assert "HORS_CONTRAT" not in told(answer)["avertissement"]


async def test_nothing_is_a_fault_where_something_is_needed(stage: Stage) -> None:
    """A request whose identifier is nil has none."""
    nil = '<t:idDemande xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    answer = await post(stage, GOOD.replace("<t:idDemande>DEMANDE-ESSAI-1</t:idDemande>", nil))
    assert (told(answer)["code"], told(answer)["champ"]) == ("SCHEMA", "demande.idMessage") or is_fault(answer)


PART = f"--uuid:1\r\nContent-Type: application/xop+xml\r\n\r\n{GOOD}\r\n--uuid:1--\r\n"


@pytest.mark.parametrize(
    ("content", "media", "words"),
    [
        (PART, 'multipart/related; type="application/xop+xml"; boundary="uuid:1"', "plusieurs parties"),
        (PART, "text/xml", "plusieurs parties"),
        (GOOD.replace("t:demande>", "demande>"), "text/xml", f"attendu dans l’espace de noms {NAMESPACE}"),
        (GOOD.replace(NAMESPACE, "urn:autre"), "text/xml", f"attendue dans l’espace de noms {NAMESPACE}"),
        ('{"request_id": "D"}', "text/xml", "ressemble à du JSON"),
        (GOOD[:300], "text/xml", "ligne 1, colonne"),
        (GOOD.replace('encoding="UTF-8"', "").encode("latin-1", "replace"), "text/xml", "n’est pas en UTF-8"),
        (
            GOOD.encode("utf-16-be").replace(b"\0", b""),
            "text/xml; charset=klingon",
            "Content-Type dit un jeu de caractères inconnu",
        ),
    ],
)
async def test_a_refusal_names_the_remedy(stage: Stage, content: str | bytes, media: str, words: str) -> None:
    """Attachments, a namespace, a charset, another format: the words say which, and what to send instead."""
    answer = await post(stage, content, Content_Type=media)
    assert words in str(told(answer)["faultstring"])
    assert is_fault(answer)


PLAIN = GOOD.split("?>", 1)[1]


@pytest.mark.parametrize(
    ("declared", "media", "bytes_are", "contradicted"),
    [
        ("UTF-8", "utf-8", "utf-8", False),
        ("", "", "utf-8", False),
        ("iso-8859-1", "", "latin-1", False),
        ("windows-1252", "", "cp1252", False),
        ("", "iso-8859-1", "latin-1", False),
        ("", "ISO-8859-15", "iso8859-15", False),
        ("utf-16", "", "utf-16", False),
        ("utf-16", "utf-16", "utf-16-be", False),
        ("utf-16", "utf-8", "utf-8", True),
        ("utf-16", "", "utf-8", True),
        ("iso-8859-1", "utf-8", "utf-8", True),
        ("utf-8", "iso-8859-1", "latin-1", True),
        ("iso-8859-1", "utf-8", "latin-1", True),
        ("iso-8859-1", "iso-8859-1", "utf-8-sig", True),
        ("utf-8", "us-ascii", "utf-8", False),
        ("utf-8", "klingon", "utf-8", True),
    ],
)
async def test_the_charset_is_the_one_of_the_standard(
    stage: Stage,
    declared: str,
    media: str,
    bytes_are: str,
    contradicted: bool,  # noqa: FBT001
) -> None:
    """RFC 7303: the mark, then the header, then the declaration; the accents arrive, and a contradiction is told."""
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    content = (prolog + PLAIN.replace("l’Exemple", "l'Exemple")).replace("Cellule d’essai", "Cellule")
    answer = await post(
        stage, content.encode(bytes_are), Content_Type=f"text/xml; charset={media}" if media else "text/xml"
    )
    assert answer.status_code == 200, answer.text
    assert ("CHARSET_CONTREDIT" in told(answer)["avertissement"]) is contradicted
    await stage.settle()
    assert (await stage.held())[told(answer)["reference"]]["demande"]["patient"]["prenom"] == "Angèle"


async def test_a_header_for_another_actor_is_left_alone(stage: Stage) -> None:
    """A bus in between has its own Security header: ours is read, and two of ours are still refused."""
    other = f'<w:Security xmlns:w="{WSSE}" s:actor="http://bus.example/" s:mustUnderstand="1"><w:BinarySecurityToken>AA==</w:BinarySecurityToken></w:Security>'
    assert (await post(stage, envelope(demander(), other))).status_code == 200
    ours = (
        f'<w:Security xmlns:w="{WSSE}"><w:UsernameToken><w:Username>{PLATFORM}</w:Username>'
        f"<w:Password>{stage.keys[PLATFORM]}</w:Password></w:UsernameToken></w:Security>"
    )
    assert (await post(stage, envelope(demander(), other + ours), key=False)).status_code == 200
    assert is_fault(await post(stage, envelope(demander(), ours + ours), key=False))
    assert told(await post(stage, envelope(demander(), other), key=False))["code"] == "NON_AUTHENTIFIE"


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
