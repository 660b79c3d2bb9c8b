"""What a neighbour says of its own accord, a page at a time: read from what it pushes, or asked for by a cursor.

A page stands or falls by its frame: its mode, its cursor, its list. Each piece of news in it stands or falls alone: one that
cannot be read is given back with the place of its fault, and spoils none of the others. Refuses to know what the news is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from adapters.wire.exchange import exchange
from mapping.contracts.writing import DocumentError
from mapping.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

MOST = 1000
"""Pieces of news in one page, as the contracts say."""


class Shape(Protocol):
    """A compiled `source:` mapping: one piece of news in, canon out."""

    def read(self, raw: bytes) -> dict[str, Any]:
        """The canon, or a `MappingError` with the path of its fault."""


class PageError(Exception):
    """A page whose frame is not of the contract: nothing of it is taken. Never holds what it says."""

    def __init__(self, code: str, title: str, field: str = "") -> None:
        """`code`: `mode_different`, `page_illisible`; `title` is French, for people; `field` is named as its sender wrote it."""
        super().__init__(f"{code} {field}")
        self.code = code
        self.title = title
        self.field = field


@dataclass(frozen=True, slots=True)
class Refusal:
    """One piece of news that could not be read."""

    place: int
    """Its rank in the page, from 0."""
    id: str | None
    """Its own identifier, where that much could be read."""
    field: str
    """Where the fault stands, as its sender wrote it."""
    reason: str
    """French, without the value."""


@dataclass(frozen=True, slots=True)
class NewsPage:
    """One page."""

    words: tuple[dict[str, Any], ...]
    """Each a `person` of `domain.canon.people`, in the order they were said."""
    refused: tuple[Refusal, ...]
    cursor: str | None
    """What to ask the next page by; None where the neighbour gave none."""
    more: bool
    """Whether others wait already."""


def read_page(page: Any, mode: str, shape: Shape) -> NewsPage:  # noqa: ANN401 - JSON as it came
    """The page as canon. `mode` is the one of the link. Raises `PageError` where its frame is not of the contract."""
    if not isinstance(page, dict):
        raise PageError("page_illisible", "Un objet est attendu.")
    if page.get("mode") != mode:
        raise PageError(
            "mode_different", "La page est de l’autre mode : exercice et réel ne se mélangent jamais.", "mode"
        )
    news, cursor = page.get("nouvelles"), page.get("curseur")
    if not isinstance(news, list) or len(news) > MOST:
        raise PageError("page_illisible", f"Une liste d’au plus {MOST} nouvelles est attendue.", "nouvelles")
    if cursor is not None and not (isinstance(cursor, str) and len(cursor) <= 200):  # noqa: PLR2004 - the contract's own length
        raise PageError("page_illisible", "Un texte d’au plus 200 caractères est attendu.", "curseur")
    words, refused = [], []
    for place, each in enumerate(news):
        try:
            words.append(shape.read(orjson.dumps(each)))
        except (MappingError, DocumentError) as error:
            path = error.path if isinstance(error, MappingError) else error.place
            own = each.get("id") if isinstance(each, dict) else None
            name = own if isinstance(own, str) and len(own) <= 80 else None  # noqa: PLR2004 - same
            refused.append(Refusal(place, name, f"nouvelles[{place}].{path}".rstrip("."), error.reason))
    return NewsPage(tuple(words), tuple(refused), cursor, more=page.get("reste") is True)


class NewsPoller:
    """Asks one neighbour for what it has to say after a cursor."""

    def __init__(  # noqa: PLR0913 - whom, where, by what, in which mode, when
        self, http: httpx.AsyncClient, name: str, path: str, shape: Shape, mode: str, clock: Callable[[], datetime]
    ) -> None:
        """`path`: of the door of the contract, below the address of the link."""
        self._http = http
        self._name = name
        self._path = path
        self._shape = shape
        self._mode = mode
        self._clock = clock

    async def page(self, cursor: str | None) -> NewsPage:
        """The page after `cursor`, the first where it is None. Raises `PageError`, or a `DeliveryError` where none came."""
        asked: Mapping[str, str] | None = {"apres": cursor} if cursor is not None else None
        headers = {"Accept": "application/json"}
        reply = await exchange(self._http, self._name, "GET", self._path, headers=headers, params=asked)
        if not reply.is_success:
            raise reply.refusal(self._name, self._clock())
        try:
            page = orjson.loads(reply.body)
        except orjson.JSONDecodeError:
            raise PageError("page_illisible", "La page n’est pas du JSON entier : rien n’en a été pris.") from None
        return read_page(page, self._mode, self._shape)
