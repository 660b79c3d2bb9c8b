"""SOAP as a server, 1.1 and where asked 1.2: what every SOAP door of ours, simulators included, does before and after the operation itself.

Raw bytes are limited, parsed with nothing switched on (no DTD, no entity, no network, no processing instruction), opened
as an envelope, checked against the XSD published beside the WSDL, dispatched by the body element, and the answer is
checked too before it leaves. A fault carries the contract's own detail and the path of a field, never its value.

It refuses to know what an operation means, and who may call it: `Call.request` is there for those who must ask.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from lxml import etree
from starlette.responses import Response

from adapters.wire.soap.contract import Contract, Defect
from adapters.wire.soap.versions import SOAP, SOAP_11, SOAP_12, FaultCode, Version
from mapping.contracts.safe_xml import Element, XmlReadingError, charset_of, read_xml_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from mapping.contracts.safe_xml import ReadXml, XmlFault

    Operation = Callable[["Call"], Awaitable[Element]]
    Admission = Callable[["Call"], Awaitable["Call"]]

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
    "schema_fault",
    "seal",
    "seal_fault",
    "soap_door",
    "soap_fault_response",
]

_T = TypeVar("_T")

XML = "text/xml; charset=utf-8"
MAX_BODY = 5 * 1024 * 1024
"""Bytes read before anything is parsed; lxml itself stops at 10 MB of text and 256 levels."""
MOST_MARKS = 20_000
"""Opening brackets of a call, and its equals signs: a hundred times what the fullest request holds."""
LARGE = 64 * 1024
"""Bytes from which a message is parsed and checked in a thread, so that the other doors stay open meanwhile."""
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPED = etree.XPath("descendant-or-self::*[@xsi:*]", namespaces={"xsi": XSI})
FAULTS: Mapping[XmlFault, str] = {
    "too_long": "Le message dépasse 5 Mo.",
    "too_many": "Le message a trop d’éléments ou d’attributs.",
    "malformed": "Le message n’est pas du XML bien formé",
    "doctype": "Une déclaration DOCTYPE est interdite.",
    "instruction": "Une instruction de traitement est interdite.",
    "charset": "Le message ne se lit pas.",
}
IN_PARTS = (
    "Le message est en plusieurs parties (MTOM, pièces jointes) : "
    "envoyer l’enveloppe seule, en text/xml, les documents en base64 dans leur élément."
)


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
    """The one element of the Body, valid against the XSD unless `defects` says where not."""
    headers: tuple[Element, ...]
    """The blocks that are for us; those of another actor are left alone."""
    action: str
    """SOAPAction without its quotes; empty when the caller gave none."""
    request: Request
    contradiction: str = ""
    """French: which charset was believed against which other; empty where they agree."""
    defects: tuple[Defect, ...] = ()
    """Where the body departs from the contract; always empty, unless the door is tolerant."""

    @property
    def operation(self) -> str:
        """The local name of the body element."""
        return str(etree.QName(self.body).localname)


def parse(raw: bytes, content_type: str = "") -> Element:
    """The root of a document that switches nothing on; a `SoapFault` for anything that SOAP forbids."""
    return _parsed(raw, content_type).root


def _parsed(raw: bytes, content_type: str) -> ReadXml:
    if content_type.lower().startswith("multipart/"):
        raise SoapFault("Client", IN_PARTS)
    try:
        return read_xml_document(
            raw, MAX_BODY, charset=charset_of(content_type), most_marks=MOST_MARKS, instructions=False
        )
    except XmlReadingError as error:
        raise SoapFault("Client", _words(error, raw)) from None


def _words(error: XmlReadingError, raw: bytes) -> str:
    """What is wrong with a document, and where the parser stopped."""
    start = raw[:16].lstrip()
    if error.fault == "malformed":
        if start.startswith(b"--"):
            return IN_PARTS
        if start.startswith((b"{", b"[")):
            return f"{FAULTS['malformed']} : il ressemble à du JSON, et une enveloppe SOAP est attendue."
        place = f" (ligne {error.line}, colonne {error.column})" if raw and error.line else ""
        return f"{FAULTS['malformed']}{place}."
    return f"{FAULTS[error.fault]} {error.why}".strip()


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
    version = next((spoken for spoken in versions if spoken.namespace == name.namespace), None)
    if version is None:
        expected = "Seul SOAP 1.1 est parlé ici." if len(versions) == 1 else "SOAP 1.1 ou 1.2 est attendu."
        raise SoapFault("VersionMismatch", expected)
    blocks = (block for header in root.findall(version.name("Header")) for block in header)
    headers = tuple(block for block in blocks if block.get(version.name(version.actor), "") in version.to_anyone)
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
        if must and block.tag not in understood:
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


def schema_fault(defects: Sequence[Defect]) -> SoapFault:
    """A message that departs from its contract: the first five places in words, all of them as fields."""
    places = " ; ".join(f"{defect.path} : {defect.problem}" for defect in defects[:5])
    text = f"Le message ne suit pas le contrat. {places}."
    return SoapFault("Client", text, "SCHEMA", tuple(defect.path for defect in defects))


def _action(request: Request) -> str:
    """The action that the transport says: SOAPAction in 1.1, a parameter of the media type in 1.2; empty when it says none."""
    parameter = re.search(r';\s*action="?([^";]*)"?', request.headers.get("content-type", ""))
    return request.headers.get("soapaction", parameter[1] if parameter else "").strip().strip('"')


def _unsaid(body: Element) -> None:
    """Leave out what is said to be nothing (`xsi:nil`), and the attributes that would send a validator elsewhere for its types."""
    for element in cast("list[Element]", _TYPED(body)):
        nothing = element.get(f"{{{XSI}}}nil", "").strip() in {"1", "true"}
        empty = not len(element) and not (element.text or "").strip()
        for name in [str(name) for name in element.attrib if str(name).startswith(f"{{{XSI}}}")]:
            del element.attrib[name]
        parent = element.getparent()
        if nothing and empty and element is not body and parent is not None:
            parent.remove(element)


def _named(contract: Contract, action: str) -> str:
    """The operation of an action; empty for none of the contract's."""
    return next((str(etree.QName(tag).localname) for tag, known in contract.actions.items() if known == action), "")


