"""The official schemas, compiled once per message: JSON Schema on a linear regex engine, XSD through libxml2.

The use case is picked by its key, so one schema of one branch is compiled where the official file tries 22.
The identifier patterns of the XSD explode in a backtracking engine; they are rewritten, while loading, into two that
together say the same and cannot. Nothing on disk is changed, nothing is fetched from a network.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from jsonschema_rs import Draft7Validator, RegexOptions, Registry
from lxml import etree

from adapters.lrm.hubsante.models.models import CONTENT_TYPES, XS, ModelsError
from adapters.lrm.hubsante.wire.layout import Form

if TYPE_CHECKING:
    from adapters.lrm.hubsante.models.models import Models

_AMBIGUOUS = re.compile(r"\((\[[^\]]+\])\+\\\.\?\)\{(\d+),(\d+)\}")
_BASE = "hub:/"


class JsonSchemas:
    """One validator per form and message, compiled at its first use."""

    def __init__(self, models: Models) -> None:
        self._models = models
        resources: list[tuple[str, Any]] = [
            (f"{_BASE}{kind.name}", dict(kind.schema)) for kind in models.types.values()
        ]
        resources.append((f"{_BASE}header", dict(models.header_schema)))
        self._registry = Registry(resources)
        self._compiled: dict[tuple[Form, str | None], Draft7Validator] = {}

    def validator(self, form: Form, key: str | None) -> Draft7Validator:
        """For a message known by its key; without a key, for what surrounds an unknown one."""
        schema = self._compiled.get((form, key))
        if schema is None:
            schema = self._compiled[form, key] = Draft7Validator(
                self._schema(form, key),
                registry=self._registry,
                validate_formats=True,
                pattern_options=RegexOptions(),
            )
        return schema

    def _schema(self, form: Form, key: str | None) -> dict[str, Any]:
        message = self._message(key)
        if form is Form.MESSAGE:
            return message
        if form is Form.USE_CASE:
            return message["properties"][key] if key else {}
        envelope = copy.deepcopy(dict(self._models.envelope_schema))
        envelope["type"] = "object"
        envelope["definitions"]["EmbeddedJsonContent"] = {
            "type": "object",
            "required": ["message"],
            "properties": {"message": message},
        }
        return envelope

    def _message(self, key: str | None) -> dict[str, Any]:
        if key is None:
            return {"type": "object"}
        kind = self._models.types[key]
        message: dict[str, Any] = {
            "type": "object",
            "required": [key],
            "properties": {key: {"$ref": f"{_BASE}{kind.name}"}},
        }
        if kind.header:
            message["allOf"] = [{"$ref": f"{_BASE}header"}]
        return message


class XmlSchemas:
    """The XSD of the envelope, of `message`, and of each use case, compiled at their first use."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._compiled: dict[tuple[Form, str, bool], etree.XMLSchema] = {}
        self.written_as: dict[str, str] = {}
        """The official pattern behind each rewritten one, for the words of an error."""

    def schema(self, form: Form, key: str | None) -> etree.XMLSchema:
        """The schema that judges a root of this form; `key` picks the variant without header, or the use case."""
        kind = self._models.types.get(key or "")
        header = kind is None or kind.header
        name = (key or "") if form is Form.USE_CASE else ""
        compiled = self._compiled.get((form, name, header))
        if compiled is None:
            compiled = self._compiled[form, name, header] = self._compile(form, name, header=header)
        return compiled

    def _compile(self, form: Form, key: str, *, header: bool) -> etree.XMLSchema:
        folder = (self._models.directory / "xsd").resolve()
        if form is Form.ENVELOPE:
            path = folder / ("EDXL-DE-full.xsd" if header else "EDXL-DE-full-no-header.xsd")
            source = path.read_bytes()
        elif form is Form.MESSAGE:
            path = folder / "message.xsd"
            source = self._message_xsd("MessageType" if header else "NoHeaderMessageType")
        else:
            path = self._models.types[key].xsd.resolve()
            source = path.read_bytes()
        parser = etree.XMLParser(no_network=True, resolve_entities=False)
        parser.resolvers.add(_Linear(folder, self.written_as))
        try:
            root = etree.fromstring(linear_xsd(source, self.written_as), parser, base_url=path.as_uri())
            return etree.XMLSchema(root)
        except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError) as error:
            raise ModelsError(f"XSD inutilisable : {path.name} ({error})") from error

    def _message_xsd(self, type_name: str) -> bytes:
        """The official files declare `message` only inside an envelope: this gives it a root of its own."""
        namespace = self._models.namespace
        return (
            f'<xs:schema xmlns:xs="{XS[1:-1]}" xmlns:x="{namespace}" targetNamespace="{namespace}" '
            f'elementFormDefault="qualified"><xs:include schemaLocation="{CONTENT_TYPES}"/>'
            f'<xs:element name="message" type="x:{type_name}"/></xs:schema>'
        ).encode()


class _Linear(etree.Resolver):
    """Hands libxml2 every imported file of the folder with its patterns made linear; nothing outside the folder."""

    def __init__(self, folder: Path, written_as: dict[str, str]) -> None:
        self._folder = folder
        self._written_as = written_as

    def resolve(self, system_url: str, public_id: str | None, context: Any) -> Any:  # type: ignore[override]  # noqa: ANN401, ARG002 - lxml passes a context its stubs ignore
        path = Path(unquote(urlsplit(system_url).path)).resolve()
        if not path.is_relative_to(self._folder):
            raise OSError(f"import hors du dossier de modèles : {path.name}")
        text = linear_xsd(path.read_bytes(), self._written_as)
        return self.resolve_string(text, context, base_url=system_url)


def linear_xsd(source: bytes, written_as: dict[str, str] | None = None) -> bytes:
    r"""The same schema where each `([set]+\.?){m,n}` is two patterns: at most n segments, at least m characters."""
    root = etree.fromstring(source, etree.XMLParser(no_network=True, resolve_entities=False))
    for pattern in list(root.iter(f"{XS}pattern")):
        match = _AMBIGUOUS.fullmatch(pattern.get("value", ""))
        restriction = pattern.getparent()
        if match is None or restriction is None:
            continue
        letters, least, most = match[1], int(match[2]), int(match[3])
        segments = f"{letters}+(\\.{letters}+){{0,{most - 1}}}\\.?"
        characters = f"(\\.?{letters}){{{least}}}.*"
        base = restriction.attrib.pop("base")
        inner = etree.Element(f"{XS}simpleType")
        step = etree.SubElement(inner, f"{XS}restriction", base=base)
        etree.SubElement(step, f"{XS}pattern", value=segments)
        restriction.insert(0, inner)
        pattern.set("value", characters)
        if written_as is not None:
            written_as.update({segments: match[0], characters: match[0]})
    return etree.tostring(root)
