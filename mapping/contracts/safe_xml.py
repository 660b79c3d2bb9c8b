"""The one parser of XML that came from elsewhere: nothing switched on, bounded work, and the charset that RFC 7303 says.

Refuses a document type, entities, the network, and more elements than a reader can use: the errors of a validator cost the square of what
they are about. The charset is that of the byte order mark, else that of the transport's header, else that of the declaration; where the
bytes disprove one, the next speaks, and the contradiction is told. An error names a place, never a value.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from lxml import etree

if TYPE_CHECKING:
    from pathlib import Path

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its elements no public name
XmlFault = Literal["too_long", "too_many", "malformed", "doctype", "instruction", "charset"]

MOST_MARKS = 200_000
"""Opening brackets of a document, and its equals signs: as many as ten thousand victims need."""
CHARSETS = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "iso8859-15", "cp1252"})
"""What real systems send, by the names of Python's codecs."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""\A\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)


class XmlReadingError(ValueError):
    """A document that is not read."""

    def __init__(self, fault: XmlFault, *, line: int = 0, column: int = 0, why: str = "") -> None:
        """`line` and `column` where the parser stopped, 0 where there is no such place; `why` is French and holds no value."""
        super().__init__(fault)
        self.fault = fault
        self.line = line
        self.column = column
        self.why = why


@dataclass(frozen=True, slots=True)
class ReadXml:
    """A document, read."""

    root: Element
    contradiction: str = ""
    """French: which of mark, header and declaration was believed against which; empty where they agree."""


def charset_of(content_type: str | None) -> str:
    """The charset that a Content-Type says; empty when it says none."""
    match = _CHARSET.search(content_type or "")
    return match[1] if match else ""


def hardened_parser(
    *, comments: bool = False, instructions: bool = False, encoding: str | None = None
) -> etree.XMLParser:
    """A parser with nothing switched on. `encoding` is believed against the declaration of the document."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=not comments,
        remove_pis=not instructions,
        encoding=encoding,
    )


def read_file(path: Path) -> Element:
    """The root of a file of ours, such as a schema. Raises OSError, or `XmlReadingError` for what is no XML."""
    try:
        root: Element = etree.fromstring(path.read_bytes(), hardened_parser(), base_url=path.resolve().as_uri())
    except etree.XMLSyntaxError as error:
        raise XmlReadingError("malformed", line=error.position[0], column=error.position[1]) from None
    return root


def read_xml_root(raw: bytes, most_bytes: int, *, charset: str = "", most_marks: int = MOST_MARKS) -> Element:
    """As `read_xml_document`, for a reader that tells nobody of a contradiction."""
    return read_xml_document(raw, most_bytes, charset=charset, most_marks=most_marks).root


def read_xml_document(
    raw: bytes, most_bytes: int, *, charset: str = "", most_marks: int = MOST_MARKS, instructions: bool = True
) -> ReadXml:
    """The root of a document of at most that many bytes; comments are left out. Raises `XmlReadingError`.

    `charset` is the one of the Content-Type, empty when it says none. `instructions`: processing instructions are left out, not refused.
    """
    if len(raw) > most_bytes:
        raise XmlReadingError("too_long")
    encoding, contradiction = _encoding(raw, charset)
    # Counted in the bytes, before a tree is made of them.
    if raw.count(b"<") > most_marks or raw.count(b"=") > most_marks:
        raise XmlReadingError("too_many")
    try:
        root: Element = etree.fromstring(raw, hardened_parser(instructions=not instructions, encoding=encoding))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        # The parser's own words quote the document, which is a patient's.
        raise XmlReadingError("doctype" if b"<!DOCTYPE" in raw else "malformed", line=line, column=column) from None
    except ValueError:
        raise XmlReadingError("malformed") from None
    # Entities are left unread in the tree: the declaration itself is what is refused.
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlReadingError("doctype")
    if not instructions and root.getroottree().xpath("//processing-instruction()"):
        raise XmlReadingError("instruction")
    return ReadXml(root, contradiction)


def _encoding(raw: bytes, header: str) -> tuple[str | None, str]:
    """What the parser must believe (None: what it finds by itself), and the contradiction that was settled so."""
    mark = next((codec for order, codec in _MARKS if raw.startswith(order)), "")
    declaration = _DECLARED.match(raw.removeprefix(codecs.BOM_UTF8))
    declared = _codec(declaration[1].decode()) if declaration else ""
    speakers = [
        ("la marque d’ordre des octets", mark),
        ("Content-Type", _codec(header)),
        ("la déclaration XML", declared),
    ]
    named = [(who, codec) for who, codec in speakers if codec]
    if not named and not _decodes(raw, "utf-8"):
        raise XmlReadingError("charset", why="Le corps n’est pas en UTF-8, et n’annonce pas d’autre jeu de caractères.")
    if not named or (len(named) == 1 and declared and _decodes(raw, declared)):
        return None, ""
    # What starts as ASCII does is no UTF-16, whatever was declared; UTF-8 is what XML supposes where nobody is right.
    for who, codec in [*named, ("l’usage", "utf-8")]:
        if _decodes(raw, codec):
            against = [f"{other} dit {_shown(name)}" for other, name in named if not _same(name, codec)]
            return _parsed_as(codec), f"{_shown(codec)} a été lu ({who}) ; {', '.join(against)}." if against else ""
    names = ", ".join(f"{who} dit {_shown(codec)}" for who, codec in named)
    raise XmlReadingError("charset", why=f"Le corps n’est pas dans le jeu de caractères annoncé : {names}.")


def _codec(name: str) -> str:
    """Python's name of a charset that is read here; `?` for another one, empty where none is named."""
    try:
        codec = codecs.lookup(name).name if name else ""
    except LookupError:
        return "?"
    return codec if codec in CHARSETS or not name else "?"


def _decodes(raw: bytes, codec: str) -> bool:
    """Whether these bytes are text in that charset, and begin as a document does."""
    if codec == "?" or (codec.startswith("utf-16") and b"\0" not in raw[:8]):
        return False
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _parsed_as(codec: str) -> str | None:
    """What the parser is told: UTF-16 with its mark it finds by itself."""
    return {"iso8859-1": "ISO-8859-1", "iso8859-15": "ISO-8859-15", "cp1252": "WINDOWS-1252", "ascii": "US-ASCII"}.get(
        codec, None if codec.startswith("utf-16") else "UTF-8"
    )


def _same(codec: str, other: str) -> bool:
    """Whether two names need not be told apart."""
    pair = {codec, other}
    return len(pair) == 1 or pair <= {"utf-16", "utf-16-le", "utf-16-be"} or pair == {"utf-8", "ascii"}


def _shown(codec: str) -> str:
    if codec == "?":
        return "un jeu de caractères inconnu"
    return codec.upper().replace("ISO8859", "ISO-8859").replace("CP1252", "windows-1252")
