"""A client that none of us wrote: zeep, from the WSDL as published by a running server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import zeep
from lxml import etree
from pydantic import SecretStr
from requests import Session
from zeep.exceptions import Fault
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from adapters.lrm.soap.client import NAMESPACE
from adapters.lrm.soap.simulator import create_simulator
from adapters.wire.ws_security.username_token import Credentials
from tests.contract.uvicorn_server import serving
from tests.lrm.lrm_pair import SetClock

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = Credentials(username="passerelle-essai", password=SecretStr("mot-de-passe-essai"))
DEMANDE: dict[str, Any] = {
    "idDemande": "DEMANDE-ZEEP",
    "mode": "Actual",
    "horodatage": datetime(2026, 1, 1, 7, tzinfo=UTC),
    "demandeur": {
        "structureId": "1750712184",
        "structureNom": "Cellule d’essai",
        "professionnelNom": "Zoé ESSAI",
        "rappel": "+33100000000",
    },
    "patient": {"nom": "TESTE", "prenom": "Angèle", "anneeNaissance": "1952", "sexe": "F"},
    "lieu": {
        "adresse": "12 rue de l’Exemple",
        "commune": "Ajaccio",
        "codeInsee": "2A004",
        "position": {"latitude": Decimal("41.9192"), "longitude": Decimal("8.7386")},
    },
    "noteSuivi": "Chute, ne se relève pas.",
}


async def with_zeep(work: Callable[[zeep.Client], Any], *, token: bool = False, **crra: Any) -> Any:
    """Serve a CRRA, build a zeep client from its published WSDL, and let it work in a thread of its own."""
    async with serving(create_simulator("Actual", SetClock(), **crra)) as server:

        def run() -> Any:
            wsse = UsernameToken(
                ACCOUNT.username,
                ACCOUNT.password.get_secret_value(),
                use_digest=True,
                nonce="seize-octets-fix",
                created=SetClock.now,
            )
            with Session() as session:
                session.trust_env = False
                address = f"{server.url}/soap/intervention?wsdl"
                return work(zeep.Client(address, transport=Transport(session=session), wsse=wsse if token else None))

        return await asyncio.to_thread(run)


async def test_zeep_asks_consults_and_cancels() -> None:
    """The three operations work for a client generated from the published contract, replay included."""

    def work(client: zeep.Client) -> list[Any]:
        service = client.service
        asked = [service.DemanderIntervention(demande=DEMANDE), service.DemanderIntervention(demande=DEMANDE)]
        consulted = service.ConsulterDemande(idDemande="DEMANDE-ZEEP", mode="Actual")
        order = {"idDemande": "DEMANDE-ZEEP", "mode": "Actual", "horodatage": DEMANDE["horodatage"]}
        return [*asked, consulted, service.AnnulerDemande(annulation=order)]

    answers = await with_zeep(work)
    assert [(answer.etat, answer.doublon) for answer in answers] == [
        ("RECUE", False),
        ("RECUE", True),
        ("RECUE", False),
        ("ANNULEE", False),
    ]
    assert {answer.idDossier for answer in answers} == {"26-000001"}
    assert {answer.recuLe for answer in answers} == {SetClock.now}


async def test_zeep_reads_our_fault() -> None:
    """The fault carries the contract's detail: the code, the path at fault, whether to try again, what to quote."""

    def work(client: zeep.Client) -> Any:
        client.service.DemanderIntervention(demande=DEMANDE)
        with pytest.raises(Fault) as refused:
            client.service.DemanderIntervention(demande={**DEMANDE, "noteSuivi": "Autre note."})
        return refused.value

    fault = await with_zeep(work)
    said = {etree.QName(part).localname: part.text for part in fault.detail[0]}
    assert (fault.code, etree.QName(fault.detail[0]).namespace) == ("soap:Client", NAMESPACE)
    assert {**said, "correlation": ""} == {
        "code": "CONFLIT",
        "champ": "demande.idDemande",
        "reessayable": "false",
        "correlation": "",
    }
    assert said["correlation"]


@pytest.mark.parametrize("token", [True, False])
async def test_the_token_of_zeep_is_understood(token: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """A digest made by another maker's library is taken; without one the call is not authenticated."""

    def work(client: zeep.Client) -> str:
        try:
            return str(client.service.DemanderIntervention(demande=DEMANDE).etat)
        except Fault as fault:
            return str(fault.detail.findtext(f".//{{{NAMESPACE}}}code"))

    assert await with_zeep(work, token=token, credentials=ACCOUNT) == ("RECUE" if token else "NON_AUTHENTIFIE")


def by_hand(header: str = "", prologue: str = "", identifier: str = "MAIN") -> str:
    """An envelope as somebody types it."""
    return (
        f'{prologue}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="{NAMESPACE}">'
        f"<s:Header>{header}</s:Header><s:Body><i:ConsulterDemande><i:idDemande>{identifier}</i:idDemande>"
        "<i:mode>Actual</i:mode></i:ConsulterDemande></s:Body></s:Envelope>"
    )


WSA_ID = '<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">urn:essai:1</a:MessageID>'


@pytest.mark.parametrize(
    ("raw", "action", "said"),
    [
        (by_hand().encode(), "", "DEMANDE_INCONNUE"),
        (by_hand(prologue='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"), "", "DEMANDE_INCONNUE"),
        (by_hand(WSA_ID).encode(), f'"{NAMESPACE}:ConsulterDemande"', "DEMANDE_INCONNUE"),
        (by_hand(WSA_ID * 2).encode(), "", "soap:Client"),
        (by_hand().encode(), '"urn:autre"', "soap:Client"),
        (by_hand(identifier="x" * 81).encode(), "", "SCHEMA"),
        (by_hand(prologue='<!DOCTYPE x [<!ENTITY e "e">]>', identifier="&e;").encode(), "", "soap:Client"),
        (by_hand('<z:Z xmlns:z="urn:z" s:mustUnderstand="1"/>').encode(), "", "soap:MustUnderstand"),
        (b"bonjour", "", "soap:Client"),
    ],
)
async def test_an_envelope_by_hand_is_answered_in_soap(raw: bytes, action: str, said: str) -> None:
    """Good or bad, an envelope gets a SOAP fault with our code, or SOAP's own where only SOAP has something to say."""
    wire = httpx.ASGITransport(create_simulator("Actual", SetClock()))
    async with httpx.AsyncClient(transport=wire, base_url="http://crra.essai") as client:
        headers = {"Content-Type": "text/xml", "SOAPAction": action}
        answer = await client.post("/soap/intervention", content=raw, headers=headers)
    fault = etree.fromstring(answer.content)
    assert answer.status_code == 500
    assert said in {fault.findtext(".//faultcode"), fault.findtext(f".//{{{NAMESPACE}}}code")}
