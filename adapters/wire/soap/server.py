"""SOAP as a server, 1.1 and where asked 1.2: what every SOAP door of ours, simulators included, does before and after the operation itself.

Raw bytes are limited, parsed with nothing switched on (no DTD, no entity, no network, no processing instruction), opened
as an envelope, checked against the XSD published beside the WSDL, dispatched by the body element, and the answer is
checked too before it leaves. A fault carries the contract's own detail and the path of a field, never its value.

It refuses to know what an operation means, and who may call it: `Call.request` is there for those who must ask.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree
from starlette.responses import Response

from adapters.wire.soap.contract import Contract, Defect, Element
from adapters.wire.soap.versions import SOAP, SOAP_11, SOAP_12, FaultCode, Version

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    Operation = Callable[["Call"], Awaitable[Element]]

__all__ = [
    "MAX_BODY",
    "SOAP",
    "SOAP_11",
    "SOAP_12",
    "Call",
    "Contract",
    "Defect",
    "Element",
    "Envelope",
    "SoapFault",
    "Version",
    "open_envelope",
    "parse",
    "read_envelope",
    "seal",
    "seal_fault",
    "soap_door",
    "soap_fault_response",
]

XML = "text/xml; charset=utf-8"
MAX_BODY = 5 * 1024 * 1024
"""Bytes read before anything is parsed; lxml itself stops at 10 MB of text and 256 levels."""


class SoapFault(Exception):  # noqa: N818 - the standard's own word
    """What is answered in place of an answer."""

    def __init__(self, code: FaultCode, text: str, reason: str | None = None, fields: tuple[str, ...] = ()) -> None:
        """`text` is French and holds no value; `reason` is the code of the contract's own detail, absent where only SOAP spoke."""
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.reason = reason
        self.fields = fields

    def ending(self, instruction: str) -> SoapFault:
        """The same, ended by what the caller must do."""
        if not instruction or instruction in self.text:
            return self
        return SoapFault(self.code, f"{self.text} {instruction}", self.reason, self.fields)


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
    """The root of a document that switches nothing on; a `SoapFault` for anything that SOAP forbids."""
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


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope, opened."""

    version: Version
    headers: tuple[Element, ...]
    body: Element
    """The one element of the Body."""


def open_envelope(raw: bytes, understood: frozenset[str] = frozenset()) -> tuple[tuple[Element, ...], Element]:
    """The header blocks and the one body element of a SOAP 1.1 envelope; `understood` as in `read_envelope`."""
    opened = read_envelope(parse(raw), understood)
    return opened.headers, opened.body


def read_envelope(
    root: Element, understood: frozenset[str] = frozenset(), versions: Sequence[Version] = (SOAP_11,)
) -> Envelope:
    """The version, the header blocks and the one body element. `understood` names the blocks (Clark) that the door obeys."""
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise SoapFault("Client", "La racine n’est pas une enveloppe SOAP.")
    version = next((one for one in versions if one.namespace == name.namespace), None)
    if version is None:
        spoken = "Seul SOAP 1.1 est parlé ici." if len(versions) == 1 else "SOAP 1.1 ou 1.2 est attendu."
        raise SoapFault("VersionMismatch", spoken)
    headers = tuple(block for header in root.findall(version.name("Header")) for block in header)
    _refuse_headers(headers, understood, version)
    bodies = root.findall(version.name("Body"))
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise SoapFault("Client", "Il faut un Body et un seul, qui porte un élément et un seul.")
    return Envelope(version, headers, bodies[0][0])


def _refuse_headers(headers: Sequence[Element], understood: frozenset[str], version: Version) -> None:
    """A block twice is an attack or a broken client; a block that must be understood and is not stops the message."""
    if any(times > 1 for times in Counter(block.tag for block in headers).values()):
        raise SoapFault("Client", "Un bloc d’en-tête est présent deux fois.")
    for block in headers:
        must = block.get(version.name("mustUnderstand")) in {"1", "true"}
        ours = block.get(version.name(version.actor), "") in version.to_anyone
        if must and ours and block.tag not in understood:
            raise SoapFault(
                "MustUnderstand", f"Le bloc d’en-tête {etree.QName(block).localname[:80]} n’est pas compris ici."
            )


def seal(body: Element, headers: Sequence[Element] = ()) -> bytes:
    """A SOAP 1.1 envelope around one element; the element moves into it."""
    return SOAP_11.seal(body, headers)


def seal_fault(fault: SoapFault, detail: Element | None = None) -> bytes:
    """A SOAP 1.1 envelope around a fault."""
    return seal(SOAP_11.fault(fault.code, fault.text, detail))


def soap_fault_response(fault: SoapFault, detail: Element | None = None, version: Version = SOAP_11) -> Response:
    """A fault as HTTP."""
    sealed = version.seal(version.fault(fault.code, fault.text, detail))
    return _answered(sealed, version.status(fault.code), version)


def _answered(content: bytes, status: int, version: Version) -> Response:
    return Response(content, status, media_type=f"{version.media_type}; charset=utf-8")


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
    """The body is one of the contract's, says what the action says, and is valid."""
    if action not in {"", contract.actions.get(str(body.tag), "")}:
        raise SoapFault("Client", "SOAPAction et le corps du message ne nomment pas la même opération.")
    if defects := contract.check(body):
        told = " ; ".join(f"{defect.path} : {defect.problem}" for defect in defects[:5])
        raise SoapFault(
            "Client", f"Le message ne suit pas le contrat. {told}", "SCHEMA", tuple(d.path for d in defects)
        )


