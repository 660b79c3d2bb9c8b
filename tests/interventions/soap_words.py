"""Envelopes written by hand, as a stranger's client would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    import httpx

    from tests.interventions.stage import Stage

NAMESPACE = "urn:passerelle:samu:intervention:1"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"

DEMANDE = (
    "<t:idDemande>DEMANDE-ESSAI-1</t:idDemande><t:horodatage>2020-09-01T17:00:00+02:00</t:horodatage>"
    "<t:demandeur><t:structureId>1750712184</t:structureId><t:structureNom>Cellule d’essai</t:structureNom>"
    "<t:professionnelNom>Zoé ESSAI</t:professionnelNom><t:rappel>+33100000000</t:rappel></t:demandeur>"
    "<t:patient><t:nom>TESTE</t:nom><t:prenom>Angèle</t:prenom><t:anneeNaissance>1952</t:anneeNaissance>"
    "<t:sexe>F</t:sexe><t:telephone>+33600000000</t:telephone></t:patient>"
    "<t:lieu><t:adresse>12 rue de l’Exemple</t:adresse><t:codePostal>77000</t:codePostal><t:commune>Melun</t:commune>"
    "<t:codeInsee>77288</t:codeInsee></t:lieu><t:noteSuivi>SpO2 84 %</t:noteSuivi>"
)


def envelope(body: str, headers: str = "", soap: str = SOAP_11) -> str:
    """A message."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{soap}" xmlns:t="{NAMESPACE}" xmlns:wsa="{WSA}">'
        f"<s:Header>{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def demander(demande: str = DEMANDE) -> str:
    """A request."""
    return f"<t:DemanderIntervention><t:demande>{demande}</t:demande></t:DemanderIntervention>"


def consulter(request_id: str = "DEMANDE-ESSAI-1") -> str:
    """A question."""
    return f"<t:ConsulterDemande><t:idDemande>{request_id}</t:idDemande></t:ConsulterDemande>"


def annuler(request_id: str = "DEMANDE-ESSAI-1") -> str:
    """A cancellation."""
    return f"<t:AnnulerDemande><t:annulation><t:idDemande>{request_id}</t:idDemande></t:annulation></t:AnnulerDemande>"


async def post(stage: Stage, content: str | bytes, *, key: bool = True, **headers: str) -> httpx.Response:
    """A call at the door."""
    raw = content.encode() if isinstance(content, str) else content
    said = {
        "Content-Type": "text/xml; charset=utf-8",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    async with stage.client(**said) if key else stage.client(None, **said) as client:
        return await client.post("/soap/intervention", content=raw)


def told(answer: httpx.Response) -> dict[str, Any]:
    """The leaves of the Body by their names; `avertissement` is the list of codes."""
    root = etree.fromstring(answer.content)
    body = next(element for element in root if etree.QName(element).localname == "Body")
    found: dict[str, Any] = {"avertissement": []}
    for one in body.iter("*"):
        name = etree.QName(one).localname
        if name == "avertissement":
            found["avertissement"].append(one[0].text)
        elif len(one) == 0:
            found.setdefault(name, one.text)
    return found


def header(answer: httpx.Response, name: str) -> str | None:
    """A WS-Addressing block of an answer."""
    return etree.fromstring(answer.content).findtext(f".//{{{WSA}}}{name}")
