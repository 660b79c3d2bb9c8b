"""A JSON message as XML: the order of the schema, the namespaces of the release, dates in the hub's form.

Driven by the shapes of the models folder alone. It converts, it does not judge: give it what `judgement` found valid.
What XML cannot say is refused with its path, never dropped in silence; an empty list alone has no XML and leaves none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.lrm.hubsante.codec.free import NSMAP, decimal_text, write_free
from adapters.lrm.hubsante.models.shapes import Kind, Shape
from adapters.lrm.hubsante.wire.dates import normal_date
from adapters.lrm.hubsante.wire.layout import (
    EDXL,
    ENVELOPE_ADDRESS,
    ENVELOPE_DATES,
    ENVELOPE_TEXTS,
    XLINK,
    CodecError,
    Form,
    form_of_json,
)

if TYPE_CHECKING:
    from adapters.lrm.hubsante.models.models import MessageType, Models

_XLINK_TYPE = f"{{{XLINK}}}type"


def to_xml(tree: dict[str, Any], models: Models) -> etree._Element:
    """The XML of an envelope, of `{"message": …}`, or of a bare use case."""
    form = form_of_json(tree, models)
    if form is Form.ENVELOPE:
        return _write_envelope(tree, models)
    if form is Form.MESSAGE:
        return _write_message(None, tree.get("message", tree), models)
    for key, body in tree.items():
        if key in models.types:
            return _write_use_case(None, models.types[key], body)
    raise CodecError("", "aucun message connu de ce modèle")


def xml_bytes(root: etree._Element) -> bytes:
    """The document as sent: UTF-8, declared, without added spaces."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _write_envelope(tree: dict[str, Any], models: Models) -> etree._Element:
    root = etree.Element(f"{{{EDXL}}}edxlDistribution", nsmap=_prefixes(EDXL) | {"xlink": XLINK})
    root.set(_XLINK_TYPE, "extended")
    for name in ENVELOPE_TEXTS:
        if name in tree:
            value = _text(tree[name], name)
            _edxl(root, name).text = normal_date(value) if name in ENVELOPE_DATES else value
    descriptor = _edxl(root, "descriptor", "resource")
    given = tree.get("descriptor", {})
    if "language" in given:
        _edxl(descriptor, "language").text = _text(given["language"], "descriptor.language")
    address = _edxl(descriptor, "explicitAddress")
    for name in ENVELOPE_ADDRESS:
        if name in given.get("explicitAddress", {}):
            path = f"descriptor.explicitAddress.{name}"
            _edxl(address, name).text = _text(given["explicitAddress"][name], path)
    content = _edxl(root, "content", "resource")
    for item in tree.get("content", []):
        holder = _edxl(_edxl(content, "contentObject", "resource"), "contentXML")
        message = item["jsonContent"]["embeddedJsonContent"]["message"]
        _write_message(_edxl(holder, "embeddedXMLContent"), message, models)
    return root


def _edxl(parent: etree._Element, name: str, link: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{EDXL}}}{name}")
    if link:
        element.set(_XLINK_TYPE, link)
    return element


def _write_message(parent: etree._Element | None, message: dict[str, Any], models: Models) -> etree._Element:
    shape = models.header_shape
    element = _element(parent, f"{{{models.namespace}}}message", models.namespace)
    for child in shape.children:
        if child.name in message:
            _write(element, child, message[child.name], f"message.{child.name}")
    for key, value in message.items():
        if key in models.types:
            _write_use_case(element, models.types[key], value)
        elif key not in shape.by_name:
            raise CodecError(f"message.{key}", "clé inconnue, sans équivalent XML")
    return element


def _write_use_case(parent: etree._Element | None, kind: MessageType, value: object) -> etree._Element:
    element = _element(parent, kind.tag, kind.namespace)
    _fill(element, kind.shape, value, kind.key)
    return element


def _element(parent: etree._Element | None, tag: str, namespace: str) -> etree._Element:
    if parent is None:
        return etree.Element(tag, nsmap=_prefixes(namespace))
    return etree.SubElement(parent, tag, nsmap=_prefixes(namespace))


def _write(parent: etree._Element, shape: Shape, value: object, path: str) -> None:
    if shape.repeated:
        if not isinstance(value, list):
            raise CodecError(path, "une liste est attendue")
        for position, item in enumerate(value):
            _fill(_child(parent, shape), shape, item, f"{path}[{position}]")
    else:
        _fill(_child(parent, shape), shape, value, path)


def _child(parent: etree._Element, shape: Shape) -> etree._Element:
    return etree.SubElement(parent, shape.tag, nsmap=NSMAP if shape.kind is Kind.OPEN else None)


def _fill(element: etree._Element, shape: Shape, value: object, path: str) -> None:
    match shape.kind:
        case Kind.OBJECT:
            if not isinstance(value, dict):
                raise CodecError(path, "un objet est attendu")
            for child in shape.children:
                if child.name in value:
                    _write(element, child, value[child.name], f"{path}.{child.name}")
            unknown = value.keys() - shape.by_name.keys()
            if unknown:
                raise CodecError(f"{path}.{min(unknown)}", "clé inconnue de ce message")
        case Kind.OPEN:
            if not isinstance(value, dict):
                raise CodecError(path, "un objet est attendu")
            try:
                write_free(element, value)
            except ValueError as error:
                raise CodecError(path, "caractère interdit en XML") from error
        case _:
            _fill_leaf(element, shape.kind, value, path)


def _fill_leaf(element: etree._Element, kind: Kind, value: object, path: str) -> None:
    if kind is Kind.BOOLEAN and isinstance(value, bool):
        element.text = "true" if value else "false"
    elif (
        kind in {Kind.NUMBER, Kind.INTEGER} and isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    ):
        element.text = decimal_text(int(value) if kind is Kind.INTEGER and value == int(value) else value)
    elif kind in {Kind.TEXT, Kind.DATE_TIME} and isinstance(value, str):
        try:
            element.text = normal_date(value) if kind is Kind.DATE_TIME else value
        except ValueError as error:
            raise CodecError(path, "caractère interdit en XML") from error
    else:
        raise CodecError(path, f"une valeur de type {kind.value} est attendue")


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise CodecError(path, "un texte est attendu")
    return value


def _prefixes(default: str) -> dict[Any, str]:
    """A default namespace, as lxml spells it; its stubs know only named prefixes."""
    return {None: default}
