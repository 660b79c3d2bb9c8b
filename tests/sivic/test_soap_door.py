"""The hardened SOAP door, knocked on with raw bytes as only an attacker or a broken client would."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from lxml import etree

from adapters.sivic.client import WSDL
from adapters.sivic.simulator import create_simulator
from adapters.wire.soap.server import MAX_BODY, SOAP, Contract, SoapFault, open_envelope, parse, seal, seal_fault
from tests.sivic.documents import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ADDRESS = "http://sivic.essai/sivic/v1"
ACTION = "urn:passerelle:sivic:1/ConsulterEvenement"
BODY = '<s:ConsulterEvenement xmlns:s="urn:passerelle:sivic:1"><s:mode>REEL</s:mode><s:idEvenement>E</s:idEvenement></s:ConsulterEvenement>'


def _envelope(body: str = BODY, header: str = "", namespace: str = SOAP) -> str:
    head = f"<soap:Header>{header}</soap:Header>" if header else ""
    return f'<soap:Envelope xmlns:soap="{namespace}">{head}<soap:Body>{body}</soap:Body></soap:Envelope>'


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A door in process."""
    transport = httpx.ASGITransport(create_simulator("Actual", lambda: NOW))
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


async def _fault(http: httpx.AsyncClient, content: str | bytes, **headers: str) -> tuple[str, str, list[str]]:
    """The code and sentence of the fault, and the code and fields of its detail."""
    raw = content.encode() if isinstance(content, str) else content
    response = await http.post(ADDRESS, content=raw, headers={"Content-Type": "text/xml", **headers})
    assert response.status_code == 500
    _, fault = open_envelope(response.content)
    detail = [node.text or "" for node in fault.iterfind("detail/*/*")]
    return (fault.findtext("faultcode") or "").removeprefix("soap:"), fault.findtext("faultstring") or "", detail


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (f"<!DOCTYPE x>{_envelope()}", "Client", "DOCTYPE"),
        (f'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>{_envelope("<y>&y;</y>")}', "Client", "DOCTYPE"),
        (f"<?x y?>{_envelope()}", "Client", "instruction de traitement"),
        (_envelope(BODY + "<?x y?>"), "Client", "instruction de traitement"),
        ("MOT-SECRET <", "Client", "bien formé"),
        ("", "Client", "bien formé"),
        ("<a/>", "Client", "enveloppe"),
        (_envelope(namespace="http://www.w3.org/2003/05/soap-envelope"), "VersionMismatch", "1.1"),
        (_envelope(""), "Client", "Body"),
        (_envelope(BODY + BODY), "Client", "Body"),
        (_envelope("<Autre/>"), "Client", "au contrat"),
        (_envelope(header="<a/><a/>"), "Client", "deux fois"),
        (_envelope(header='<a soap:mustUnderstand="1"/>'), "MustUnderstand", "a "),
        ("<a>" * 300 + "</a>" * 300, "Client", "bien formé"),
    ],
)
async def test_what_soap_forbids_is_refused(http: httpx.AsyncClient, content: str, code: str, words: str) -> None:
    """Each attack and each mistake has its fault, without a detail since the body was not looked at, and without a quote."""
    found, text, detail = await _fault(http, content)
    assert (found, detail) == (code, [])
    assert words in text
    assert "MOT-SECRET" not in text


@pytest.mark.parametrize(
    "header", ['<a soap:mustUnderstand="0"/>', '<a soap:mustUnderstand="1" soap:actor="urn:autre"/>']
)
async def test_a_header_for_somebody_else_is_passed_over(http: httpx.AsyncClient, header: str) -> None:
    """Only a block that is meant for us and must be understood stops a message."""
    _, _, detail = await _fault(http, _envelope(header=header))
    assert detail[0] == "EVENEMENT_SIVIC_INCONNU"


async def test_too_long_a_body_is_given_up(http: httpx.AsyncClient) -> None:
    """Five megabytes are read and not one more."""
    code, text, _ = await _fault(http, b" " * (MAX_BODY + 1))
    assert (code, text) == ("Client", "Le message dépasse 5 Mo.")


async def test_a_compressed_body_is_refused(http: httpx.AsyncClient) -> None:
    """A bomb is not even opened."""
    assert (await _fault(http, _envelope(), **{"Content-Encoding": "gzip"}))[1] == "Un corps compressé est refusé."


