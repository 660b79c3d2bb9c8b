"""How the documents of one contract are written, checked and read: XML by an XSD or a WSDL, JSON by a JSON Schema.

What leaves is checked before it leaves, what comes is checked before it is read. A FHIR document is JSON, whose names were
checked when its mapping was loaded. It refuses to fetch anything, and an error names a place, never a value.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

import jsonschema_rs
import orjson
from lxml import etree

from mapping.contracts.search import FHIR
from mapping.contracts.writing import LARGEST, DocumentError, misfit, read_xml, write_xml
from mapping.contracts.xsd import XS, ContractError
from mapping.faults import Faults
from mapping.formats import as_boolean, as_decimal, as_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from mapping.contracts.part import Part
    from mapping.contracts.search import Contracts
    from mapping.kinds import Kind
    from mapping.language.rules import Token

Language = Literal["xml", "json"]


class Form(Protocol):
    """The documents of one contract."""

    language: Language

    def write(self, tree: Mapping[str, Any]) -> bytes:
        """The document of a tree, checked. Raises `DocumentError`."""

    def read(self, raw: bytes) -> dict[str, Any]:
        """The tree of a document, checked. Raises `DocumentError`."""


class XmlForm:
    """By a schema: the order of the elements is the schema's."""

    language: Language = "xml"

    def __init__(self, path: Path, root: Part) -> None:
        self._path = path
        self._root = root
        # An XMLSchema keeps the errors of its last validation, so each thread has its own.
        self._own = threading.local()
        self._schema()

    def write(self, tree: Mapping[str, Any]) -> bytes:
        """The document of a tree."""
        raw = write_xml(self._root, tree)
        self._check(raw)
        return raw

    def read(self, raw: bytes) -> dict[str, Any]:
        """The tree: numbers and booleans are what the schema says, what may repeat is a list."""
        tree = read_xml(self._root, raw)
        self._check(raw)
        typed: dict[str, Any] = _typed(tree, self._root)
        return typed

    def _check(self, raw: bytes) -> None:
        if place := misfit(self._schema(), raw):
            raise DocumentError(place, "refusé par le schéma")

    def _schema(self) -> etree.XMLSchema:
        schema: etree.XMLSchema | None = getattr(self._own, "schema", None)
        if schema is None:
            schema = self._own.schema = _compiled(self._path)
        return schema


_KINDS: dict[Kind, Callable[[Any], Any]] = {"boolean": as_boolean, "integer": as_integer, "decimal": as_decimal}


def _typed(value: Any, part: Part) -> Any:  # noqa: ANN401 - a tree or a leaf
    """The texts of a document that the schema took, as the kinds that conditions are checked with."""
    if isinstance(value, dict) and part.level:
        return {name: _typed(below, part.level.parts[name]) for name, below in value.items()}
    if isinstance(value, list):
        return [_typed(item, part) for item in value]
    read = _KINDS.get(part.kind)
    try:
        return read(value.strip()) if read and isinstance(value, str) else value
    except ValueError:
        return value  # a form of the schema's own, such as INF: kept as it was written


def _compiled(path: Path) -> etree.XMLSchema:
    """The schema of an XSD, or the one in the types of a WSDL."""
    try:
        if path.suffix != ".wsdl":
            return etree.XMLSchema(etree.parse(str(path)))
        schemas = list(etree.fromstring(path.read_bytes()).iter(f"{XS}schema"))
        if len(schemas) != 1:
            raise ContractError(f"{path.name} doit avoir un schéma dans ses types, et un seul")
        return etree.XMLSchema(etree.fromstring(etree.tostring(schemas[0]), base_url=path.resolve().as_uri()))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, OSError):
        raise ContractError(f"{path.name} n'est pas un schéma XML valide") from None


class JsonForm:
    """By a JSON Schema, where there is one."""

    language: Language = "json"

    def __init__(self, path: Path | None, name: str) -> None:
        self._validator = None if path is None else _validator(path, name)

    def write(self, tree: Mapping[str, Any]) -> bytes:
        """The document of a tree."""
        self._check(tree)
        return orjson.dumps(tree)

    def read(self, raw: bytes) -> dict[str, Any]:
        """The tree."""
        if len(raw) > LARGEST:
            raise DocumentError("", f"document de plus de {LARGEST // 1024} Ko")
        try:
            tree = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise DocumentError("", "JSON illisible") from None
        if not isinstance(tree, dict):
            raise DocumentError("", "ce n'est pas un document de ce contrat")
        self._check(tree)
        return tree

    def misfits(self, tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Every field that is not as the schema says, with the word of the schema that says so."""
        for error in _innermost(self._validator.iter_errors(tree)) if self._validator else ():
            kind = error.kind
            below = [kind.property] if kind.name == "required" else getattr(kind, "unexpected", [""])
            for part in below:
                yield ".".join(str(step) for step in (*error.instance_path, part) if step != ""), kind.name

    def _check(self, tree: Mapping[str, Any]) -> None:
        error = next(self._validator.iter_errors(tree), None) if self._validator else None
        if error is not None:
            place = ".".join(str(step) for step in error.instance_path)
            raise DocumentError(place, "refusé par le schéma")


def _innermost(errors: Iterable[Any]) -> Iterator[Any]:
    """Of « this or null », what is wrong with this."""
    for error in errors:
        sides = error.kind.context if error.kind.name == "anyOf" else []
        here = error.instance_path
        near = [
            side
            for side in sides
            if all(problem.kind.name != "type" or problem.instance_path != here for problem in side)
        ]
        if near:
            yield from _innermost(near[0])
        else:
            yield error


def _validator(path: Path, name: str) -> Any:  # noqa: ANN401 - the library's class depends on the draft
    try:
        schema = orjson.loads(path.read_bytes())
        if name:
            room = "$defs" if name in schema.get("$defs", {}) else "definitions"
            kept = {key: schema[key] for key in ("$schema", "$defs", "definitions") if key in schema}
            schema = {**kept, "$ref": f"#/{room}/{name}"}
        return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_never)
    except (OSError, ValueError):
        raise ContractError(f"{path.name} n'est pas un schéma JSON valide") from None


def _never(address: str) -> NoReturn:
    raise ValueError(address)


def form_of(contracts: Contracts, target: Token) -> Form:
    """The form of a target or a source. Raises `ContractError`."""
    file, _, name = target.text.partition("#")
    path = None if file == FHIR else contracts.path(file)
    if path is None or path.suffix == ".json":
        return _json(path, name, path.stat().st_mtime_ns if path else 0)
    root = contracts.find(target, Faults())
    if root is None:
        raise ContractError(f"{target.text} est introuvable")
    return XmlForm(path, root)


@cache
def _json(path: Path | None, name: str, _changed: int) -> JsonForm:
    return JsonForm(path, name)
