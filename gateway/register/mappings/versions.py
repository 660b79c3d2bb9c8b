"""Which mapping is in force for what, since when, by whose decision and why; and the codes that no table had. Append-only where it judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update

from gateway.register.instants import from_column, to_column
from gateway.register.mappings.tables import mapping_activation, mapping_files, mapping_release, mapping_unknown_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

ADD = insert(mapping_activation)
ALL = select(mapping_activation).order_by(mapping_activation.c.seq)
RELEASE = insert(mapping_release)
RELEASED = select(mapping_release.c.message_id).where(mapping_release.c.message_id == bindparam("message_id"))
FORGET_RELEASE = delete(mapping_release).where(mapping_release.c.message_id == bindparam("message_id"))
UNKNOWN = select(mapping_unknown_code).order_by(mapping_unknown_code.c.table_name, mapping_unknown_code.c.code)
COUNT = (
    update(mapping_unknown_code)
    .where(
        mapping_unknown_code.c.table_name == bindparam("of_table"), mapping_unknown_code.c.code == bindparam("of_code")
    )
    .values(times=mapping_unknown_code.c.times + bindparam("more"), last_at=bindparam("now"))
)
FIRST = insert(mapping_unknown_code)
SETTLED = delete(mapping_unknown_code).where(
    mapping_unknown_code.c.table_name == bindparam("of_table"), mapping_unknown_code.c.code == bindparam("of_code")
)


FILES_KEPT = select(mapping_files.c.name).where(mapping_files.c.name == bindparam("of_name"))
FILES = select(mapping_files.c.content).where(mapping_files.c.name == bindparam("of_name"))
KEEP_FILES = insert(mapping_files)


@dataclass(frozen=True, slots=True)
class Decision:
    """One change of what is in force."""

    seq: int
    use: str
    """`sivic.victim`: a destination and what is told it; `files`: the deployment's files."""
    mapping: str
    previous: str | None
    kind: str
    """`settings`, `activation`, `addition` or `rollback`."""
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that a table did not have."""

    table: str
    code: str
    times: int
    last_at: datetime


class Mappings:
    """What integrators decided, on one open transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def decide(  # noqa: PLR0913 - a decision says all of this
        self, use: str, mapping: str, previous: str | None, kind: str, by: str, why: str, now: datetime
    ) -> None:
        """Write one decision down."""
        row = {"use": use, "mapping": mapping, "previous": previous, "kind": kind, "by": by, "why": why}
        self._connection.execute(ADD, {**row, "at": to_column(now)})

    def history(self) -> list[Decision]:
        """Every decision, the oldest first."""
        return [
            Decision(row.seq, row.use, row.mapping, row.previous, row.kind, row.by, row.why, from_column(row.at))
            for row in self._connection.execute(ALL)
        ]

    def release(self, ids: Sequence[str], by: str, now: datetime) -> None:
        """These messages go by what is in force when they leave."""
        for message_id in ids:
            self._connection.execute(FORGET_RELEASE, {"message_id": message_id})
            self._connection.execute(RELEASE, {"message_id": message_id, "by": by, "at": to_column(now)})

    def released(self, message_id: str) -> bool:
        """Whether somebody decided so."""
        return self._connection.execute(RELEASED, {"message_id": message_id}).first() is not None

    def count_unknown(self, missed: Mapping[str, Mapping[str, int]], now: datetime) -> None:
        """Add what was missed since the last time: table → code → how often."""
        for table, codes in sorted(missed.items()):
            for code, more in sorted(codes.items()):
                key = {"of_table": table, "of_code": code}
                counted = self._connection.execute(COUNT, {**key, "more": more, "now": to_column(now)})
                if counted.rowcount == 0:
                    row = {"table_name": table, "code": code, "times": more, "last_at": to_column(now)}
                    self._connection.execute(FIRST, row)

    def unknown(self) -> list[UnknownCode]:
        """Codes that no table had, by table."""
        return [
            UnknownCode(row.table_name, row.code, row.times, from_column(row.last_at))
            for row in self._connection.execute(UNKNOWN)
        ]

    def settle_unknown(self, table: str, code: str) -> None:
        """The table has the code now."""
        self._connection.execute(SETTLED, {"of_table": table, "of_code": code})

    def keep_files(self, name: str, content: bytes, now: datetime) -> None:
        """The files of that name, once."""
        if self._connection.execute(FILES_KEPT, {"of_name": name}).first() is None:
            self._connection.execute(KEEP_FILES, {"name": name, "content": content, "at": to_column(now)})

    def files(self, name: str) -> bytes | None:
        """What was kept under a name."""
        row = self._connection.execute(FILES, {"of_name": name}).first()
        return None if row is None else bytes(row.content)
