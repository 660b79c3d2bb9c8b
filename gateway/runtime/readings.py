"""Who read what names a person: a line of the audit, once a minute for the same reader and thing, as a page that follows live reads on."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from gateway.register import Register

if TYPE_CHECKING:
    from outbox.database.database import Database

log: Final = logging.getLogger(__name__)

AGAIN: Final = timedelta(minutes=1)
REMEMBERED: Final = 10_000
"""Readings that a node keeps in mind; beyond it forgets them all, and notes some twice."""


class Readings:
    """What this node has noted of late."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str, str], datetime] = {}

    async def note(self, database: Database, by: str, act: str, about: str, now: datetime) -> None:
        """Write the line down, durably. A store that cannot write hides no patient from who must see one: that is logged."""
        key = (by, act, about)
        last = self._noted.get(key)
        if last is not None and now - last < AGAIN:
            return
        try:
            await database.write(lambda connection: Register(connection).audit.note(by, act, about, now))
        except SQLAlchemyError:
            log.error("audit.reading_not_written act=%s", act)  # noqa: TRY400 - its trace may quote a value
            return
        if len(self._noted) >= REMEMBERED:
            self._noted.clear()
        self._noted[key] = now
