"""How many messages that have not ended hold a body that cannot be read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, text

from outbox.database.sealing import UnreadableError, open_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outbox.database.sealing import Seal

_BODIES: Final = text(
    "SELECT body FROM outbox_message WHERE status IN ('pending', 'sending', 'parked', 'uncertain') "
    "ORDER BY seq DESC LIMIT :most"
).bindparams(bindparam("most"))


def count_unreadable(connection: Connection, seal: Seal, most: int) -> int:
    """Among the newest `most`; what retention has emptied is no fault."""
    unreadable = 0
    for body in connection.execute(_BODIES, {"most": most}).scalars():
        if not body:
            continue
        try:
            open_json(seal, bytes(body))
        except UnreadableError:
            unreadable += 1
    return unreadable