def _spoken(root: Element, versions: Sequence[Version]) -> Version:
    """The version of a call, in which a fault is told too; the first where it is none of them."""
    space = etree.QName(root).namespace
    return next((version for version in versions if version.namespace == space), versions[0])


def _hold_answer(contract: Contract, reply: Element) -> None:
    if defects := contract.check(reply):
        raise SoapFault("Server", f"La réponse ne suit pas le contrat : {defects[0].path}.")


async def _apart(size: int, work: Callable[..., _T], *given: object) -> _T:
    """The work, in a thread where the message is large."""
    return await asyncio.to_thread(work, *given) if size > LARGE else work(*given)


async def _as_it_came(call: Call) -> Call:
    return call


def soap_door(  # noqa: PLR0913 - what is spoken, and how
    contract: Contract,
    operations: Mapping[str, Operation],
    detail: Callable[[SoapFault], Element],
    understood: frozenset[str] = frozenset(),
    *,
    versions: Sequence[Version] = (SOAP_11,),
    answering: Callable[[Call, str], Sequence[Element]] = lambda _call, _name: (),
    admit: Admission = _as_it_came,
    tolerant: bool = False,
    instruction: Callable[[str, SoapFault], str] = lambda _operation, _fault: "",
) -> Callable[[Request], Awaitable[Response]]:
    """One address that answers calls (POST), in the version of each, and publishes its contract (GET `?wsdl`, `?xsd=name`).

    `operations` by body element in Clark notation; `detail` builds the contract's own detail of a fault that has a reason;
    `admit` says who calls, before anything is judged; a `tolerant` door judges what departs from the contract by itself; `answering`
    gives header blocks; `instruction`, of the operation's name (empty while unknown) and a fault, ends that fault.
    """

    async def door(request: Request) -> Response:
        if request.method != "POST":
            return _published(contract, request)
        version, asked = versions[0], _named(contract, _action(request))
        try:
            raw = await _read(request)
            document = await _apart(len(raw), _parsed, raw, request.headers.get("content-type", ""))
            version = _spoken(document.root, versions)
            envelope = read_envelope(document.root, understood, versions)
            asked = str(etree.QName(envelope.body).localname)
            call = await admit(Call(envelope.body, envelope.headers, _action(request), request, document.contradiction))
            call = await _apart(len(raw), _judged, contract, operations, call, tolerant)
            reply = await operations[str(call.body.tag)](call)
            _hold_answer(contract, reply)
            return _answered(version.seal(reply, answering(call, etree.QName(reply).localname)), 200, version)
        except SoapFault as fault:
            ended = fault.ending(instruction(asked, fault))
            return soap_fault_response(ended, detail(ended) if ended.reason else None, version)

    return door


def _judged(contract: Contract, operations: Mapping[str, Operation], call: Call, tolerant: bool) -> Call:  # noqa: FBT001 - a door's nature
    """The call, held against the contract: one of its operations, the one that the action says, and valid."""
    body = call.body
    if str(body.tag) not in operations:
        spaces = {etree.QName(tag).namespace for tag in operations if etree.QName(tag).localname == call.operation}
        place = f" Elle est attendue dans l’espace de noms {spaces.pop()}." if spaces else ""
        raise SoapFault("Client", f"Cette opération n’est pas au contrat.{place}")
    if call.action not in {"", contract.actions.get(str(body.tag), "")}:
        raise SoapFault("Client", "SOAPAction et le corps du message ne nomment pas la même opération.")
    _unsaid(body)
    defects = contract.check(body)
    if defects and not tolerant:
        raise schema_fault(defects)
    return replace(call, defects=tuple(defects))


def _published(contract: Contract, request: Request) -> Response:
    """The contract files, at the address of the service itself."""
    asked = {name.lower(): value for name, value in request.query_params.items()}
    address = str(request.url.replace(query=""))
    file = contract.wsdl(address) if "wsdl" in asked else contract.xsd(asked.get("xsd", ""), address)
    if file is None:
        return Response("Demandez ?wsdl, ou appelez en POST.", 404, media_type="text/plain; charset=utf-8")
    return Response(file, media_type=XML)
