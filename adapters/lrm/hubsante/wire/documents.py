"""Bytes in, a tree out, within bounds: the first door of everything that comes from the hub.

It refuses what a contract message never is and what a hostile one could be: too long, too deep, a document type or an
entity, a key written twice, NaN, an integer nobody can hold. It never shows a value of the document in its refusals.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from enum import Enum
from typing import Any, NoReturn

import orjson
from lxml import etree

MAX_BYTES = 4 * 1024 * 1024
"""A whole case is 10 kB; 4 MiB leaves room for an attachment in base64 and is judged in well under a second."""
MAX_DEPTH = 128
MAX_DIGITS = 128
_MAX_EXPONENT = 400
"""Every double fits; what lies beyond would be written in as many digits."""
_WORD_DIGITS = 18
"""What always fits a 64-bit word; longer integers are held as Decimal, which every writer here keeps whole."""

_NUMBER = re.compile(r"[+-]?(?=[0-9.]{1,128}(?:[eE]|$))(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_SPACED_KEY = re.compile(rb'"\s+:')


class Format(Enum):
    """The two forms of a message, as the content type of the delivery says."""

    JSON = "application/json"
    XML = "application/xml"


class UnreadableError(ValueError):
    """The bytes are no document. The text is French, and holds no value of the document."""


def told_format(raw: bytes) -> Format:
    """The format told from the first character, for a file that came without a content type."""
    return Format.XML if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else Format.JSON


def read_json(raw: bytes, limit: int = MAX_BYTES) -> Any:  # noqa: ANN401 - any JSON document
    """The document; numbers as Python reads them. A key given twice is refused, never decided."""
    raw = _within(raw, limit)
    try:
        tree = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableError(f"JSON illisible à la ligne {error.lineno}, colonne {error.colno}") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        refuse_depth(tree)
    if not _surely_unique(raw, tree):
        read_json_exactly(raw, limit)
    return tree


def read_json_exactly(raw: bytes, limit: int = MAX_BYTES) -> Any:  # noqa: ANN401 - any JSON document
    """The document, slower: a number keeps every digit it was written with."""
    raw = _within(raw, limit)
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableError(f"JSON illisible à la ligne {error.lineno}, colonne {error.colno}") from None
    try:
        tree = json.loads(raw, parse_float=read_number, parse_int=_integer, object_pairs_hook=_unique)
    except RecursionError:
        raise UnreadableError(f"imbrication de plus de {MAX_DEPTH} niveaux") from None
    refuse_depth(tree)
    return tree


def write_json(tree: object) -> bytes:
    """The document as it travels, without added spaces; a Decimal keeps its digits."""
    return orjson.dumps(tree, default=number_fragment)


def number_fragment(value: object) -> orjson.Fragment:
    """A Decimal for orjson, digit by digit; TypeError for what is no number."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


def read_number(text: str) -> int | float | Decimal:
    """The number as an int, as a float when a float says the same, as a Decimal when only that keeps its digits."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise UnreadableError("nombre illisible ou démesuré")
    if text.lstrip("+-").isdecimal():
        return _integer(text)
    exact = Decimal(text)
    if abs(exact.adjusted()) > _MAX_EXPONENT:
        raise UnreadableError("nombre illisible ou démesuré")
    near = float(text)
    return near if Decimal(repr(near)) == exact else exact


def read_xml(raw: bytes, limit: int = MAX_BYTES) -> etree._Element:
    """The root of the document, comments and processing instructions aside."""
    raw = _within(raw, limit)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        if b"<!DOCTYPE" in raw:
            _refuse_doctype()
        raise UnreadableError(f"XML illisible à la ligne {line}, colonne {column}") from None
    except ValueError as error:
        raise UnreadableError("XML illisible") from error
    if root.getroottree().docinfo.internalDTD is not None:
        _refuse_doctype()
    return root


def refuse_depth(tree: object, limit: int = MAX_DEPTH) -> None:
    """Raise when the tree is deeper than the limit."""
    level: list[Any] = [tree]
    for _ in range(limit + 1):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise UnreadableError(f"imbrication de plus de {limit} niveaux")


def _within(raw: bytes, limit: int) -> bytes:
    if len(raw) > limit:
        raise UnreadableError(f"message de {len(raw)} octets, au-delà de {limit}")
    if not raw.strip():
        raise UnreadableError("message vide")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _refuse_doctype() -> NoReturn:
    raise UnreadableError("déclaration de type de document (DOCTYPE) interdite : ni DTD ni entité")


def _surely_unique(raw: bytes, tree: object) -> bool:
    """Whether no key was dropped by the fast parser: as many `":` left as were written, and none written otherwise."""
    if b"\\u0022" in raw or b"\\u003" in raw:
        return False
    if any(mark in raw for mark in (b" :", b"\t:", b"\n:", b"\r:")) and _SPACED_KEY.search(raw):
        return False
    return orjson.dumps(tree).count(b'":') == raw.count(b'":')


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise UnreadableError("une même clé est donnée deux fois dans un objet")
    return tree


def _integer(text: str) -> int | Decimal:
    if len(text) <= _WORD_DIGITS:
        return int(text)
    if len(text) > MAX_DIGITS:
        raise UnreadableError("nombre entier démesuré")
    return Decimal(text)
