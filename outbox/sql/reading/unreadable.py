"""The bodies of the messages that have not ended, as they are kept: for whoever counts those that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_BODIES: Final = text(
    "SELECT body FROM outbox_message WHERE status IN ('pending', 'sending', 'parked', 'uncertain') "
    "ORDER BY seq DESC LIMIT :most"
).bindparams(bindparam("most"))


def live_bodies(connection: Connection, most: int) -> Iterator[bytes]:
    """Of the newest `most` messages; those that retention has emptied are left out."""
    return (bytes(body) for body in connection.execute(_BODIES, {"most": most}).scalars() if body)
