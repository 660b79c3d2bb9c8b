"""What a message says, in French words, line by line: from the canon that its mapping made, in the order of its fields.

A field that may identify somebody is masked for who has no right to it. What no mapping reads is shown as it came, with its path:
nothing of a message is dropped in silence.
"""

from __future__ import annotations

import re
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from domain.canon.received import RECEIVED
from domain.canon.received.cases import CodedCanon
from domain.canon.received.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.inbound import ReceivedMessage

Line = dict[str, Any]
"""`label` with `value`, or `masked`, or `lines` (an object), or `items` (a list of objects, each a list of lines)."""

_AGE = re.compile(r"P([0-9]{1,3})([YMWD])")
_UNITS = {"Y": ("an", "ans"), "M": ("mois", "mois"), "W": ("semaine", "semaines"), "D": ("jour", "jours")}


def content_view(received: ReceivedMessage, *, personal: bool) -> dict[str, Any]:
    """The content of a message. `personal` is the reader's right to what may identify somebody."""
    content = received.content
    remarks = [{"path": finding.path, "text": finding.text} for finding in (*received.faults, *received.remarks)]
    if content is None:
        return {"lines": [], "other": [], "remarks": remarks, "unread": "Aucune correspondance ne lit ce message."}
    return {
        "lines": list(_lines(RECEIVED[content.kind], content.canon, personal=personal)) if content.kind else [],
        "other": [{"path": path, **_shown(value, masked=not personal)} for path, value in content.left],
        "remarks": remarks,
        "unread": content.trouble,
    }


def _lines(shape: Any, canon: Mapping[str, Any], *, personal: bool) -> Iterator[Line]:  # noqa: ANN401 - a type hint
    for name, hint in get_type_hints(shape, include_extras=True).items():
        value = canon.get(name)
        words = next((each for each in get_args(hint)[1:] if isinstance(each, Words)), None)
        if words is None or not words.text or value in (None, "", [], {}):
            continue
        line = _line(_bare(hint), value, personal=personal, masked=words.personal and not personal)
        yield {"label": words.text, **line}


def _line(hint: Any, value: Any, *, personal: bool, masked: bool) -> Line:  # noqa: ANN401 - same
    if get_origin(hint) is list:
        inner = _bare(get_args(hint)[0])
        if inner is CodedCanon:
            return _shown(" ; ".join(_coded(each) for each in value), masked=masked)
        if is_typeddict(inner):
            return {"items": [list(_lines(inner, each, personal=personal)) for each in value if each]}
        return _shown(" ; ".join(str(each) for each in value), masked=masked)
    if hint is CodedCanon:
        return _shown(_coded(value), masked=masked)
    if is_typeddict(hint):
        return {"lines": list(_lines(hint, value, personal=personal))}
    return _shown(_said(value), masked=masked)


def _shown(text: str, *, masked: bool) -> Line:
    return {"masked": True} if masked else {"value": text}


def _said(value: Any) -> str:  # noqa: ANN401 - a leaf
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return f"{value:g}" if value.is_integer() else str(value).replace(".", ",")
    if isinstance(value, str) and (age := _AGE.fullmatch(value)):
        unit, several = _UNITS[age[2]]
        return f"{int(age[1])} {unit if int(age[1]) <= 1 else several}"
    return str(value)


def _coded(value: Mapping[str, Any]) -> str:
    label, code = value.get("label"), value.get("code")
    return f"{label} ({code})" if label and code else str(label or code or "")


def _bare(hint: Any) -> Any:  # noqa: ANN401 - same
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in {Union, UnionType}:
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    return hint
