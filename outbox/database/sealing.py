"""Encryption at rest of bodies and evidence: what a seal does, and the one of a database. The key is the deployment's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Seal(Protocol):
    """Encryption at rest of bodies and evidence, where the house wants it."""

    def seal(self, clear: bytes) -> bytes:
        """What goes into the column."""

    def open(self, sealed: bytes) -> bytes:
        """What was given to `seal`."""


class Unsealed:
    """Stores bytes as they are."""

    def seal(self, clear: bytes) -> bytes:
        """The same bytes."""
        return clear

    def open(self, sealed: bytes) -> bytes:
        """The same bytes."""
        return sealed


UNSEALED: Final = Unsealed()


def seal_of(connection: Connection) -> Seal:
    """The seal of the database that this connection is to; see `open_database`."""
    seal: Seal = connection.get_execution_options().get("seal", UNSEALED)
    return seal
