"""The SOAP client: what leaves follows the contract, what comes back is believed only if it does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from lxml import etree

from adapters.sivic.client import WSDL, contract
from adapters.wire.http import open_client
from adapters.wire.link import Link
from adapters.wire.soap.client import FaultAnswerError, SoapClient, load_contract
from adapters.wire.soap.server import SoapFault, open_envelope, seal, seal_fault
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tests.sivic.documents import NOW

if TYPE_CHECKING:
    from pathlib import Path

TREE = {"mode": "REEL", "idEvenement": "E"}
ANSWER = {"idEvenement": "E", "statut": "OUVERT", "ua": 1, "ur": 2, "imp": 3, "dcd": 4, "nc": 5, "total": 15}


def _answer(operation: str = "ConsulterEvenement", **tree: Any) -> bytes:
    return seal(contract().operations[operation].answer.write({**ANSWER, **tree}))


async def _call(response: httpx.Response, tree: dict[str, Any] | None = None) -> tuple[Any, httpx.Request | None]:
    """One call of ConsulterEvenement to a neighbour that answers this; the answer or the error, and what was asked."""
    asked: list[httpx.Request] = []

    def neighbour(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return response

    async with open_client(Link(url="http://sivic.essai/base"), httpx.MockTransport(neighbour)) as http:
        client = SoapClient(contract(), http, "sivic", lambda: NOW)
        try:
            got: Any = await client.call("ConsulterEvenement", TREE if tree is None else tree)
        except (DeliveryError, FaultAnswerError) as error:
            got = error
    return got, asked[0] if asked else None


async def test_a_call_is_soap_1_1_to_the_path_of_the_contract() -> None:
    """Link for the host, WSDL for the path and the action; leaves of the answer have the types of the XSD."""
    answer, request = await _call(httpx.Response(200, content=_answer()))
    assert request is not None
    assert str(request.url) == "http://sivic.essai/base/sivic/v1"
    assert request.headers["soapaction"] == '"urn:passerelle:sivic:1/ConsulterEvenement"'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert (answer.sent, answer.tree) == (request.content, ANSWER)


async def test_the_order_of_the_contract_is_kept_whatever_the_tree() -> None:
    """A mapping file may write its rules in any order."""
    _, request = await _call(httpx.Response(200, content=_answer()), dict(reversed(TREE.items())))
    assert request is not None
    assert [etree.QName(child).localname for child in open_envelope(request.content)[1]] == ["mode", "idEvenement"]


@pytest.mark.parametrize(
    ("tree", "detail"),
    [
        ({**TREE, "inconnu": "MOT-SECRET"}, "inconnu : élément inconnu du contrat"),
        ({"mode": "REEL"}, "ConsulterEvenement : élément manquant, attendu : idEvenement"),
        ({**TREE, "mode": "MOT-SECRET"}, "mode : code hors de la liste"),
        ({**TREE, "mode": {"a": "MOT-SECRET"}}, "mode : valeur simple attendue"),
        ({**TREE, "idEvenement": "MOT-SECRET\x00"}, "idEvenement : valeur que le type ne peut pas écrire"),
        ({**TREE, "idEvenement": ["E", "MOT-SECRET"]}, "idEvenement : élément inattendu"),
    ],
)
async def test_a_tree_outside_the_contract_does_not_leave(tree: dict[str, Any], detail: str) -> None:
    """Permanent, with the path and the kind of problem, never the value, and nothing on the wire."""
    error, request = await _call(httpx.Response(200, content=_answer()), tree)
    assert isinstance(error, PermanentDeliveryError)
    assert (error.cause.code, error.cause.detail) == ("sivic.contrat", detail)
    assert "MOT-SECRET" not in repr(error)
    assert request is None


@pytest.mark.parametrize(
    "content",
    [
        b"<html>portail captif</html>",
        b"<!DOCTYPE html><html></html>",
        _answer().replace(b">15<", b">quinze<"),
        _answer().replace(b"ConsulterEvenementReponse", b"AutreReponse"),
    ],
)
async def test_an_answer_that_is_not_the_contract_s_is_not_a_receipt(content: bytes) -> None:
    """Somebody between us may have spoken: the message stays, and its id makes a second sending harmless."""
    error, _ = await _call(httpx.Response(200, content=content))
    assert type(error) is TransientDeliveryError
    assert (error.cause.code, error.uncertain) == ("sivic.reponse_illisible", True)
    assert error.answered == content
    assert error.sent


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (500, TransientDeliveryError, "sivic.http_500"),
        (503, TransientDeliveryError, "sivic.http_503"),
        (429, TransientDeliveryError, "sivic.http_429"),
        (401, PermanentDeliveryError, "sivic.http_401"),
        (302, PermanentDeliveryError, "sivic.http_302"),
    ],
)
async def test_a_status_without_a_fault_means_what_http_says(status: int, kind: type[DeliveryError], code: str) -> None:
    """The table of the way out over HTTP speaks, and Retry-After is heard."""
    error, _ = await _call(httpx.Response(status, headers={"Retry-After": "7"}, content=b"<html/>"))
    assert (type(error), error.cause.code) == (kind, code)
    assert getattr(error, "retry_after", 7) == 7


async def test_a_fault_brings_its_detail_as_a_tree() -> None:
    """The adapter reads codes and fields; the words of the neighbour stay out of the exception's arguments."""
    detail = contract().operations["ConsulterEvenement"].faults["{urn:passerelle:sivic:1}FauteSivic"]
    content = seal_fault(
        SoapFault("Client", "MOT-SECRET"), detail.write({"code": "MODE", "champ": ["mode", "idEvenement"]})
    )
    fault, _ = await _call(httpx.Response(500, content=content, headers={"Retry-After": "3"}))
    assert isinstance(fault, FaultAnswerError)
    assert (fault.code, fault.detail) == ("Client", {"code": "MODE", "champ": ["mode", "idEvenement"]})
    assert (fault.text, fault.retry_after, fault.answered) == ("MOT-SECRET", 3, content)
    assert "MOT-SECRET" not in repr(fault)


async def test_a_detail_of_another_contract_is_not_read() -> None:
    """What the XSD does not describe is not guessed at."""
    fault, _ = await _call(httpx.Response(500, content=seal_fault(SoapFault("Server", ""), etree.Element("Autre"))))
    assert (fault.code, fault.detail) == ("Server", {})


def test_a_date_is_read_with_its_offset() -> None:
    """Leaves come back as Python values, instants aware."""
    event = contract().operations["OuvrirOuLierEvenement"].request
    said = {"idPortail": "e", "version": 1, "nom": "n", "type": "t", "statut": "OUVERT", "debut": NOW}
    tree = {"idMessage": "m", "mode": "REEL", "action": "CREER", "evenement": said}
    read = event.read(event.write(tree))
    assert read == tree
    assert read["evenement"]["debut"] == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_contract_that_leads_to_the_network_is_not_loaded(tmp_path: Path) -> None:
    """A packaged contract is whole: nothing is fetched at start."""
    wsdl = tmp_path / "autre-v1.wsdl"
    wsdl.write_text(
        WSDL.read_text("utf-8").replace('"sivic-v1.xsd"', '"http://ailleurs.invalid/sivic-v1.xsd"'), encoding="utf-8"
    )
    with pytest.raises(ValueError, match="packaged contract"):
        load_contract(wsdl)
