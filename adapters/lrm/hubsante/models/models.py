"""The official models folder of a deployment: which messages exist, in which schema, XSD and namespace.

A folder holds `json-schema/` and `xsd/` as the official repository publishes them, and sometimes `nomenclatures/`.
Everything is read from it: no message is named here, so a new one needs a new folder and no new code.
It refuses a folder whose two sides do not meet (a message without XSD, a namespace without its message).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
from lxml import etree

from adapters.lrm.hubsante.models.shapes import Shape, read_shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

XS = "{http://www.w3.org/2001/XMLSchema}"
FULL = "EDXL-DE-full.schema.json"
HEADER = "RC-DE.schema.json"
CONTENT_TYPES = "RC-XML-ContentType.xsd"


class ModelsError(ValueError):
    """The folder is not a models folder, or not one this product understands."""


@dataclass(frozen=True)
class MessageType:
    """One message of a model."""

    name: str
    """`RS-EDA`: the name of its schema file."""
    key: str
    """`createCaseHealth`: its key in JSON and its element in XML."""
    schema: Mapping[str, Any]
    xsd: Path
    namespace: str
    header: bool
    """Travels with the RC-DE header; errors and free content do not."""
    in_json_envelope: bool
    """Listed by the JSON schema of the envelope. The header alone has a schema and, before model 3, no place of its own."""
    in_xml_envelope: bool
    """Listed by the XSD of the envelope. Two messages of model 1 are not: whole in JSON, alone in XML."""

    @cached_property
    def shape(self) -> Shape:
        """The tree that drives the codec."""
        return read_shape(self.key, self.schema, self.namespace)

    @property
    def tag(self) -> str:
        """The XML element, in Clark notation."""
        return f"{{{self.namespace}}}{self.key}"


@dataclass(frozen=True)
class Models:
    """One release of the official models."""

    directory: Path
    version: int
    """1, 2 or 3: what the hub calls v1, v2, v3."""
    namespace: str
    """Of `message` and of the RC-DE header."""
    types: Mapping[str, MessageType]
    by_tag: Mapping[str, MessageType]
    envelope_schema: Mapping[str, Any]
    header_schema: Mapping[str, Any]

    @cached_property
    def header_shape(self) -> Shape:
        """The RC-DE header, as the children of `message`."""
        return read_shape("message", self.header_schema, self.namespace)

    def named(self, name: str) -> MessageType:
        """The type by its name (`RC-REF`) or its key (`reference`)."""
        for kind in self.types.values():
            if name in {kind.name, kind.key}:
                return kind
        raise ModelsError(f"le modèle {self.version} n’a pas de message {name}")


def read_models(directory: Path, version: int | None = None) -> Models:
    """Read and index a folder; `version` is told from the content unless given."""
    for needed in (f"json-schema/{FULL}", f"json-schema/{HEADER}", f"xsd/{CONTENT_TYPES}"):
        if not (directory / needed).is_file():
            raise ModelsError(f"dossier de modèles incomplet : {needed} manque dans {directory}")
    full = _schema(directory, FULL)
    content = etree.parse(directory / "xsd" / CONTENT_TYPES).getroot()
    listed = {reference.rpartition(":")[2] for reference in _listed(content)}
    types = {kind.key: kind for kind in _types(directory, full, listed)}
    missing = listed - types.keys()
    if missing:
        raise ModelsError(f"messages du XSD sans schéma JSON : {', '.join(sorted(missing))}")
    return Models(
        directory=directory,
        version=version or _version(types),
        namespace=str(content.get("targetNamespace")),
        types=MappingProxyType(types),
        by_tag=MappingProxyType({kind.tag: kind for kind in types.values()}),
        envelope_schema=full,
        header_schema=_schema(directory, HEADER),
    )


def _types(directory: Path, full: Mapping[str, Any], listed: set[str]) -> Iterator[MessageType]:
    inside = {
        key: (file, "allOf" in branch)
        for branch in full["definitions"]["EmbeddedJsonContent"]["oneOf"]
        for key, file in _keys(branch)
    }
    used = {file for file, _ in inside.values()}
    spare = sorted(path.name for path in (directory / "json-schema").glob("*.schema.json"))
    alone = {
        str(_schema(directory, file).get("title")): (file, False)
        for file in spare
        if not file.startswith("EDXL") and file not in used
    }
    for titled, (file, header) in (alone | inside).items():
        name = file.removesuffix(".schema.json")
        declared = _xsd(directory, name, titled)
        if declared is None:
            if titled in inside:
                raise ModelsError(f"aucun XSD ne déclare {titled} ({name})")
            continue
        xsd, namespace, key = declared
        yield MessageType(
            name=name,
            key=key,
            schema=_schema(directory, file),
            xsd=xsd,
            namespace=namespace,
            header=header,
            in_json_envelope=key in inside,
            in_xml_envelope=key in listed,
        )


def _keys(branch: object) -> Iterator[tuple[str, str]]:
    """Every `key: {$ref: FILE}` of a branch, however deep the unions are nested, the header aside."""
    if isinstance(branch, list):
        for item in branch:
            yield from _keys(item)
    elif isinstance(branch, dict):
        for key, value in branch.items():
            reference = value.get("$ref") if isinstance(value, dict) else None
            if reference and key != "message":
                yield key, reference.rpartition("/")[2]
            elif not reference:
                yield from _keys(value)


def _xsd(directory: Path, name: str, titled: str) -> tuple[Path, str, str] | None:
    """The file that declares a message, its namespace, and the name as declared: titles differ from it in case."""
    wanted = f"{name}.xsd".casefold()
    for path in sorted((directory / "xsd").glob("*.xsd")):
        if path.name.casefold() == wanted:
            root = etree.parse(path).getroot()
            for element in root.findall(f"{XS}element"):
                if str(element.get("name")).casefold() == titled.casefold():
                    return path, str(root.get("targetNamespace")), str(element.get("name"))
    return None


def _listed(content: etree._Element) -> Iterator[str]:
    for element in content.iter(f"{XS}element"):
        reference = element.get("ref")
        if reference:
            yield str(reference)


def _version(types: Mapping[str, MessageType]) -> int:
    """Told from what each release brought: `step` of the acknowledgement is of 3, `documentLink` of 2."""
    reference = types.get("reference")
    if reference and "step" in reference.schema["properties"]:
        return 3
    return 2 if "documentLink" in types else 1


def _schema(directory: Path, file: str) -> dict[str, Any]:
    try:
        schema: dict[str, Any] = orjson.loads((directory / "json-schema" / file).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ModelsError(f"schéma illisible : {file}") from error
    schema.pop("$id", None)  # All official schemas share one identifier: keeping it would merge them.
    return schema
