"""What SI-VIC pushes: a page of its news, as `contract/sivic-nouvelles-v1.schema.json` has it, read into canon by a `source:` mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.news import read_page

if TYPE_CHECKING:
    from adapters.wire.news import NewsPage, Shape


def read_news(page: Any, mode: str, shape: Shape) -> NewsPage:  # noqa: ANN401 - JSON as it came
    """One page. Raises `PageError` where its frame is not of the contract; a piece of news that cannot be read is in `refused`."""
    return read_page(page, mode, shape)
