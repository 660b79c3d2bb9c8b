"""SOAP 1.1 as a server: what every SOAP door of ours, simulators included, does before and after the operation itself.

Raw bytes are limited, parsed with nothing switched on (no DTD, no entity, no network, no processing instruction), opened
as an envelope, checked against the XSD published beside the WSDL, dispatched by the body element, and the answer is
checked too before it leaves. A fault carries the contract's own detail and the path of a field, never its value.

It refuses to know what an operation means, and who may call it: `Call.request` is there for those who must ask.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lxml import etree
from starlette.responses import Response

from adapters.soap_contract import Contract, Defect, Element

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    Operation = Callable[["Call"], Awaitable[Element]]

__all__ = [
    "MAX_BODY",
    "SOAP",
    "Call",
    "Contract",
    "Defect",
    "Element",
    "SoapFault",
    "open_envelope",
    "parse",
    "seal",
    "seal_fault",
    "soap_door",
    "soap_fault_response",
]

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
NEXT_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"
XML = "text/xml; charset=utf-8"
MAX_BODY = 5 * 1024 * 1024
"""Bytes read before anything is parsed; lxml itself stops at 10 MB of text and 256 levels."""

FaultCode = Literal["Client", "Server", "MustUnderstand", "VersionMismatch"]


class SoapFault(Exception):  # noqa: N818 - the standard's own word
    """What is answered in place of an answer."""

    def __init__(self, code: FaultCode, text: str, reason: str | None = None, fields: tuple[str, ...] = ()) -> None:
        """`text` is French and holds no value; `reason` is the code of the contract's own detail, absent where only SOAP spoke."""
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.reason = reason
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation receives."""

    body: Element
    """The one element of the Body, valid against the XSD."""
    headers: tuple[Element, ...]
    action: str
    """SOAPAction without its quotes; empty when the caller gave none."""
    request: Request


def parse(raw: bytes) -> Element:
    """The root of a document that switches nothing on; a `SoapFault` for anything that SOAP 1.1 forbids."""
    if len(raw) > MAX_BODY:
        raise SoapFault("Client", "Le message dépasse 5 Mo.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root: Element = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        # The parser's own words quote the document, which is a patient's.
        raise SoapFault("Client", "Le message n’est pas du XML bien formé.") from None
    tree = root.getroottree()
    # `resolve_entities=False` leaves entities unread in the tree: the declaration itself is what must be refused.
    if tree.docinfo.internalDTD is not None:
        raise SoapFault("Client", "Une déclaration DOCTYPE est interdite.")
    if tree.xpath("//processing-instruction()"):
        raise SoapFault("Client", "Une instruction de traitement est interdite.")
    return root


def open_envelope(raw: bytes, understood: frozenset[str] = frozenset()) -> tuple[tuple[Element, ...], Element]:
    """The header blocks and the one body element. `understood` names the header blocks (Clark) that the door obeys."""
    root = parse(raw)
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise SoapFault("Client", "La racine n’est pas une enveloppe SOAP.")
    if name.namespace != SOAP:
        raise SoapFault("VersionMismatch", "Seul SOAP 1.1 est parlé ici.")
    headers = tuple(block for header in root.findall(f"{{{SOAP}}}Header") for block in header)
    _refuse_headers(headers, understood)
    bodies = root.findall(f"{{{SOAP}}}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise SoapFault("Client", "Il faut un Body et un seul, qui porte un élément et un seul.")
    return headers, bodies[0][0]


def _refuse_headers(headers: Sequence[Element], understood: frozenset[str]) -> None:
    """A block twice is an attack or a broken client; a block that must be understood and is not stops the message."""
    if any(times > 1 for times in Counter(block.tag for block in headers).values()):
        raise SoapFault("Client", "Un bloc d’en-tête est présent deux fois.")
    for block in headers:
        must = block.get(f"{{{SOAP}}}mustUnderstand") in {"1", "true"}
        ours = block.get(f"{{{SOAP}}}actor", "") in {"", NEXT_ACTOR}
        if must and ours and block.tag not in understood:
            raise SoapFault(
                "MustUnderstand", f"Le bloc d’en-tête {etree.QName(block).localname[:80]} n’est pas compris ici."
            )


def seal(body: Element, headers: Sequence[Element] = ()) -> bytes:
    """An envelope around one element; the element moves into it."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    if headers:
        etree.SubElement(root, f"{{{SOAP}}}Header").extend(headers)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def seal_fault(fault: SoapFault, detail: Element | None = None) -> bytes:
    """An envelope around a fault."""
    element = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soap": SOAP})
    etree.SubElement(element, "faultcode").text = f"soap:{fault.code}"
    text = etree.SubElement(element, "faultstring")
    text.text = fault.text
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "fr")
    if detail is not None:
        etree.SubElement(element, "detail").append(detail)
    return seal(element)


def soap_fault_response(fault: SoapFault, detail: Element | None = None) -> Response:
    """A fault as HTTP: always 500 (SOAP 1.1 section 6.2)."""
    return Response(seal_fault(fault, detail), 500, media_type=XML)


async def _read(request: Request) -> bytes:
    """The body, given up as soon as it is too long, so that nobody fills the memory."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise SoapFault("Client", "Un corps compressé est refusé.")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise SoapFault("Client", "Le message dépasse 5 Mo.")
    return bytes(raw)


def _check_request(contract: Contract, body: Element, action: str) -> None:
    """The body is one of the contract's, says what SOAPAction says, and is valid."""
    if action not in {"", contract.actions.get(str(body.tag), "")}:
        raise SoapFault("Client", "SOAPAction et le corps du message ne nomment pas la même opération.")
    if defects := contract.check(body):
        told = " ; ".join(f"{defect.path} : {defect.problem}" for defect in defects[:5])
        raise SoapFault(
            "Client", f"Le message ne suit pas le contrat. {told}", "SCHEMA", tuple(d.path for d in defects)
        )


def soap_door(
    contract: Contract,
    operations: Mapping[str, Operation],
    detail: Callable[[SoapFault], Element],
    understood: frozenset[str] = frozenset(),
) -> Callable[[Request], Awaitable[Response]]:
    """One address that answers calls (POST) and publishes its contract (GET `?wsdl`, `?xsd=name`).

    `operations` by body element in Clark notation; `detail` builds the contract's own detail of a fault that has a reason.
    """

    async def answer(request: Request) -> Response:
        headers, body = open_envelope(await _read(request), understood)
        operation = operations.get(str(body.tag))
        if operation is None:
            raise SoapFault("Client", "Cette opération n’est pas au contrat.")
        action = request.headers.get("soapaction", "").strip().strip('"')
        _check_request(contract, body, action)
        reply = await operation(Call(body, headers, action, request))
        if defects := contract.check(reply):
            raise SoapFault("Server", f"La réponse ne suit pas le contrat : {defects[0].path}.")
        return Response(seal(reply), media_type=XML)

    async def door(request: Request) -> Response:
        if request.method != "POST":
            return _published(contract, request)
        try:
            return await answer(request)
        except SoapFault as fault:
            return soap_fault_response(fault, detail(fault) if fault.reason else None)

    return door


def _published(contract: Contract, request: Request) -> Response:
    """The contract files, at the address of the service itself."""
    asked = {name.lower(): value for name, value in request.query_params.items()}
    address = str(request.url.replace(query=""))
    file = contract.wsdl(address) if "wsdl" in asked else contract.xsd(asked.get("xsd", ""), address)
    if file is None:
        return Response("Demandez ?wsdl, ou appelez en POST.", 404, media_type="text/plain; charset=utf-8")
    return Response(file, media_type=XML)