async def test_utf_16_is_read(http: httpx.AsyncClient) -> None:
    """Some old clients speak UTF-16: their message is understood."""
    raw = f'<?xml version="1.0" encoding="UTF-16"?>{_envelope()}'.encode("utf-16")
    assert (await _fault(http, raw))[2] == ["EVENEMENT_SIVIC_INCONNU", "idEvenement"]


@pytest.mark.parametrize("action", ["", '""', ACTION, f'"{ACTION}"'])
async def test_an_action_may_be_empty_or_true(http: httpx.AsyncClient, action: str) -> None:
    """SOAPAction says the operation of the body, or nothing."""
    assert (await _fault(http, _envelope(), SOAPAction=action))[2][0] == "EVENEMENT_SIVIC_INCONNU"


async def test_an_action_that_lies_is_refused(http: httpx.AsyncClient) -> None:
    """A firewall that filters by SOAPAction is not walked around."""
    assert "SOAPAction" in (await _fault(http, _envelope(), SOAPAction='"urn:autre"'))[1]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (BODY.replace("REEL", "MOT-SECRET"), ["mode"]),
        (BODY.replace("s:idEvenement", "s:MOT"), ["MOT"]),
        (BODY.replace("<s:idEvenement>E</s:idEvenement>", ""), ["ConsulterEvenement"]),
        (BODY.replace("<s:mode>", '<s:mode a="MOT-SECRET">'), ["mode.@a"]),
        (BODY.replace("<s:", "<").replace("</s:", "</").replace("xmlns:s", "xmlns").replace("REEL", "X"), ["mode"]),
    ],
)
async def test_a_body_outside_the_contract_has_its_fields_named(
    http: httpx.AsyncClient, body: str, fields: list[str]
) -> None:
    """The detail gives SCHEMA and the paths, whatever prefixes were used; the value stays unsaid."""
    code, text, detail = await _fault(http, _envelope(body))
    assert (code, detail) == ("Client", ["SCHEMA", *fields])
    assert "MOT-SECRET" not in text


async def test_the_contract_is_published_where_it_is_served(http: httpx.AsyncClient) -> None:
    """The WSDL names the address it was asked at and an XSD that can be fetched there; nothing else of the folder can."""
    wsdl = etree.fromstring((await http.get(f"{ADDRESS}?wsdl")).content)
    location = wsdl.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address").get("location")
    schema = wsdl.find(".//{http://www.w3.org/2001/XMLSchema}import").get("schemaLocation")
    assert (location, schema) == (ADDRESS, f"{ADDRESS}?xsd=sivic-v1.xsd")
    assert b"CodeFaute" in (await http.get(schema)).content
    for query in ("xsd=sivic-v1.wsdl", "xsd=../README.md", ""):
        assert (await http.get(f"{ADDRESS}?{query}")).status_code == 404


def test_a_contract_is_checked_in_many_threads_at_once() -> None:
    """Each thread has a schema of its own, so that the defects of one are never told to another."""
    contract = Contract(WSDL)
    good, bad = etree.fromstring(BODY), etree.fromstring(BODY.replace("REEL", "X"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: [d.path for d in contract.check(bad if n % 2 else good)], range(400)))
    assert found == [[], ["mode"]] * 200


def test_what_is_sealed_is_opened() -> None:
    """Header blocks and body come out of the envelope as they went in."""
    headers, body = open_envelope(seal(etree.Element("corps"), [etree.Element("bloc")]))
    assert ([block.tag for block in headers], body.tag) == (["bloc"], "corps")


def test_a_fault_is_in_french_and_keeps_its_detail() -> None:
    """The sentence says its language, and the detail is the contract's own element."""
    _, fault = open_envelope(seal_fault(SoapFault("Client", "Non."), etree.Element("Detail")))
    assert fault.find("faultstring").get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert fault.find("detail/Detail") is not None


def test_a_comment_is_not_an_element() -> None:
    """A comment inside the Body does not make a second element of it."""
    assert len(parse(b"<a><!-- b --></a>")) == 0


async def test_calls_at_once_keep_their_own_answers(http: httpx.AsyncClient) -> None:
    """Valid and invalid messages that meet do not exchange their faults."""
    asked: list[Any] = [_fault(http, _envelope(BODY.replace("REEL", "X") if n % 2 else BODY)) for n in range(20)]
    codes = [detail[0] for _, _, detail in await asyncio.gather(*asked)]
    assert codes == ["EVENEMENT_SIVIC_INCONNU", "SCHEMA"] * 10
