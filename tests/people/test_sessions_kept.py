"""What both databases keep of a person who signed in: who, in which role, until when; never the token."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from domain.mode import Mode
from gateway.register.tables import person_session
from gateway.security.keys import Person, Principal, Scope
from tests.gateway.house import open_house
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.gateway.house import OpenHouse

__all__ = ["postgres"]

PERSON = Person("899700000017", "Zoé ESSAI", "hospital", acts=False, sites=frozenset({"310000000", "2A0000001"}))
PRINCIPAL = Principal("essai-hospital", Scope.HOSPITAL, Mode.EXERCISE, PERSON)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """A gateway over each database."""
    more = {}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        more["store"] = {"url": server.create_database()}
    async with open_house(tmp_path, **more) as opened:
        yield opened


async def test_a_person_comes_back_as_they_were_until_the_end(house: OpenHouse) -> None:
    """The whole principal; a session that ended, was ended or was never opened speaks for nobody."""
    keeper = house.runtime.doorkeeper
    _, short = await keeper.open_person_session(PRINCIPAL, timedelta(minutes=5))
    _, ended = await keeper.open_person_session(PRINCIPAL, timedelta(hours=1))
    assert await keeper.session(short) == PRINCIPAL
    await keeper.close_session(ended)
    assert await keeper.session(ended) is None
    assert await keeper.session("rien") is None
    people = await house.runtime.read(lambda register: register.keys.people(house.clock()))
    assert [principal for principal, _ in people] == [PRINCIPAL]
    house.clock.forward(minutes=6)
    assert await keeper.session(short) is None
    assert await house.runtime.write(lambda register: register.keys.close_old_sessions(house.clock())) == 1


async def test_the_token_is_not_in_the_database(house: OpenHouse) -> None:
    """Whoever reads the table cannot come in with what is there."""
    _, token = await house.runtime.doorkeeper.open_person_session(PRINCIPAL, timedelta(hours=1))
    rows = await house.runtime.database.read(lambda connection: connection.execute(select(person_session)).all())
    assert len(rows) == 1
    assert token not in repr(rows)


async def test_a_person_is_signed_out_of_everywhere(house: OpenHouse) -> None:
    """Every session of theirs and of nobody else; the count is told."""
    keeper = house.runtime.doorkeeper
    tokens = [(await keeper.open_person_session(PRINCIPAL, timedelta(hours=1)))[1] for _ in range(2)]
    other = Principal(
        "personne-operator", Scope.OPERATOR, Mode.EXERCISE, Person("2", "Ana ESSAI", "operator", acts=True)
    )
    _, kept = await keeper.open_person_session(other, timedelta(hours=1))
    assert await house.runtime.write(lambda register: register.keys.sign_out(PERSON.id)) == 2
    assert [await keeper.session(token) for token in tokens] == [None, None]
    assert await keeper.session(kept) == other


async def test_a_session_of_the_other_mode_speaks_for_nobody(house: OpenHouse) -> None:
    """A database that once served an exercise lets nobody of it into the real, nor the other way round."""
    real = Principal("personne-operator", Scope.OPERATOR, Mode.ACTUAL, Person("3", "Bob ESSAI", "operator", acts=True))
    _, token = await house.runtime.doorkeeper.open_person_session(real, timedelta(hours=1))
    assert await house.runtime.doorkeeper.session(token) is None
