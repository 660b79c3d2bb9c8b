"""The contract as zeep understood it: operations, and per element the writer and reader that its type asks for.

zeep walks every type at every call; here its types are walked once, at load, and what is left is a flat table per
type. It refuses the network at load, and the two shapes that no mapping can fill: mixed text and `xs:any`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import zeep
from lxml import etree
from zeep.transports import Transport

from adapters.wire.soap.server import Contract, Element

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Misfit(Exception):  # noqa: N818 - a word for people; it never leaves the SOAP client
    """A tree that the type cannot hold."""

    def __init__(self, path: str, problem: str) -> None:
        """`path` is dotted; `problem` is French and holds no value."""
        super().__init__(path)
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Shape:
    """One XSD type: a leaf that zeep's built-in type writes and reads, or children in order, with attributes."""

    leaf: Any = None
    children: dict[str, Slot] = field(default_factory=dict)
    attributes: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """`@name` of the tree → (attribute name, zeep type)."""

    def fill(self, element: Element, value: Any, path: str) -> None:  # noqa: ANN401 - a tree or a leaf
        """Write a value into its element."""
        if self.leaf is not None:
            element.text = _text(self.leaf, value, path)
            return
        if not isinstance(value, dict):
            raise Misfit(path, "groupe attendu")
        for name in value:
            if name not in self.children and name not in self.attributes:
                raise Misfit(f"{path}.{name}".lstrip("."), "élément inconnu du contrat")
        for name, (attribute, kind) in self.attributes.items():
            if value.get(name) is not None:
                element.set(attribute, _text(kind, value[name], f"{path}.{name}"))
        for name, slot in self.children.items():
            items = value.get(name)
            for item in items if isinstance(items, list) else () if items is None else (items,):
                slot.shape.fill(etree.SubElement(element, slot.tag), item, f"{path}.{name}".lstrip("."))

    def take(self, element: Element) -> Any:  # noqa: ANN401 - a tree or a leaf
        """Read the value of a valid element."""
        if self.leaf is not None:
            return self.leaf.pythonvalue(element.text or "")
        tree: dict[str, Any] = {
            name: kind.pythonvalue(element.get(attribute))
            for name, (attribute, kind) in self.attributes.items()
            if element.get(attribute) is not None
        }
        by_tag = {slot.tag: (name, slot) for name, slot in self.children.items()}
        for child in element:
            name, slot = by_tag[str(child.tag)]
            value = slot.shape.take(child)
            if slot.many:
                tree.setdefault(name, []).append(value)
            else:
                tree[name] = value
        return tree


@dataclass(frozen=True, slots=True)
class Slot:
    """A child element of a type."""

    tag: str
    many: bool
    shape: Shape


@dataclass(frozen=True, slots=True)
class Root:
    """A global element: the wrapper of a request, an answer or a fault."""

    tag: str
    shape: Shape

    def write(self, tree: Mapping[str, Any]) -> Element:
        """The element that holds this tree; `Misfit` when the type has no place for a part of it."""
        element = etree.Element(self.tag, nsmap={"m": etree.QName(self.tag).namespace or ""})
        self.shape.fill(element, dict(tree), "")
        return element

    def read(self, element: Element) -> dict[str, Any]:
        """The tree of a valid element."""
        tree: dict[str, Any] = self.shape.take(element)
        return tree


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the binding."""

    action: str
    request: Root
    answer: Root
    faults: dict[str, Root]
    """By element name, in Clark notation."""


@dataclass(frozen=True, slots=True)
class ClientContract:
    """A contract ready to be spoken."""

    path: str
    """Of the service's address: the link says the host, the contract says the path."""
    operations: dict[str, Operation]
    published: Contract


class _DiskOnly(Transport):
    """Contracts are packaged; one that leads elsewhere is a mistake of ours."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def _load_remote_data(self, url: str) -> bytes:
        message = f"a packaged contract refers to {urlsplit(url).netloc}"
        raise ValueError(message)


def load_contract(wsdl: Path) -> ClientContract:
    """Read a WSDL with its XSD files, from disk alone. Some 50 ms: once per process."""
    settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True)
    client: Any = zeep.Client(str(wsdl), transport=_DiskOnly(), settings=settings)  # type: ignore[no-untyped-call]
    port = next(port for service in client.wsdl.services.values() for port in service.ports.values())
    shapes: dict[int, Shape] = {}

    def root(element: Any) -> Root:  # noqa: ANN401 - zeep ships no types
        return Root(element.qname.text, _shape(element.type, shapes))

    operations = {
        name: Operation(
            operation.soapaction,
            root(operation.input.body),
            root(operation.output.body),
            {
                fault.tag: fault
                for message in operation.abstract.fault_messages.values()
                for fault in (root(part.element) for part in message.parts.values())
            },
        )
        for name, operation in port.binding._operations.items()  # noqa: SLF001 - zeep has no public list of them
    }
    return ClientContract(urlsplit(port.binding_options["address"]).path or "/", operations, Contract(wsdl))


def _shape(kind: Any, known: dict[int, Shape]) -> Shape:  # noqa: ANN401 - zeep ships no types
    """The table of one zeep type; types that hold themselves are met again in `known`."""
    if id(kind) in known:
        return known[id(kind)]
    if not hasattr(kind, "elements"):
        return known.setdefault(id(kind), Shape(leaf=kind))
    shape = known.setdefault(id(kind), Shape())
    for name, attribute in kind.attributes:
        shape.attributes[f"@{name}"] = (attribute.qname.text, attribute.type)
    for name, element in kind.elements:
        if getattr(element, "qname", None) is None or name.startswith("_value"):
            message = f"type {kind.name}: mixed text and xs:any are not written by this client"
            raise ValueError(message)
        shape.children[name] = Slot(element.qname.text, element.accepts_multiple, _shape(element.type, known))
    return shape


def _text(kind: Any, value: Any, path: str) -> str:  # noqa: ANN401 - zeep ships no types; a leaf may be of any
    """A leaf as XML text, by its built-in type."""
    if isinstance(value, dict | list):
        raise Misfit(path, "valeur simple attendue")
    try:
        text = str(kind.xmlvalue(value))
        etree.Element("x").text = text
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        # Their words hold the value.
        raise Misfit(path, "valeur que le type ne peut pas écrire") from None
    return text
