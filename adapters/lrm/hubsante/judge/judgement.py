"""The judgement of one document: envelope, header and content apart, every fault with its path and its French words.

Faults are what the hub refuses, by its own schemas and then by its own object mapping (102). Flags are what a person
should see and what no schema refuses. It decides nothing about what to do next, and keeps nothing.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind
from lxml import etree

from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.judge.findings import Finding, Part, Verdict
from adapters.lrm.hubsante.judge.french import json_words, xsd_words
from adapters.lrm.hubsante.judge.mapping_rules import contradictions, unmappable, unpaired_root
from adapters.lrm.hubsante.models.nomenclatures import Nomenclatures
from adapters.lrm.hubsante.models.releases import other_release
from adapters.lrm.hubsante.models.schemas import JsonSchemas, XmlSchemas
from adapters.lrm.hubsante.wire.documents import Format, UnreadableError, read_json, read_xml, told_format
from adapters.lrm.hubsante.wire.layout import (
    HEADER_FIELDS,
    MESSAGE_PATH,
    CodecError,
    Form,
    first_message,
    form_of_json,
    form_of_xml,
    keys_of,
    local_name,
    xml_messages,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema_rs import Draft7Validator

    from adapters.lrm.hubsante.models.models import Models

MAX_FAULTS = 50
LARGE = 256 * 1024
"""Beyond this many bytes only the first fault is sought and codes are not looked up: any message is judged in under a second."""
MAX_CONTENTS = 100
"""Contents of one envelope that are judged; every official message has one."""
_STEP = re.compile(r"([^.\[\]]+)(?:\[(\d+)\])?")
_NO_SCHEMA = "Could not detect any schemas in the message, at least one is required"


class Judge:
    """The schemas of one model, ready to judge. One per thread: libxml2 keeps the errors of the last document."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._json = JsonSchemas(models)
        self._xml = XmlSchemas(models)
        self._nomenclatures = Nomenclatures(models)

    def judge(self, raw: bytes, form: Format | None = None, *, flags: bool = True) -> Verdict:
        """Judge the bytes of an envelope, a `message` or a bare use case. Never raises on bad input."""
        wire_form = form or told_format(raw)
        try:
            if wire_form is Format.XML:
                return self.judge_root(read_xml(raw), flags=flags and len(raw) <= LARGE)
            return self.judge_tree(read_json(raw), flags=flags and len(raw) <= LARGE, brief=len(raw) > LARGE)
        except UnreadableError as error:
            return Verdict(wire_form, faults=(Finding(Part.DOCUMENT, "", str(error)),))

    def judge_tree(
        self,
        tree: Any,  # noqa: ANN401 - any JSON document
        *,
        flags: bool = True,
        brief: bool = False,
        releases: bool = True,
    ) -> Verdict:
        """Judge a JSON document already read; `brief` stops at the first fault of the schema.

        `releases` lets pass, with a flag, what another release of this model writes; without it the folder's own lists
        decide, as they do at a hub.
        """
        form = form_of_json(tree, self.models) if isinstance(tree, dict) else None
        if form is None:
            return Verdict(Format.JSON, faults=(_unknown(),), tree=tree)
        contents = tree.get("content") if form is Form.ENVELOPE else None
        if isinstance(contents, list) and len(contents) > 1:
            return self._judge_several(tree, contents, flags=flags, brief=brief, releases=releases)
        message = first_message(tree, form)
        keys = keys_of(message, form, self.models) if isinstance(message, dict) else []
        key = keys[0] if len(keys) == 1 else None
        faults, more = self._json_faults(tree, form, key, brief=brief)
        elsewhere: list[Finding] = []
        if faults and releases and key and isinstance(message, dict):
            faults, elsewhere = _of_other_releases(faults, lambda path: _value_at(message, path))
        if isinstance(message, dict) and len(keys) != 1:
            faults.append(_choice(keys))
        if not faults:
            faults.extend(unmappable(tree, form, self.models))
        name = self.models.types[key].name if key else None
        raised = (*elsewhere, *self._json_flags(tree, form, key)) if flags and not faults else tuple(elsewhere)
        return Verdict(Format.JSON, form, key, name, tuple(faults), raised, more, tree)

    def _judge_several(
        self, tree: dict[str, Any], contents: list[Any], *, flags: bool, brief: bool, releases: bool
    ) -> Verdict:
        """An envelope of several contents: each judged as if it were the only one, which the official schemas do too."""
        first, *others = (
            self.judge_tree({**tree, "content": [item]}, flags=flags, brief=brief, releases=releases)
            for item in contents[:MAX_CONTENTS]
        )
        faults = list(first.faults)
        for rank, verdict in enumerate(others, 1):
            moved = (_of_content(fault, rank) for fault in verdict.faults)
            faults.extend(fault for fault in moved if fault not in faults)
        if len(contents) > MAX_CONTENTS:
            faults.append(
                Finding(Part.ENVELOPE, "content", f"plus de {MAX_CONTENTS} contenus : ils n’ont pas tous été lus")
            )
        listed = tuple(faults[:MAX_FAULTS])
        raised = (several_contents(len(contents)), *first.flags) if flags and not faults else ()
        more = first.more or len(faults) > MAX_FAULTS
        return Verdict(Format.JSON, first.form, first.key, first.name, listed, raised, more, tree)

    def _json_faults(
        self, tree: dict[str, Any], form: Form, key: str | None, *, brief: bool = False
    ) -> tuple[list[Finding], bool]:
        document = tree.get("message", tree) if form is Form.MESSAGE else tree
        if form is Form.USE_CASE:
            if key is None:
                return [], False
            document = tree[key]
        validator = self._json.validator(form, key)
        if validator.is_valid(document):
            return [], False
        errors = (
            _first_error(validator, document)
            if brief
            else list(islice(validator.iter_errors(document), MAX_FAULTS + 1))
        )
        findings = [finding for error in errors for finding in _json_findings(error, form, key)]
        return findings[:MAX_FAULTS], brief or len(findings) > MAX_FAULTS

    def _json_flags(self, tree: dict[str, Any], form: Form, key: str | None) -> Iterator[Finding]:
        yield from contradictions(tree, form)
        message = first_message(tree, form)
        if key and isinstance(message, dict):
            yield from self._nomenclatures.flags(self.models.types[key], message[key])

    def judge_root(self, root: etree._Element, *, flags: bool = True, releases: bool = True) -> Verdict:
        """Judge an XML document already read; `releases` as for `judge_tree`."""
        form = form_of_xml(root, self.models)
        if form is None:
            return Verdict(Format.XML, faults=(_unknown(),), tree=root)
        messages = xml_messages(root, form)
        names = [local_name(child) for child in (messages[0] if messages else ())]
        keys = [name for name in names if name in self.models.types]
        key = local_name(root) if form is Form.USE_CASE else keys[0] if len(keys) == 1 else None
        faults, more = self._xml_faults(root, form, key)
        elsewhere: list[Finding] = []
        if faults and releases and key:
            holder = root if form is Form.USE_CASE else messages[0]
            faults, elsewhere = _of_other_releases(faults, lambda path: _text_at(holder, path))
        if form is Form.ENVELOPE and not messages and not faults:
            faults.append(Finding(Part.ENVELOPE, "content", "aucun message", _NO_SCHEMA))
        if not faults:
            faults.extend(fault for message in messages or [root] for fault in unpaired_root(message))
        kind = self.models.types.get(key or "")
        if faults and kind and form is not Form.USE_CASE and not kind.in_xml_envelope:
            text = f"{kind.name} n’est pas prévu par le XSD d’enveloppe du modèle {self.models.version}"
            text += " : JSON seulement" if kind.in_json_envelope else ""
            faults.insert(0, Finding(Part.CONTENT, kind.key, text))
        if len(messages) > 1:
            elsewhere.append(several_contents(len(messages)))
        raised = (*elsewhere, *self._xml_flags(root, key)) if flags and not faults else tuple(elsewhere)
        return Verdict(Format.XML, form, key, kind.name if kind else None, tuple(faults), raised, more, root)

    def judge_received(self, root: etree._Element) -> Verdict:
        """Judge an XML document that a hub let through: a use case that the envelope's XSD forgets is judged by its own.

        Two messages of model 1 (RS-EDA-MAJ, RS-SR) have an XSD and no place in that of the envelope.
        """
        verdict = self.judge_root(root, flags=False)
        kind = self.models.types.get(verdict.key or "")
        messages = xml_messages(root, verdict.form) if verdict.form else []
        if verdict.valid or verdict.form is not Form.ENVELOPE or kind is None or kind.in_xml_envelope or not messages:
            return verdict
        alone = copy.deepcopy(next(child for child in messages[0] if local_name(child) == kind.key))
        faults, more = self._xml_faults(alone, Form.USE_CASE, kind.key)
        if not faults:
            try:
                surrounding = self._json_faults(to_json(root, self.models).tree, Form.ENVELOPE, kind.key)[0]
            except (CodecError, UnreadableError) as error:
                surrounding = [Finding(Part.CONTENT, "", str(error))]
            faults = [fault for fault in surrounding if fault.part is not Part.CONTENT or not fault.path]
        flag = Finding(
            Part.CONTENT, kind.key, f"absent du XSD d’enveloppe du modèle {self.models.version} : jugé par le sien"
        )
        return Verdict(Format.XML, verdict.form, kind.key, kind.name, tuple(faults), (flag,), more, root)

    def _xml_faults(self, root: etree._Element, form: Form, key: str | None) -> tuple[list[Finding], bool]:
        schema = self._xml.schema(form, key)
        try:
            if schema.validate(root):
                return [], False
        except etree.XMLSchemaValidateError:
            return [Finding(Part.DOCUMENT, "", "valeur que le moteur XSD ne peut juger")], False
        findings: dict[str, Finding] = {}
        log: Any = schema.error_log
        for error in islice(log, 2 * MAX_FAULTS):
            element = _at(root, error.path)
            part, path = _xml_place(element, form)
            tag = str(element.tag)
            finding = Finding(part, path, xsd_words(error, tag, self._xml.written_as), f"invalid ({error.type_name})")
            findings.setdefault(error.path or path, finding)
        return list(findings.values())[:MAX_FAULTS], len(findings) > MAX_FAULTS

    def _xml_flags(self, root: etree._Element, key: str | None) -> Iterator[Finding]:
        """What the hub would meet when it hands the message to a recipient in JSON, then what it flags in JSON."""
        try:
            decoded = to_json(root, self.models)
        except (CodecError, UnreadableError) as error:
            yield Finding(Part.CONTENT, "", f"sans équivalent JSON : {error}")
            return
        for path in decoded.left_out:
            yield Finding(Part.ENVELOPE, path, "élément sans équivalent JSON")
        form = form_of_json(decoded.tree, self.models)
        if form is None:
            return
        for fault in self._json_faults(decoded.tree, form, key)[0]:
            yield Finding(fault.part, fault.path, f"accepté en XML, refusé en JSON : {fault.text}")
        yield from self._json_flags(decoded.tree, form, key)


