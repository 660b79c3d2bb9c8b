"""Sending messages again: as mapped today, which is why a mapping is mended, or with the very bytes of the last try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.register.mappings.versions import Mappings
from outbox.message import UNDECIDED, MessageStatus
from outbox.sql.reading.progress import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.database.database import Database
    from outbox.ports import Desk


async def replay(  # noqa: PLR0913 - what, by whom, how, when
    desk: Desk, database: Database, ids: Sequence[str], *, by: str, exactly: bool, now: datetime
) -> int:
    """Send messages that wait or are undecided again, in the order of their lanes; say how many went back to waiting.

    Unless `exactly`, they leave by the mappings in force when they leave, no longer by those of their birth.
    """
    if not exactly:

        def release(connection: Connection) -> None:
            waiting = [key for key in ids if status_of(connection, key) in {MessageStatus.PENDING, *UNDECIDED}]
            Mappings(connection).release(waiting, by, now)

        await database.write(release)
    return await desk.replay(ids, by=by, exactly=exactly)