def _action(request: Request) -> str:
    """The action that the transport says: SOAPAction in 1.1, a parameter of the media type in 1.2; empty when it says none."""
    said = re.search(r';\s*action="?([^";]*)"?', request.headers.get("content-type", ""))
    return request.headers.get("soapaction", said[1] if said else "").strip().strip('"')


def soap_door(  # noqa: PLR0913 - what is spoken, and how
    contract: Contract,
    operations: Mapping[str, Operation],
    detail: Callable[[SoapFault], Element],
    understood: frozenset[str] = frozenset(),
    *,
    versions: Sequence[Version] = (SOAP_11,),
    answering: Callable[[Call, str], Sequence[Element]] = lambda _call, _name: (),
    instruction: str = "",
) -> Callable[[Request], Awaitable[Response]]:
    """One address that answers calls (POST) and publishes its contract (GET `?wsdl`, `?xsd=name`).

    `operations` by body element in Clark notation; `detail` builds the contract's own detail of a fault that has a reason;
    `answering` gives the header blocks of an answer of that name (WS-Addressing); `instruction` ends every fault that does not
    say by itself what to do. An answer is of the version of its call.
    """

    async def door(request: Request) -> Response:
        if request.method != "POST":
            return _published(contract, request)
        version = versions[0]
        try:
            root = parse(await _read(request))
            # A fault is told in the version of its call, as soon as that is known.
            version = next((one for one in versions if one.namespace == etree.QName(root).namespace), version)
            envelope = read_envelope(root, understood, versions)
            return await _call(contract, operations, answering, request, envelope)
        except SoapFault as fault:
            return soap_fault_response(fault.ending(instruction), detail(fault) if fault.reason else None, version)

    return door


async def _call(
    contract: Contract,
    operations: Mapping[str, Operation],
    answering: Callable[[Call, str], Sequence[Element]],
    request: Request,
    envelope: Envelope,
) -> Response:
    """Run the operation of one envelope; what comes in and what goes out both follow the contract."""
    body, version = envelope.body, envelope.version
    operation = operations.get(str(body.tag))
    if operation is None:
        raise SoapFault("Client", "Cette opération n’est pas au contrat.")
    action = _action(request)
    _check_request(contract, body, action)
    call = Call(body, envelope.headers, action, request)
    reply = await operation(call)
    if defects := contract.check(reply):
        raise SoapFault("Server", f"La réponse ne suit pas le contrat : {defects[0].path}.")
    return _answered(version.seal(reply, answering(call, etree.QName(reply).localname)), 200, version)


def _published(contract: Contract, request: Request) -> Response:
    """The contract files, at the address of the service itself."""
    asked = {name.lower(): value for name, value in request.query_params.items()}
    address = str(request.url.replace(query=""))
    file = contract.wsdl(address) if "wsdl" in asked else contract.xsd(asked.get("xsd", ""), address)
    if file is None:
        return Response("Demandez ?wsdl, ou appelez en POST.", 404, media_type="text/plain; charset=utf-8")
    return Response(file, media_type=XML)
