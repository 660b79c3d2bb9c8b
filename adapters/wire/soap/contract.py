"""A WSDL and the XSD files beside it: published as they are, and used to say where a message departs from them.

It reads files of ours only, never a message, and never the network. It refuses to quote a value: a defect names a path
and a kind of problem, since the words of libxml2 repeat what the message held.
"""

from __future__ import annotations

import re
import threading
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from mapping.contracts.safe_xml import Element, read_file

if TYPE_CHECKING:
    from pathlib import Path


WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSDL_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
WSDL_SOAP_12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
XS = "http://www.w3.org/2001/XMLSchema"

MOST_ERRORS, MOST_DEFECTS = 100, 20
"""Of a validator, looked at; of a message, told. Finding the place of each costs as much as the message is wide."""
PROBLEMS = (
    ("ENUMERATION", "code hors de la liste"),
    ("PATTERN", "forme non conforme"),
    ("LENGTH", "longueur hors limites"),
    ("CLUSIVE", "valeur hors limites"),
    ("DATATYPE", "type de valeur incorrect"),
    ("COMPLEX_TYPE_3", "attribut inattendu"),
    ("COMPLEX_TYPE_4", "attribut manquant"),
    ("CVC_ELT_1", "élément inconnu du contrat"),
)
"""Part of a libxml2 error name → what is told; the first that fits speaks."""


@dataclass(frozen=True, slots=True)
class Defect:
    """Where a message departs from its contract, and how; never with what."""

    path: str
    """Dotted names below the body element, `@name` for an attribute; the name of the body element for itself."""
    problem: str


def _clark(name: str, node: Element) -> str:
    """A prefixed name of an XML document as `{namespace}local`."""
    prefix, _, local = name.rpartition(":")
    return f"{{{node.nsmap[prefix or None]}}}{local}"


def _actions(wsdl: Element) -> dict[str, str]:
    """Body element (Clark) → SOAPAction, over message, portType and binding."""
    elements = {
        message.get("name", ""): _clark(part.get("element", ""), part)
        for message in wsdl.iter(f"{{{WSDL}}}message")
        for part in message.iter(f"{{{WSDL}}}part")
    }
    inputs = {
        operation.get("name", ""): elements[asked.get("message", "").rpartition(":")[2]]
        for operation in wsdl.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation")
        for asked in operation.iter(f"{{{WSDL}}}input")
    }
    return {
        inputs[operation.get("name", "")]: soap.get("soapAction", "")
        for operation in wsdl.iterfind(f"{{{WSDL}}}binding/{{{WSDL}}}operation")
        for soap in operation.iter(f"{{{WSDL_SOAP}}}operation")
    }


class Contract:
    """The contract of one SOAP address. Made once; safe in any thread."""

    def __init__(self, wsdl: Path) -> None:
        """`wsdl` lies in the folder of its XSD files and has one schema in its types."""
        self._folder = wsdl.parent
        self._wsdl = read_file(wsdl)
        self._types = etree.tostring(next(self._wsdl.iter(f"{{{XS}}}schema")))
        self._base = wsdl.resolve().as_uri()
        self._files: dict[str, Element] = {}
        self._collect(self._wsdl)
        # An XMLSchema keeps the errors of its last validation: shared state, so each thread has its own.
        self._schemas = threading.local()
        self.actions = _actions(self._wsdl)
        """Body element (Clark notation) → SOAPAction."""
        self._schema()

    def _collect(self, document: Element) -> None:
        """The XSD files that the contract is made of, and no other, may be asked for."""
        for node in document.iter(f"{{{XS}}}import", f"{{{XS}}}include"):
            name = node.get("schemaLocation", "")
            if name and name not in self._files:
                self._files[name] = read_file(self._folder / name)
                self._collect(self._files[name])

    def _schema(self) -> etree.XMLSchema:
        """This thread's own schema object."""
        schema: etree.XMLSchema | None = getattr(self._schemas, "schema", None)
        if schema is None:
            schema = etree.XMLSchema(etree.fromstring(self._types, base_url=self._base))
            self._schemas.schema = schema
        return schema

    def check(self, element: Element) -> list[Defect]:
        """What is wrong in a request or an answer: one defect per place, in the order of the message, the first twenty; empty when valid."""
        schema = self._schema()
        if schema.validate(element):
            return []
        defects: dict[str, Defect] = {}
        for entry in islice(schema.error_log, MOST_ERRORS):  # type: ignore[call-overload]  # stubs forget it is iterable
            path = _dotted(element, entry.path or "")
            if attribute := re.search(r"attribute '(?:\{[^}]*\})?([\w.-]+)'", entry.message):
                path = f"{path}.@{attribute[1]}"
            defects.setdefault(path, Defect(path, _problem(entry.type_name, entry.message)))
            if len(defects) == MOST_DEFECTS:
                break
        return list(defects.values())

    def wsdl(self, address: str) -> bytes:
        """The WSDL as served at an address: it names that address, and its schemas are found there."""
        document = deepcopy(self._wsdl)
        for node in document.iter(f"{{{WSDL_SOAP}}}address", f"{{{WSDL_SOAP_12}}}address"):
            node.set("location", address)
        return _served(document, address)

    def xsd(self, name: str, address: str = "") -> bytes | None:
        """One XSD file of the contract as served at an address; None for any other name."""
        document = self._files.get(name)
        return None if document is None else _served(deepcopy(document), address)


def _served(document: Element, address: str) -> bytes:
    """A contract file whose references lead to where they are served."""
    for node in document.iter(f"{{{XS}}}import", f"{{{XS}}}include"):
        if name := node.get("schemaLocation"):
            node.set("schemaLocation", f"{address}?xsd={name}")
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def _dotted(body: Element, path: str) -> str:
    """libxml2's path (`/*/*[2]/p:nir`) as a person writes it (`personne.nir`)."""
    names: list[str] = []
    node = body
    for step in path.split("/")[2:]:
        name, _, index = step.rstrip("]").partition("[")
        local = name.rpartition(":")[2]
        child = next(islice(node.iterchildren(f"{{*}}{local}"), int(index or 1) - 1, None), None)
        if child is None:
            break
        node = child
        names.append(etree.QName(node).localname[:80])
    return ".".join(names) or etree.QName(body).localname[:80]


def _problem(kind: str, message: str) -> str:
    """A kind of error in words; only names that the XSD itself gives are quoted."""
    if "ELEMENT_CONTENT" in kind:
        expected = re.search(r"Expected is (?:one of )?\( (.*) \)", message)
        names = re.findall(r"(?:\{([^}]*)\})?([\w.-]+)", expected[1]) if expected else []
        element = re.match(r"Element '(?:\{[^}]*\})?([^']*)'", message)
        if element and (space := next((space for space, name in names if name == element[1]), "")):
            # The name fits: only its namespace can be wrong, or its place.
            return f"élément attendu dans l’espace de noms {space}"
        wrong = "élément manquant" if "Missing" in message else "élément inattendu"
        return f"{wrong}, attendu : {', '.join(name for _, name in names)}" if names else wrong
    return next((words for part, words in PROBLEMS if part in kind), "non conforme au contrat")
