"""An XML Schema, or the schemas of a WSDL, as parts of a document.

Reads the files beside it that it includes or imports, and no other. What is said by patterns, lengths and limits stays
with the schema itself, which checks documents; here are names, order, numbers and lists of codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

from mapping.contracts.part import Level, Part

if TYPE_CHECKING:
    from pathlib import Path

    from mapping.kinds import Kind

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its elements no public name

XS = "{http://www.w3.org/2001/XMLSchema}"
GROUPS = (f"{XS}sequence", f"{XS}choice", f"{XS}all")
MOST_FILES = 100

_KINDS: dict[str, Kind] = {
    "boolean": "boolean",
    **dict.fromkeys(("decimal", "float", "double"), "decimal"),
    **dict.fromkeys(
        ("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedInt"), "integer"
    ),
}


class ContractError(Exception):
    """A contract file that cannot be read; the text is French."""


@dataclass(slots=True)
class Content:
    """What the inside of a complex type adds up to, while it is read: sequences, choices, groups, extensions, attributes."""

    elements: list[Part] = field(default_factory=list)
    attributes: list[Part] = field(default_factory=list)
    choices: list[frozenset[str]] = field(default_factory=list)
    ordered: bool = True
    open: bool = False


class XsdContract:
    """The global elements and types of a schema with what it includes."""

    def __init__(self, path: Path) -> None:
        """`path` is an XSD, or a WSDL whose `types` hold or import the schemas."""
        self._files: dict[str, Element] = {}
        self._named: dict[tuple[str, str], Element] = {}
        self._levels: dict[Element, Level] = {}
        root = self._read(path)
        schemas = [root] if root.tag == f"{XS}schema" else list(root.iter(f"{XS}schema"))
        if not schemas:
            raise ContractError(f"{path.name} n'est ni un schéma XML ni un WSDL")
        for schema in schemas:
            self._collect(schema, path.parent)

    def roots(self) -> list[str]:
        """The names that a document may start from: elements first, then types."""
        names = {what: [name for kind, name in self._named if kind == what] for what in ("element", "complexType")}
        return [*names["element"], *names["complexType"]]

    def root(self, name: str) -> Part | None:
        """The global element of that name, or the global type."""
        element = self._named.get(("element", name))
        if element is not None:
            return self.part(element)
        complex_type = self._named.get(("complexType", name))
        if complex_type is None:
            return None
        return Part(name, "object", tag=name, inside=lambda: self.level(complex_type))

    def named(self, what: str, name: str) -> Element | None:
        """A global declaration by its prefixed name."""
        return self._named.get((what, name.rpartition(":")[2]))

    def part(self, declaration: Element, *, required: bool = True, many: bool = False) -> Part:
        """An element declaration, or a reference to one."""
        if reference := declaration.get("ref"):
            declared = self.named("element", reference)
            if declared is None:
                raise ContractError(f"élément « {reference} » introuvable dans le contrat")
            declaration = declared
        name, holder = str(declaration.get("name")), self._type_of(declaration)
        if holder is not None and holder.tag == f"{XS}complexType":
            complex_type = holder
            return Part(
                name, "object", required, many, tag=self._tag(declaration), inside=lambda: self.level(complex_type)
            )
        kind, codes = self._simple(holder, declaration.get("type", ""))
        fixed = declaration.get("fixed")
        return Part(name, kind, required, many, frozenset({fixed}) if fixed else codes, self._tag(declaration))

    def attribute(self, declaration: Element) -> Part:
        """An attribute declaration."""
        declared = self.named("attribute", declaration.get("ref", "")) if declaration.get("ref") else declaration
        resolved = declaration if declared is None else declared
        own = resolved.find(f"{XS}simpleType")
        kind, codes = self._simple(own if own is not None else self._type_of(resolved), resolved.get("type", ""))
        name = str(resolved.get("name") or declaration.get("ref", "")).rpartition(":")[2]
        fixed = resolved.get("fixed")
        codes = frozenset({fixed}) if fixed else codes
        return Part(f"@{name}", kind, declaration.get("use") == "required", codes=codes, tag=name)

    def level(self, complex_type: Element) -> Level:
        """What a complex type holds, what it extends included."""
        if complex_type not in self._levels:
            content = Content()
            content_of(self, complex_type, content)
            parts = {part.name: part for part in (*content.attributes, *content.elements)}
            self._levels[complex_type] = Level(
                parts, ordered=content.ordered, open=content.open, choices=tuple(content.choices)
            )
        return self._levels[complex_type]

    def text_part(self, type_name: str) -> Part:
        """The text of an element that also has attributes."""
        kind, codes = self._simple(self.named("simpleType", type_name), type_name)
        return Part("#text", kind, required=True, codes=codes)

    def _type_of(self, declaration: Element) -> Element | None:
        own = declaration.find(f"{XS}complexType")
        own = declaration.find(f"{XS}simpleType") if own is None else own
        if own is not None or not (type_name := declaration.get("type", "")):
            return own
        complex_type = self.named("complexType", type_name)
        return self.named("simpleType", type_name) if complex_type is None else complex_type

    def _simple(self, simple_type: Element | None, type_name: str) -> tuple[Kind, frozenset[str] | None]:
        """The kind and the codes of a simple type, by the chain of what it restricts."""
        codes: frozenset[str] | None = None
        for _ in range(MOST_FILES):
            if simple_type is None:
                return _KINDS.get(type_name.rpartition(":")[2], "text"), codes
            restriction = simple_type.find(f"{XS}restriction")
            if restriction is None:
                return "text", codes
            listed = frozenset(
                str(enumeration.get("value")) for enumeration in restriction.iterchildren(f"{XS}enumeration")
            )
            codes = codes or listed or None
            type_name = restriction.get("base", "")
            own = restriction.find(f"{XS}simpleType")
            simple_type = own if own is not None else self.named("simpleType", type_name)
        raise ContractError("type simple qui se restreint lui-même")

    def _tag(self, declaration: Element) -> str:
        schema = next(declaration.iterancestors(f"{XS}schema"))
        space, name = schema.get("targetNamespace", ""), declaration.get("name", "")
        is_global = declaration.getparent() is schema
        form = declaration.get("form") or schema.get("elementFormDefault", "unqualified")
        return f"{{{space}}}{name}" if space and (is_global or form == "qualified") else name

    def _collect(self, schema: Element, folder: Path) -> None:
        for node in schema.iterchildren():
            if name := node.get("name"):
                self._named.setdefault((node.tag.removeprefix(XS), name), node)
        for node in schema.iterchildren(f"{XS}include", f"{XS}import"):
            where = node.get("schemaLocation", "")
            if where and "://" not in where and where not in self._files:
                self._collect(self._read(folder / where), folder)

    def _read(self, path: Path) -> Element:
        if len(self._files) >= MOST_FILES:
            raise ContractError("contrat en trop de fichiers")
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(path.read_bytes(), parser)
        except (etree.XMLSyntaxError, OSError):
            raise ContractError(f"{path.name} est illisible ou n'est pas du XML") from None
        self._files[path.name] = root
        return root


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
    base_name = node.get("base", "")
    base = contract.named("complexType", base_name)
    if base is not None and node.tag == f"{XS}extension":
        content_of(contract, base, content)
    elif base is None and node.getparent().tag == f"{XS}simpleContent":  # type: ignore[union-attr]  # it has one
        content.elements.append(contract.text_part(base_name))
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