def several_contents(count: int) -> Finding:
    """Two contents pass every official schema; the public dispatcher looks at the first only."""
    return Finding(Part.ENVELOPE, "content", f"{count} contenus : le hub ne regarde que le premier, en envoyer un seul")


def _of_content(fault: Finding, rank: int) -> Finding:
    """The same fault, at its place among the contents."""
    if fault.part is Part.ENVELOPE:
        return replace(fault, path=fault.path.replace("content[0]", f"content[{rank}]", 1))
    return replace(fault, path=f"content[{rank}].{fault.path}".removesuffix("."))


def _of_other_releases(faults: list[Finding], value_at: Callable[[str], object]) -> tuple[list[Finding], list[Finding]]:
    """Faults, then flags: a value of another release of the same model is shown and refuses nothing."""
    kept: list[Finding] = []
    flags: list[Finding] = []
    for fault in faults:
        value = value_at(fault.path) if fault.part is Part.CONTENT else None
        other = other_release(fault.path, value)
        if other is None:
            kept.append(fault)
        else:
            flags.append(replace(fault, text=f"« {value} » est d’une autre publication de ce modèle ; ici : {other}"))
    return kept, flags


def _value_at(message: Any, path: str) -> object:  # noqa: ANN401 - a JSON tree
    """The value at `use_case.list[0].field`; None when there is none."""
    node = message
    for name, rank in _STEP.findall(path):
        node = node.get(name) if isinstance(node, dict) else None
        if rank:
            node = node[int(rank)] if isinstance(node, list) and int(rank) < len(node) else None
    return node


