"""Our own rules for what we emit: they hold without the models folder, and beyond what its schemas say.

A message that breaks one never leaves. Some come from the schemas (required fields, identifiers, dates), some from what
the hub does afterwards: the prefix of the distributionID, one recipient, emptied objects that its converter deletes,
an update without owner that makes it fail. It judges JSON envelopes, and replaces no schema where there is one.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.judge.findings import Finding, Part
from adapters.lrm.hubsante.judge.french import DATE_FORM
from adapters.lrm.hubsante.wire.dates import read_date
from adapters.lrm.hubsante.wire.layout import ENVELOPE_TEXTS, HEADER_FIELDS, Form, first_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SEGMENT = "[A-Za-z0-9_-]+"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}")
_ANY_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|z|[+-]\d{2}:?\d{2})?")
_WITHOUT_HEADER = frozenset({"error", "customContent", "technicalNoreq", "distributionElement", "info"})
_FILLED = {"createCaseHealth": ("qualification", "location")}
_OWNED = "createCaseHealthUpdate"
_MAX_PAIRS = 3
_STRICT_UNTIL = 2


def _case_id(segments: int) -> re.Pattern[str]:
    """At least 4 characters, at most so many segments: the official pattern, said so that no engine explodes on it."""
    return re.compile(rf"(?=(?:\.?[A-Za-z0-9_-]){{4}}){_SEGMENT}(?:\.{_SEGMENT}){{0,{segments - 1}}}\.?")


def _shared_id(word: str, most: int) -> re.Pattern[str]:
    return re.compile(rf"(?:{_SEGMENT}\.){{3,{most}}}{word}(?:\.{_SEGMENT}){{1,2}}")


@dataclass(frozen=True, slots=True)
class _Identifier:
    current: re.Pattern[str]
    strict: re.Pattern[str]
    text: str


_IDENTIFIERS = {
    "caseId": _Identifier(
        _case_id(10), re.compile(rf"fr(?:\.{_SEGMENT}){{3,4}}"), "fr.health.<organisation>.<numéro du dossier>"
    ),
    "owner": _Identifier(_case_id(9), re.compile(rf"fr(?:\.{_SEGMENT}){{2,3}}"), "fr.health.<organisation>"),
    **{
        name: _Identifier(_shared_id(word, 8), _shared_id(word, 4), f"<organisation>.{word}.<numéro>")
        for name, word in (
            ("patientId", "patient"),
            ("medicalNoteId", "medicalNote"),
            ("resourceId", "resource"),
            ("requestId", "request"),
        )
    },
    "inseeCode": _Identifier(
        re.compile(r"[0-9]{5}"), re.compile(r"[0-9]{5}"), "cinq chiffres (les codes corses ne passent pas)"
    ),
    "phoneNumber": _Identifier(re.compile(r"\+[0-9]{5,18}"), re.compile(r"\+[0-9]{5,18}"), "+ puis 5 à 18 chiffres"),
}


def check_client_id(client_id: str) -> None:
    """Refuse a client id that no message could ever be sent under: the hub cuts the distributionID at its first `_`."""
    if "_" in client_id or not re.fullmatch(rf"{_SEGMENT}(?:\.{_SEGMENT})+", client_id):
        raise ValueError("identifiant de client du hub : segments séparés par des points, sans « _ »")


def emission_faults(tree: Mapping[str, Any], version: int, client_id: str) -> tuple[Finding, ...]:
    """Every reason why this JSON envelope must not be published by this client to a link of this model."""
    outside = {name: value for name, value in tree.items() if name != "content"}
    faults = [*_envelope_faults(tree, client_id), *_value_faults(outside, "", version, Part.ENVELOPE)]
    message = first_message(tree, Form.ENVELOPE)
    if not isinstance(message, dict):
        return (*faults, Finding(Part.ENVELOPE, "content", "aucun message"))
    keys = [key for key in message if key not in HEADER_FIELDS]
    if len(keys) != 1:
        return (*faults, Finding(Part.CONTENT, "", "un message porte un cas d’usage et un seul"))
    faults.extend(_header_faults(tree, message, keys[0]))
    faults.extend(_value_faults(message, "", version, Part.CONTENT))
    faults.extend(_content_faults(keys[0], message[keys[0]], version))
    return tuple(faults)


def _envelope_faults(tree: Mapping[str, Any], client_id: str) -> Iterator[Finding]:
    for name in (*ENVELOPE_TEXTS, "descriptor", "content"):
        if name not in tree:
            yield Finding(Part.ENVELOPE, name, "champ obligatoire absent")
    if tree.get("senderID") != client_id:
        yield Finding(
            Part.ENVELOPE, "senderID", "doit être notre identifiant de client, qui est la clé de routage", code=200
        )
    if str(tree.get("distributionID", "")).split("_")[0] != client_id or "_" not in str(tree.get("distributionID", "")):
        yield Finding(
            Part.ENVELOPE, "distributionID", "doit être notre identifiant de client, « _ », puis une suite unique"
        )
    if len(tree.get("content") or ()) > 1:
        yield Finding(Part.ENVELOPE, "content", "un seul contenu est permis")
    sent, expires = tree.get("dateTimeSent"), tree.get("dateTimeExpires")
    if isinstance(sent, str) and isinstance(expires, str) and _DATE.fullmatch(sent) and _DATE.fullmatch(expires):
        try:
            if read_date(expires) <= read_date(sent):
                yield Finding(Part.ENVELOPE, "dateTimeExpires", "doit suivre dateTimeSent", code=400)
        except ValueError:
            yield Finding(Part.ENVELOPE, "dateTimeExpires", "date qui n’existe pas")


def _header_faults(tree: Mapping[str, Any], message: Mapping[str, Any], key: str) -> Iterator[Finding]:
    present = [name for name in HEADER_FIELDS if name in message]
    if key in _WITHOUT_HEADER:
        for name in present:
            yield Finding(Part.HEADER, name, f"« {key} » voyage sans en-tête")
        return
    for name in HEADER_FIELDS:
        if name not in message:
            yield Finding(Part.HEADER, name, "champ obligatoire absent")
    for outer, inner in (
        ("distributionID", "messageId"),
        ("distributionKind", "kind"),
        ("distributionStatus", "status"),
    ):
        if inner in message and message[inner] != tree.get(outer):
            yield Finding(Part.HEADER, inner, f"différent de {outer} de l’enveloppe")


def _content_faults(key: str, body: object, version: int) -> Iterator[Finding]:
    if not isinstance(body, dict):
        yield Finding(Part.CONTENT, key, "un objet est attendu")
        return
    for path in required_paths(key, version):
        for trail in _missing(body, path.split("."), key):
            yield Finding(Part.CONTENT, trail, "champ obligatoire absent")
    for name in _FILLED.get(key, ()):
        if body.get(name) == {}:
            yield Finding(Part.CONTENT, f"{key}.{name}", "objet vide : le convertisseur du hub le supprimerait")
    if key == _OWNED and "owner" not in body:
        yield Finding(
            Part.CONTENT, f"{key}.owner", "à répéter dans toute mise à jour : le convertisseur du hub échoue sans lui"
        )
    pairs = (body.get("additionalInformation") or {}).get("customMap", ())
    if len(pairs) > _MAX_PAIRS:
        yield Finding(Part.CONTENT, f"{key}.additionalInformation.customMap", f"au plus {_MAX_PAIRS} entrées")


@cache
def required_paths(key: str, version: int) -> tuple[str, ...]:
    """The required fields of a message we emit, each in the object that holds it."""
    table = files("adapters.lrm.hubsante").joinpath("contract/emitted-required.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(table.splitlines())
    return tuple(row["path"] for row in rows if row["message"] == key and str(version) in row["models"].split())


def _missing(node: object, steps: list[str], trail: str) -> Iterator[str]:
    """Where the last step is absent from an object that is there."""
    if isinstance(node, list):
        for position, item in enumerate(node):
            yield from _missing(item, steps, f"{trail}[{position}]")
    elif isinstance(node, dict):
        if len(steps) == 1:
            if steps[0] not in node:
                yield f"{trail}.{steps[0]}"
        elif steps[0] in node:
            yield from _missing(node[steps[0]], steps[1:], f"{trail}.{steps[0]}")


def _value_faults(node: object, trail: str, version: int, part: Part) -> Iterator[Finding]:
    """Nulls, dates in another form, identifiers that a later conversion would refuse."""
    if isinstance(node, list):
        for position, item in enumerate(node):
            yield from _value_faults(item, f"{trail}[{position}]", version, part)
    elif isinstance(node, dict):
        for name, value in node.items():
            path = f"{trail}.{name}".removeprefix(".")
            fault = _leaf_fault(name, value, version)
            if fault:
                yield Finding(part, path, fault)
            yield from _value_faults(value, path, version, part)


def _leaf_fault(name: str, value: object, version: int) -> str | None:
    if value is None:
        return "valeur nulle interdite : retirer la clé"
    if isinstance(value, list) and name in _IDENTIFIERS:
        return next((fault for item in value if (fault := _leaf_fault(name, item, version))), None)
    if not isinstance(value, str):
        return None
    if _ANY_DATE.fullmatch(value) and not _DATE.fullmatch(value):
        return DATE_FORM
    rule = _IDENTIFIERS.get(name)
    if rule and not (rule.strict if version <= _STRICT_UNTIL else rule.current).fullmatch(value):
        return f"forme attendue : {rule.text}"
    return None
