"""An XML message as JSON: the same leaves, typed and listed as the schema says.

Driven by the shapes of the models folder alone. What JSON has no place for (keywords and extensions of the envelope) is
listed in `Decoded.left_out`; an element of no schema is refused with its path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.lrm.hubsante.codec.free import read_free
from adapters.lrm.hubsante.models.shapes import Kind, Shape
from adapters.lrm.hubsante.wire.dates import normal_date
from adapters.lrm.hubsante.wire.documents import read_number
from adapters.lrm.hubsante.wire.layout import (
    ENVELOPE_DATES,
    ENVELOPE_TEXTS,
    CodecError,
    Form,
    form_of_xml,
    local_name,
    messages_within,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.lrm.hubsante.models.models import Models

_TEXT, _OBJECT = Kind.TEXT, Kind.OBJECT  # A member sought in its class costs as much as the comparison.


@dataclass(slots=True)
class DecodedTree:
    """A JSON tree, and what of the XML has no place in JSON."""

    tree: dict[str, Any]
    left_out: list[str] = field(default_factory=list)


def to_json(root: etree._Element, models: Models) -> DecodedTree:
    """The JSON tree of an XML envelope, `message` or bare use case."""
    decoded = DecodedTree({})
    form = form_of_xml(root, models)
    if form is Form.ENVELOPE:
        decoded.tree = _read_envelope(root, models, decoded)
    elif form is Form.MESSAGE:
        decoded.tree = {"message": _read_message(root, models)}
    elif str(root.tag) in models.by_tag:
        kind = models.by_tag[str(root.tag)]
        decoded.tree = {kind.key: _read_value(root, kind.shape)}
    else:
        raise CodecError(etree.QName(root).localname, "aucun message connu de ce modèle")
    return decoded


def _read_envelope(root: etree._Element, models: Models, decoded: DecodedTree) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    content: list[dict[str, Any]] = []
    for child in root:
        name = local_name(child)
        if name in ENVELOPE_TEXTS:
            text = (child.text or "").strip()
            tree[name] = normal_date(text) if name in ENVELOPE_DATES else text
        elif name == "descriptor":
            tree["descriptor"] = _read_descriptor(child, decoded)
        elif name == "content":
            for item in child:
                messages = messages_within(item) if local_name(item) == "contentObject" else []
                if not messages:
                    decoded.left_out.append(f"content.{local_name(item)}")
                content.extend(_embed(_read_message(message, models)) for message in messages)
        else:
            decoded.left_out.append(name)
    if content:
        tree["content"] = content
    return tree


def _embed(message: dict[str, Any]) -> dict[str, Any]:
    return {"jsonContent": {"embeddedJsonContent": {"message": message}}}


def _read_descriptor(element: etree._Element, decoded: DecodedTree) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for child in element:
        name = local_name(child)
        if name == "language":
            tree[name] = (child.text or "").strip()
        elif name == "explicitAddress" and name not in tree:
            tree[name] = {}
            for part in child:
                if local_name(part) in tree[name]:
                    decoded.left_out.append(f"descriptor.explicitAddress.{local_name(part)}")
                else:
                    tree[name][local_name(part)] = (part.text or "").strip()
        else:
            decoded.left_out.append(f"descriptor.{name}")
    return tree


def _read_message(element: etree._Element, models: Models) -> dict[str, Any]:
    message: dict[str, Any] = {}
    header = models.header_shape.by_tag
    for child in element:
        tag = str(child.tag)
        kind = models.by_tag.get(tag)
        if kind is not None:
            message[kind.key] = _read_value(child, kind.shape)
        elif tag in header:
            _read_into(message, child, header[tag])
        else:
            raise CodecError(_path(child), "élément inconnu de ce modèle, ou d’un autre espace de noms")
    return message


def _read_into(tree: dict[str, Any], element: etree._Element, shape: Shape) -> None:
    name, value = shape.name, _read_value(element, shape)
    if shape.repeated:
        tree.setdefault(name, []).append(value)
    elif name in tree:
        raise CodecError(_path(element), "élément répété là où un seul est prévu")
    else:
        tree[name] = value


def _read_value(element: etree._Element, shape: Shape) -> Any:  # noqa: ANN401 - a JSON value
    kind = shape.kind
    if kind is _TEXT:
        return element.text or ""
    if kind is _OBJECT:
        return _read_object(element, shape.by_tag)
    return read_free(element) if kind is Kind.OPEN else _read_leaf(element, kind)


def _read_object(element: etree._Element, known: Mapping[str, Shape]) -> dict[str, Any]:
    """The hot loop: one turn an element, so its three commonest kinds stand here rather than behind a call."""
    tree: dict[str, Any] = {}
    for child in element:
        shape = known.get(child.tag)
        if shape is None:
            raise CodecError(_path(child), "élément inconnu de ce message")
        kind, name = shape.kind, shape.name
        if kind is _TEXT:
            value: Any = child.text or ""
        elif kind is _OBJECT:
            value = _read_object(child, shape.by_tag)
        else:
            value = _read_value(child, shape)
        if shape.repeated:
            tree.setdefault(name, []).append(value)
        elif name in tree:
            raise CodecError(_path(child), "élément répété là où un seul est prévu")
        else:
            tree[name] = value
    return tree


def _path(element: etree._Element) -> str:
    """Where it stands, from `message` or the use case: worked out for a fault only, a path an element would cost a third."""
    names = [local_name(ancestor) for ancestor in (element, *element.iterancestors())][::-1]
    return ".".join(names[names.index("message") :] if "message" in names else names)


def _read_leaf(element: etree._Element, kind: Kind) -> object:
    text = element.text or ""
    if kind is Kind.TEXT:
        return text
    if kind is Kind.DATE_TIME:
        return normal_date(text)
    text = text.strip()
    if kind is Kind.BOOLEAN and text in {"true", "false", "1", "0"}:
        return text in {"true", "1"}
    try:
        return int(text) if kind is Kind.INTEGER else read_number(text)
    except ArithmeticError as error:
        raise CodecError(_path(element), "nombre illisible") from error
    except ValueError as error:
        raise CodecError(_path(element), "nombre illisible") from error
