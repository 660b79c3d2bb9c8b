"""What the inside of a complex type adds up to: sequences, choices, groups, extensions, attributes, in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from mapping.contracts.part import Part
    from mapping.contracts.xsd import XsdContract

XS = "{http://www.w3.org/2001/XMLSchema}"
GROUPS = (f"{XS}sequence", f"{XS}choice", f"{XS}all")


@dataclass(slots=True)
class Content:
    """What was found so far."""

    elements: list[Part] = field(default_factory=list)
    attributes: list[Part] = field(default_factory=list)
    choices: list[frozenset[str]] = field(default_factory=list)
    ordered: bool = True
    open: bool = False


def content_of(contract: XsdContract, holder: Element, content: Content) -> None:
    """Add what a complex type, an extension or an attribute group holds."""
    for node in holder.iterchildren():
        tag = node.tag
        if tag in {f"{XS}complexContent", f"{XS}simpleContent"}:
            content_of(contract, node, content)
        elif tag in {f"{XS}extension", f"{XS}restriction"}:
            _derived(contract, node, content)
        elif tag in GROUPS:
            content.ordered = content.ordered and tag != f"{XS}all"
            _group(contract, node, content, required=True, many=False)
        elif tag == f"{XS}group":
            _referenced(contract, node, content, required=node.get("minOccurs") != "0", many=_many(node))
        elif tag == f"{XS}attribute" and node.get("use") != "prohibited":
            content.attributes.append(contract.attribute(node))
        elif tag == f"{XS}attributeGroup":
            declared = contract.named("attributeGroup", node.get("ref", ""))
            if declared is not None:
                content_of(contract, declared, content)
        elif tag == f"{XS}anyAttribute":
            content.open = True


def _derived(contract: XsdContract, node: Element, content: Content) -> None:
    """An extension holds what it extends, then its own; a restriction says again all that it keeps."""
    said = node.get("base", "")
    base = contract.named("complexType", said)
    if base is not None and node.tag == f"{XS}extension":
        content_of(contract, base, content)
    elif base is None and node.getparent().tag == f"{XS}simpleContent":  # type: ignore[union-attr]  # it has one
        content.elements.append(contract.text_part(said))
    content_of(contract, node, content)


def _group(contract: XsdContract, group: Element, content: Content, *, required: bool, many: bool) -> None:
    required = required and group.get("minOccurs") != "0"
    many = many or _many(group)
    is_choice = group.tag == f"{XS}choice"
    before = len(content.elements)
    for node in group.iterchildren():
        needed = required and not is_choice
        if node.tag in GROUPS:
            _group(contract, node, content, required=needed, many=many)
        elif node.tag == f"{XS}group":
            _referenced(contract, node, content, required=needed and node.get("minOccurs") != "0", many=many)
        elif node.tag == f"{XS}any":
            content.open = True
        elif node.tag == f"{XS}element":
            here = needed and node.get("minOccurs") != "0"
            content.elements.append(contract.part(node, required=here, many=many or _many(node)))
    if is_choice and required:
        content.choices.append(frozenset(part.name for part in content.elements[before:]))
    content.ordered = content.ordered and not (is_choice and many)


def _referenced(contract: XsdContract, node: Element, content: Content, *, required: bool, many: bool) -> None:
    declared = contract.named("group", node.get("ref", ""))
    for inner in declared.iterchildren(*GROUPS) if declared is not None else ():
        _group(contract, inner, content, required=required, many=many)


def _many(node: Element) -> bool:
    return node.get("maxOccurs", "1") not in {"0", "1"}
