"""What is written as an array of PostgreSQL is what PostgreSQL reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outbox.sql.dialects.arrays import blobs, columns, integers, texts
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres"]

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(scope="module")
def line(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """One connection for all examples."""
    with psycopg.connect(postgres.create_database().replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@pytest.mark.postgres
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.none() | NUMBERS, st.none() | TEXTS, st.none() | st.binary(max_size=6)), min_size=1))
def test_every_column_comes_back(
    line: psycopg.Connection, rows: list[tuple[int | None, str | None, bytes | None]]
) -> None:
    """Numbers, texts with quotes and braces, bytes and NULLs arrive as they left."""
    read = line.execute("SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[])", columns("itb", rows)).fetchall()
    assert read == rows


def test_nothing_is_an_empty_array() -> None:
    """A column without rows is the empty array."""
    assert [integers([]), texts([]), blobs([])] == ["{}", "{}", "{}"]


def test_nul_is_refused() -> None:
    """PostgreSQL has no NUL character, and nothing is cut in two by one."""
    with pytest.raises(ValueError, match="NUL"):
        texts(["a\0b", "c"])
