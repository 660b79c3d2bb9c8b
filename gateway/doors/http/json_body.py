"""JSON as it comes: a byte order mark is taken, another charset than UTF-8 is named, depth is bounded. No value is quoted."""

from __future__ import annotations

import codecs
from typing import Any

import orjson

from gateway.doors.http.problems import ProblemError, broken_json

DEEPEST = 64
"""Levels of a document; those of ours have fewer than ten."""


def json_bytes(raw: bytes) -> bytes:
    """The document without its mark. Raises ProblemError 400 for bytes that are not UTF-8."""
    bare = raw.removeprefix(codecs.BOM_UTF8)
    try:
        bare.decode()
    except UnicodeDecodeError:
        detail = "Attendu : du JSON en UTF-8. Un autre jeu de caractères (Latin-1, UTF-16) ne se devine pas."
        raise ProblemError(400, "json_illisible", "Le corps de la requête n’est pas en UTF-8.", detail) from None
    return bare


def read_json(raw: bytes) -> Any:  # noqa: ANN401 - JSON as it comes
    """The document. Raises ProblemError 400 for what is no JSON, or is nested beyond any document of ours."""
    try:
        document = orjson.loads(json_bytes(raw))
    except orjson.JSONDecodeError:
        raise broken_json() from None
    refuse_depth(document)
    return document


def refuse_depth(document: object) -> None:
    """Raises ProblemError 400 for what is nested beyond any document of ours."""
    if _deeper(document, DEEPEST):
        raise ProblemError(400, "json_trop_profond", f"Le document a plus de {DEEPEST} niveaux.")


def _deeper(document: object, levels: int) -> bool:
    level = [document]
    for _ in range(levels):
        level = [
            inner
            for node in level
            if isinstance(node, dict | list)
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
