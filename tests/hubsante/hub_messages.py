"""Messages made from the official schemas: every field of a message filled, for every message of every model."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.hubsante.judge.judgement import Judge
from adapters.lrm.hubsante.models.models import Models, read_models
from tests.shared_material import BESIDE, shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.lrm.hubsante.models.models import MessageType

FOLDERS = {1: "hubsante/releases/1.x", 2: "hubsante/releases/2.x", 3: "hubsante"}
CLIENT = "fr.health.samu330"
DATE = "2026-03-01T10:00:00+01:00"
CANDIDATES = (
    DATE,
    "fr.health.samu330.DRFR15",
    "fr.health.samu330",
    "fr.health.samu330.patient.DRFR15.1",
    "fr.health.samu330.medicalNote.DRFR15.1",
    "fr.health.samu330.resource.VLM1",
    "fr.health.samu330.request.DRFR15.1",
    "33063",
    "330781253",
    "1951-04-02",
    "R29",
    "C02.05.01",
    "L01.01.01",
    "M03.12",
    "I21.0",
    "P53Y",
    "+33612345678",
    "810000000001",
    "0612345678",
    "essai@exemple.fr",
)
FREE = {
    "texte": "essai",
    "vide": "",
    "nombre": 4.5,
    "entier": 3,
    "vrai": True,
    "rien": None,
    "liste": ["seul"],
    "listes": [[1], []],
    "aucun": [],
    "objet": {"a b": "1", "@t": "x", "#text": "y", "": "sans nom"},
    "vides": [{}, {}],
}


@cache
def models(version: int) -> Models:
    """The official models of this version, or a skip that says what is missing."""
    return read_models(shared(FOLDERS[version]))


@cache
def judge(version: int) -> Judge:
    """Their schemas, compiled once for the whole run."""
    return Judge(models(version))


def every_message() -> Iterator[Any]:
    """(version, key) of every message of every model beside the checkout; one that says what is missing when there are none."""
    if not (BESIDE / "hubsante").exists():
        yield pytest.param(3, "reference", id="official models")  # Asking for the models skips it, or fails it in CI.
        return
    for version in FOLDERS:
        for kind in models(version).types.values():
            yield pytest.param(version, kind.key, id=f"{version}-{kind.name}")


def full_body(kind: MessageType) -> dict[str, Any]:
    """The use case with every field present, lists of two where the schema lets them."""
    body: dict[str, Any] = _value(kind.schema, kind.schema)
    if kind.key == "error":  # One pair of the contract, which the schema does not say.
        body["errorCode"] = {"statusCode": 500, "statusString": "DEAD_LETTER_QUEUED"}
    return body


def full_message(known: Models, kind: MessageType) -> dict[str, Any]:
    """The content of `message`: header where there is one, then the use case."""
    header: dict[str, Any] = {}
    if kind.header:
        header = _value(known.header_schema, known.header_schema)
        header |= {"messageId": f"{CLIENT}_1", "kind": "Report", "status": "Actual"}
    return {**header, kind.key: full_body(kind)}


def full_envelope(known: Models, kind: MessageType) -> dict[str, Any]:
    """A complete EDXL-DE envelope around the full message."""
    return {
        "distributionID": f"{CLIENT}_1",
        "senderID": CLIENT,
        "dateTimeSent": DATE,
        "dateTimeExpires": "2026-03-02T10:00:00+01:00",
        "distributionStatus": "Actual",
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": "fr.health.samu400"},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": full_message(known, kind)}}}],
    }


def message_of(tree: dict[str, Any]) -> dict[str, Any]:
    """The message inside an envelope."""
    message: dict[str, Any] = tree["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    return message


def _value(node: Any, root: Any) -> Any:
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rpartition("/")[2]]
    kind = node.get("type")
    if kind == "object":
        properties = node.get("properties")
        return {name: _value(child, root) for name, child in properties.items()} if properties else deepcopy(FREE)
    if kind == "array":
        return [_value(node["items"], root) for _ in range(min(2, node.get("maxItems", 2)))]
    if kind == "string":
        return _text(node)
    return {"number": 44.8378, "integer": 3, "boolean": False}[kind]


def _text(node: Any) -> str:
    if "enum" in node:
        return str(node["enum"][0])
    if "pattern" in node:
        return next(text for text in CANDIDATES if re.fullmatch(node["pattern"].strip("^$"), text))
    return DATE if node.get("format") == "date-time" else "Essai & <test> é"