def _text_at(holder: etree._Element, path: str) -> object:
    """The text at `use_case.list[0].field`, from the parent of the use case or the use case itself."""
    steps = _STEP.findall(path)
    if steps and local_name(holder) == steps[0][0]:
        steps = steps[1:]
    node = holder
    for name, rank in steps:
        twins = [child for child in node if local_name(child) == name]
        if int(rank or 0) >= len(twins):
            return None
        node = twins[int(rank or 0)]
    return node.text


def _first_error(validator: Draft7Validator, document: object) -> list[ValidationError]:
    try:
        validator.validate(document)
    except ValidationError as error:
        return [error]
    return []


def _unknown() -> Finding:
    return Finding(Part.DOCUMENT, "", "ni enveloppe, ni message, ni cas d’usage connu de ce modèle", _NO_SCHEMA)


def _choice(keys: list[str]) -> Finding:
    if not keys:
        return Finding(Part.CONTENT, "", "aucun cas d’usage connu de ce modèle", _NO_SCHEMA)
    hub = f"embeddedJsonContent: should be valid to one and only one schema, but {len(keys)} are valid"
    return Finding(
        Part.CONTENT, "", f"un seul cas d’usage est permis, {len(keys)} sont donnés : {', '.join(keys)}", hub
    )


def _json_findings(error: ValidationError, form: Form, key: str | None) -> Iterator[Finding]:
    words, hub = json_words(error)
    steps = list(error.instance_path)
    match error.kind:
        case Kind.Required(property=name):
            tails: list[list[str | int]] = [[*steps, name]]
        case Kind.AdditionalProperties(unexpected=names):
            tails = [[*steps, name] for name in names[: MAX_FAULTS + 1]]
        case _:
            tails = [steps]
    for tail in tails:
        part, path = _json_place(tail, form, key)
        yield Finding(part, path, words, hub)


