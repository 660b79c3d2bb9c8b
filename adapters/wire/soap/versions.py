"""What differs between SOAP 1.1 and 1.2: the names, the shape of a fault, and its HTTP status. Nothing else is told apart anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapping.contracts.safe_xml import Element

FaultCode = Literal["Client", "Server", "MustUnderstand", "VersionMismatch"]
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12_NAMESPACE = "http://www.w3.org/2003/05/soap-envelope"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of SOAP."""

    namespace: str
    media_type: str
    actor: str
    """The attribute of a header block that says whom it is for."""
    to_anyone: frozenset[str]
    """The values of that attribute that mean us."""
    codes: tuple[tuple[str, str], ...] = ()
    """Fault codes of SOAP 1.1 that have another name here."""

    def name(self, local: str) -> str:
        """A name of the envelope, in Clark notation."""
        return f"{{{self.namespace}}}{local}"

    def status(self, code: FaultCode) -> int:
        """The HTTP status of a fault: 1.1 says always 500, 1.2 tells the sender's mistakes apart."""
        return 400 if self is SOAP_12 and code == "Client" else 500

    def seal(self, body: Element, headers: Sequence[Element] = ()) -> bytes:
        """An envelope around one element; the elements move into it."""
        root = etree.Element(self.name("Envelope"), nsmap={"soap": self.namespace})
        if headers:
            etree.SubElement(root, self.name("Header")).extend(headers)
        etree.SubElement(root, self.name("Body")).append(body)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def fault(self, code: FaultCode, text: str, detail: Element | None) -> Element:
        """The fault of an envelope."""
        element = etree.Element(self.name("Fault"), nsmap={"soap": self.namespace})
        named = f"soap:{dict(self.codes).get(code, code)}"
        if self is SOAP_12:
            etree.SubElement(etree.SubElement(element, self.name("Code")), self.name("Value")).text = named
            reason = etree.SubElement(etree.SubElement(element, self.name("Reason")), self.name("Text"))
        else:
            etree.SubElement(element, "faultcode").text = named
            reason = etree.SubElement(element, "faultstring")
        reason.text = text
        reason.set(XML_LANG, "fr")
        if detail is not None:
            etree.SubElement(element, self.name("Detail") if self is SOAP_12 else "detail").append(detail)
        return element


SOAP_11 = Version(
    SOAP,
    "text/xml",
    "actor",
    frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"}),
)
SOAP_12 = Version(
    SOAP_12_NAMESPACE,
    "application/soap+xml",
    "role",
    frozenset(
        {
            "",
            f"{SOAP_12_NAMESPACE}/role/next",
            f"{SOAP_12_NAMESPACE}/role/ultimateReceiver",
        }
    ),
    (("Client", "Sender"), ("Server", "Receiver")),
)
