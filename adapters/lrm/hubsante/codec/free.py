"""Free content (`customContent`, `sourceMessage`) in XML and back, where no schema says what is a list or a number.

Plain elements for plain strings and objects, so that the hub reads them as it writes them; a marker `j:as` only where XML
would lose something: on numbers, booleans and null, on lists of one, on empty lists and objects. (`xsi:type` would say
the first two, but libxml2 refuses it on an element that no schema declares.)
Keys that are no XML name are escaped as SQL/XML does (`_x0020_`). Namespaces of free elements are not kept.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from adapters.lrm.hubsante.wire.documents import MAX_DEPTH, UnreadableError, read_number

MARKER = "urn:passerelle:json"
NSMAP = {"j": MARKER}

_AS = f"{{{MARKER}}}as"
_ATTRIBUTE = "@"
_TEXT = "#text"
_ITEM = "item"
_NO_NAME = "_x0000_"
_NAME_START = re.compile(r"[A-Za-z_\u00c0-\u02ff\u0370-\u1fff]")
_NAME_OTHER = re.compile(r"[A-Za-z0-9_.\-\u00b7-\u02ff\u0370-\u1fff]")
_ESCAPED = re.compile(r"_x([0-9A-F]{4,6})_")


def write_free(element: etree._Element, value: dict[str, Any]) -> None:
    """Put the keys of a free object under `element`, which must declare `NSMAP`."""
    mixed = len(value) > 1
    for key, child in value.items():
        if mixed and key == _TEXT and isinstance(child, str) and child.strip():
            element.text = child
        else:
            _write(element, key, child)


def read_free(element: etree._Element, depth: int = 0) -> dict[str, Any]:
    """The free object under `element`."""
    value = _read_object(element, depth)
    return value if isinstance(value, dict) else {_TEXT: value} if value else {}


def _write(parent: etree._Element, key: str, value: object) -> None:
    if key.startswith(_ATTRIBUTE) and isinstance(value, str) and _escape(key[1:]) == key[1:] != "xmlns":
        parent.set(key[1:], value)
    elif isinstance(value, list):
        _write_list(parent, _escape(key), value)
    else:
        _write_one(etree.SubElement(parent, _within(parent, _escape(key))), value)


def _write_list(parent: etree._Element, name: str, items: list[Any]) -> None:
    if not items:
        etree.SubElement(parent, _within(parent, name)).set(_AS, "none")
    for item in items:
        element = etree.SubElement(parent, _within(parent, name))
        if isinstance(item, list):
            element.set(_AS, "list")
            _write_list(element, _ITEM, item)
            element.set(_AS, "list one" if len(items) == 1 else "list")
            continue
        _write_one(element, item)
        if len(items) == 1:
            element.set(_AS, f"{element.get(_AS, '')} one".strip())


def _write_one(element: etree._Element, value: object) -> None:
    match value:
        case None:
            element.set(_AS, "null")
        case bool():
            element.set(_AS, "boolean")
            element.text = "true" if value else "false"
        case str():
            element.text = value
        case dict():
            if not value:
                element.set(_AS, "object")
            write_free(element, value)
        case _:
            element.set(_AS, "number")
            element.text = decimal_text(value)


def decimal_text(value: object) -> str:
    """A number as XSD writes it: no exponent, every digit."""
    text = str(value)
    return format(Decimal(text), "f") if "e" in text or "E" in text else text


def _read(element: etree._Element, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise UnreadableError(f"imbrication de plus de {MAX_DEPTH} niveaux")
    marks = element.get(_AS, "").split()
    if "null" in marks:
        return None
    if "list" in marks:
        read = _read_object(element, depth)
        return read.get(_ITEM, []) if isinstance(read, dict) else []
    text = element.text or ""
    if "boolean" in marks:
        return text.strip() in {"true", "1"}
    if "number" in marks:
        return read_number(text)
    value = _read_object(element, depth)
    return {} if "object" in marks and not value else value


def _read_object(element: etree._Element, depth: int) -> dict[str, Any] | str:
    tree: dict[str, Any] = {}
    for name, content in element.attrib.items():
        if name != _AS:
            tree[_ATTRIBUTE + str(name).rpartition("}")[2]] = str(content)
    for child in element:
        name = _unescape(str(child.tag).rpartition("}")[2])
        marks = child.get(_AS, "").split()
        if "none" in marks:
            tree[name] = []
        elif name in tree:
            if not isinstance(tree[name], list):
                tree[name] = [tree[name]]
            tree[name].append(_read(child, depth + 1))
        else:
            value = _read(child, depth + 1)
            tree[name] = [value] if "one" in marks or "list" in marks else value
    text = element.text or ""
    if tree:
        if text.strip():
            tree[_TEXT] = text
        return tree
    return text


def _within(parent: etree._Element, name: str) -> str:
    namespace = etree.QName(parent).namespace
    return f"{{{namespace}}}{name}" if namespace else name


def _escape(key: str) -> str:
    """The key as an XML name."""
    key = _ESCAPED.sub(lambda match: "_x005F_x" + match[1] + "_", key)
    start = _NAME_START.match(key)
    head = key[:1] if start else "".join(f"_x{ord(character):04X}_" for character in key[:1])
    tail = "".join(c if _NAME_OTHER.match(c) else f"_x{ord(c):04X}_" for c in key[1:])
    return (head + tail) or _NO_NAME


def _unescape(name: str) -> str:
    return "" if name == _NO_NAME else _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)