def _json_place(steps: list[str | int], form: Form, key: str | None) -> tuple[Part, str]:
    if form is Form.USE_CASE:
        return Part.CONTENT, dotted([key or "", *steps])
    if form is Form.ENVELOPE:
        home = [0 if isinstance(step, int) else step for step in steps[: len(MESSAGE_PATH)]]
        if home != list(MESSAGE_PATH) or len(steps) == len(MESSAGE_PATH):
            return Part.ENVELOPE, dotted(steps)
        steps = steps[len(MESSAGE_PATH) :]
    return (Part.CONTENT if steps[:1] == [key] else Part.HEADER), dotted(steps)


def dotted(steps: list[str | int]) -> str:
    """`patient[0].detail.age`; a name given by the sender is cut short."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:80]}" for step in steps)
    return text.removeprefix(".")


def _at(root: etree._Element, path: str | None) -> etree._Element:
    if path:
        prefixes = {
            prefix: uri for element in islice(root.iter(), 1000) for prefix, uri in element.nsmap.items() if prefix
        }
        try:
            nodes = root.getroottree().xpath(path, namespaces=prefixes)
        except etree.XPathError:
            return root
        if isinstance(nodes, list) and nodes and etree.iselement(nodes[0]):
            element: etree._Element = nodes[0]
            return element
    return root


def _xml_place(element: etree._Element, form: Form) -> tuple[Part, str]:
    steps = [element, *element.iterancestors()][::-1]
    names = [local_name(step) for step in steps]
    if "message" in names and form is not Form.USE_CASE:
        inner = steps[names.index("message") + 1 :]
        part = Part.CONTENT if inner and local_name(inner[0]) not in HEADER_FIELDS else Part.HEADER
        return part, ".".join(_indexed(step) for step in inner) or "message"
    part = Part.CONTENT if form is Form.USE_CASE else Part.ENVELOPE
    shown = steps if form is Form.USE_CASE else steps[1:]
    return part, ".".join(_indexed(step) for step in shown) or names[0]


def _indexed(element: etree._Element) -> str:
    parent = element.getparent()
    twins = [] if parent is None else [child for child in islice(parent, 1000) if child.tag == element.tag]
    return (
        f"{local_name(element)}[{twins.index(element)}]" if len(twins) > 1 and element in twins else local_name(element)
    )
