"""Encryption at rest of bodies and evidence: what a seal does, and the one of a database. The key is the deployment's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

if TYPE_CHECKING:
    from sqlalchemy import Connection


class UnreadableError(Exception):
    """What a column holds cannot be read: no key opens it, or it is not what was written. Its text never holds the content."""


class Seal(Protocol):
    """Encryption at rest of bodies and evidence, where the house wants it."""

    def seal(self, clear: bytes) -> bytes:
        """What goes into the column."""

    def open(self, sealed: bytes) -> bytes:
        """What was given to `seal`. Raises UnreadableError."""


class NoSeal:
    """Stores bytes as they are."""

    def seal(self, clear: bytes) -> bytes:
        """The same bytes."""
        return clear

    def open(self, sealed: bytes) -> bytes:
        """The same bytes."""
        return sealed


UNSEALED: Final = NoSeal()


def open_json(seal: Seal, sealed: bytes) -> Any:  # noqa: ANN401 - JSON
    """The JSON value that was sealed. Raises UnreadableError, so that whoever reads many rows goes on with the others."""
    try:
        return orjson.loads(seal.open(sealed))
    except orjson.JSONDecodeError:
        raise UnreadableError("not the JSON that was written") from None


def seal_of(connection: Connection) -> Seal:
    """The seal of the database that this connection is to; see `open_database`."""
    seal: Seal = connection.get_execution_options().get("seal", UNSEALED)
    return seal
