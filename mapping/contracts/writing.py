"""Trees of plain values to XML documents and back, by nothing but a contract: any schema, no line of Python for it.

Elements go in the order of the schema; `@name` is an attribute, `#text` the text beside attributes, a list repeats its
element. Refuses document types, entities and the network when it reads. An error names a place, never a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from mapping.contracts.xsd import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mapping.contracts.part import Part
    from mapping.contracts.xsd import Element

LARGEST = 1 << 20
_NAMED = re.compile(r"Element '(?:\{[^}]*\})?([\w.-]+)'(?:, attribute '(?:\{[^}]*\})?([\w.-]+)')?")


class DocumentError(Exception):
    """A document that is not of its contract; `place` names an element or an attribute."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} : {reason}")
        self.place = place
        self.reason = reason


def write_xml(root: Part, tree: Mapping[str, Any]) -> bytes:
    """The document of a tree. Raises `DocumentError` for a part that the contract has no place for."""
    space = etree.QName(root.tag).namespace
    element = etree.Element(root.tag, nsmap={None: space} if space else None)  # type: ignore[dict-item]  # the stubs forget the default one
    _fill(element, root, tree, root.name)
    return etree.tostring(element, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def read_xml(root: Part, raw: bytes) -> dict[str, Any]:
    """The tree of a document whose root is this part: values are texts, what may repeat is always a list."""
    if len(raw) > LARGEST:
        raise DocumentError(root.name, f"document de plus de {LARGEST // 1024} Ko")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        element = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        raise DocumentError(root.name, "XML illisible") from None  # the parser's own words may quote the document
    if element.getroottree().docinfo.doctype or element.tag != root.tag:  # type: ignore[union-attr]  # not in the stubs
        raise DocumentError(root.name, "ce n'est pas un document de ce contrat")
    return _taken(element, root, root.name)


def check_xml(contract: Path, raw: bytes) -> str:
    """Where a document departs from an XSD file, or nothing; never with what."""
    try:
        schema = etree.XMLSchema(etree.parse(str(contract)))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError):
        raise ContractError(f"{contract.name} n'est pas un schéma XML valide") from None
    return misfit(schema, raw)


def misfit(schema: etree.XMLSchema, raw: bytes) -> str:
    """Where a document departs from a schema, or nothing."""
    if schema.validate(etree.fromstring(raw)):
        return ""
    match = _NAMED.search(str(schema.error_log))
    if not match:
        return "document non conforme"
    return match[1] + (f"/@{match[2]}" if match[2] else "")


def _fill(element: Element, part: Part, tree: Mapping[str, Any], path: str) -> None:
    parts = part.level.parts if part.level else {}
    for key, value in tree.items():
        if key not in parts:
            raise DocumentError(f"{path}.{key}", "absent du contrat")
        if key.startswith("@") and value is not None:
            _put(element, parts[key].tag, value, f"{path}.{key}")
    for name, below in parts.items():
        if name.startswith("@"):
            continue
        value = tree.get(name)
        if name == "#text":
            _put(element, None, value, path)
            continue
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            child = etree.SubElement(element, below.tag)
            if isinstance(item, dict):
                _fill(child, below, item, f"{path}.{name}")
            else:
                _put(child, None, item, f"{path}.{name}")


def _put(element: Element, attribute: str | None, value: object, path: str) -> None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        if attribute is None:
            element.text = text
        else:
            element.set(attribute, text)
    except ValueError:
        raise DocumentError(path, "caractère que XML ne peut pas écrire") from None


def _taken(element: Element, part: Part, path: str) -> dict[str, Any]:
    parts = part.level.parts if part.level else {}
    by_tag = {below.tag: below for name, below in parts.items() if not name.startswith(("@", "#"))}
    tree: dict[str, Any] = {f"@{name!s}": str(value) for name, value in element.attrib.items() if f"@{name!s}" in parts}
    if "#text" in parts:
        tree["#text"] = element.text or ""
    for child in element:
        below = by_tag.get(str(child.tag))
        if below is None:
            raise DocumentError(f"{path}.{etree.QName(child).localname}", "absent du contrat")
        value = _taken(child, below, f"{path}.{below.name}") if below.inside else child.text or ""
        if below.many:
            tree.setdefault(below.name, []).append(value)
        else:
            tree[below.name] = value
    return tree
