"""The XML of the SINUS contract: trees of plain values to documents and back, both ways checked by the schema.

The order of the elements is the schema's, so that a mapping file may list its rules in any order. Refuses document types,
entities, the network, and anything larger than `LARGEST`. An error names an element of the contract, never a value.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMESPACE: Final = "urn:passerelle:sinus:v1"
CONTRACT: Final = "1.0"
LARGEST: Final = 1 << 20
"""Bytes. A count of a very large event is some tens of kilobytes; a million is an accident or an attack."""

_SCHEMA: Final = Path(__file__).parent / "contract" / "sinus-v1.xsd"
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_NAMED: Final = re.compile(r"Element '(?:\{[^}]*\})?(\w+)'(?:, attribute '(\w+)')?")
_local = threading.local()


class DocumentError(Exception):
    """A document that is not of the contract."""

    def __init__(self, code: str, field: str = "") -> None:
        """`code` is one of the contract's error codes, `field` the element or attribute at fault."""
        super().__init__(f"{code}: {field}" if field else code)
        self.code = code
        self.field = field


def write(root: str, tree: Mapping[str, Any]) -> bytes:
    """The document `root` of a tree: `@name` is an attribute, a list repeats its element, None is absent."""
    element = etree.Element(f"{{{NAMESPACE}}}{root}", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the stubs forget the default one
    element.set("contrat", CONTRACT)
    _fill(element, _declarations()[root], tree, root)
    _validate(element)
    raw = etree.tostring(element, encoding="UTF-8", xml_declaration=True)
    if len(raw) > LARGEST:
        raise DocumentError("trop_gros")
    return raw


def read(raw: bytes) -> tuple[str, dict[str, Any]]:
    """The name and the tree of a document; repeated elements are always lists, values are texts."""
    if len(raw) > LARGEST:
        raise DocumentError("trop_gros")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        element = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        raise DocumentError("xml_illisible") from None  # the parser's own words may quote the document
    if element.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # not in the stubs
        raise DocumentError("xml_illisible", "DOCTYPE")
    _validate(element)
    root = str(etree.QName(element).localname)
    return root, _tree(element, _declarations()[root])


def _fill(element: etree._Element, declaration: etree._Element, tree: Mapping[str, Any], path: str) -> None:
    children = {_name(child): child for child in _children(declaration)}
    for key, value in tree.items():
        if key.startswith("@"):
            if value is not None:
                _put(element, key[1:], value, f"{path}/{key}")
        elif key not in children:
            raise DocumentError("non_conforme", f"{path}/{key}")
    for name, child in children.items():
        value = tree.get(name)
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            below = etree.SubElement(element, f"{{{NAMESPACE}}}{name}")
            if isinstance(item, dict):
                _fill(below, child, item, f"{path}/{name}")
            else:
                _put(below, None, item, f"{path}/{name}")


def _put(element: etree._Element, attribute: str | None, value: object, path: str) -> None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        if attribute is None:
            element.text = text
        else:
            element.set(attribute, text)
    except ValueError:  # a control character: XML has no way to say it
        raise DocumentError("non_conforme", path) from None


def _tree(element: etree._Element, declaration: etree._Element) -> dict[str, Any]:
    children = {_name(child): child for child in _children(declaration)}
    tree: dict[str, Any] = {f"@{name!s}": str(value) for name, value in element.attrib.items()}
    for below in element:
        name = str(etree.QName(below).localname)
        child = children[name]
        has_parts = bool(_children(child)) or bool(below.attrib)
        value = _tree(below, child) if has_parts else below.text or ""
        if child.get("maxOccurs") == "unbounded":
            tree.setdefault(name, []).append(value)
        else:
            tree[name] = value
    return tree


def _validate(element: etree._Element) -> None:
    schema = getattr(_local, "schema", None)  # a schema keeps its last errors in itself: one per thread
    if schema is None:
        schema = _local.schema = etree.XMLSchema(etree.parse(_SCHEMA))
    if not schema.validate(element):
        raise DocumentError("non_conforme", _fault(str(schema.error_log)))


def _fault(message: str) -> str:
    """The element named by the schema's message, if it is one of the contract: what else it says may be a value."""
    match = _NAMED.search(message)
    if not match or match[1] not in _names():
        return "document"
    return f"{match[1]}/@{match[2]}" if match[2] in _names() else match[1]


@cache
def _declarations() -> dict[str, etree._Element]:
    """The documents of the contract, and its named types."""
    return {str(node.get("name")): node for node in etree.parse(_SCHEMA).getroot() if node.get("name")}


@cache
def _names() -> frozenset[str]:
    """Every element and attribute of the contract."""
    declared = etree.parse(_SCHEMA).iter(f"{_XS}element", f"{_XS}attribute")
    return frozenset(str(node.get("name")) for node in declared if node.get("name"))


def _name(declaration: etree._Element) -> str:
    return str(declaration.get("name") or declaration.get("ref"))


@cache
def _children(declaration: etree._Element) -> tuple[etree._Element, ...]:
    """The elements directly inside an element, in the order of the schema."""
    if declaration.get("ref"):
        return _children(_declarations()[_name(declaration)])
    inside = declaration.find(f"{_XS}complexType")
    return tuple(_direct(inside)) if inside is not None else ()


def _direct(group: etree._Element) -> Iterator[etree._Element]:
    for part in group.iterchildren(f"{_XS}sequence", f"{_XS}choice", f"{_XS}element"):
        if part.tag == f"{_XS}element":
            yield part
        else:
            yield from _direct(part)


def error_codes() -> frozenset[str]:
    """The error codes of the contract, as its schema lists them."""
    listed = _declarations()["CodeErreur"].iter(f"{_XS}enumeration")
    return frozenset(str(code.get("value")) for code in listed)
