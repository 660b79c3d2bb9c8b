"""API keys and the sessions of the page: digests only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from domain.mode import Mode
from gateway.register.instants import from_column, to_column
from gateway.register.tables import api_key, person_session, session
from gateway.security.keys import KeptKey, Person, Principal, Scope

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from gateway.security.keys import NewKey
    from outbox.database.database import Database

ADD = insert(api_key)
FIND = select(api_key).where(api_key.c.name == bindparam("name"), api_key.c.revoked_at.is_(None))
ALL = select(api_key).order_by(api_key.c.name)
REVOKE = (
    update(api_key)
    .where(api_key.c.name == bindparam("key_name"), api_key.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
OPEN = insert(session)
OPENED = select(session.c.key_name).where(
    session.c.digest == bindparam("digest"), session.c.expires_at > bindparam("now")
)
CLOSE = delete(session).where(session.c.digest == bindparam("closed"))
OPEN_PERSON = insert(person_session)
PERSON = select(person_session).where(
    person_session.c.digest == bindparam("digest"), person_session.c.expires_at > bindparam("now")
)
PEOPLE = (
    select(person_session).where(person_session.c.expires_at > bindparam("now")).order_by(person_session.c.opened_at)
)
CLOSE_PERSON = delete(person_session).where(person_session.c.digest == bindparam("closed"))
CLOSE_PERSON_ALL = delete(person_session).where(person_session.c.person_id == bindparam("person"))
CLOSE_PERSON_OLD = delete(person_session).where(person_session.c.expires_at <= bindparam("now"))
CLOSE_OLD = delete(session).where(session.c.expires_at <= bindparam("now"))


class Keys:
    """The keys."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: NewKey, now: datetime) -> None:
        """Keep the digest of a new key. Raises IntegrityError when the name is taken."""
        row = {
            "name": key.principal.name,
            "scope": key.principal.scope,
            "mode": key.principal.mode,
            "digest": key.digest,
            "created_at": to_column(now),
        }
        self._connection.execute(ADD, row)

    def find(self, name: str) -> KeptKey | None:
        """A key in force, by its name."""
        row = self._connection.execute(FIND, {"name": name}).first()
        if row is None:
            return None
        return KeptKey(Principal(row.name, Scope(row.scope), Mode(row.mode)), row.digest, revoked=False)

    def all(self) -> list[KeptKey]:
        """Every key there ever was."""
        return [
            KeptKey(Principal(row.name, Scope(row.scope), Mode(row.mode)), row.digest, row.revoked_at is not None)
            for row in self._connection.execute(ALL)
        ]

    def revoke(self, name: str, now: datetime) -> bool:
        """Take a key out of force; False when it was not in force."""
        return self._connection.execute(REVOKE, {"key_name": name, "at": to_column(now)}).rowcount == 1

    def open_session(self, digest: bytes, name: str, expires_at: datetime) -> None:
        """A person's page now speaks for this key; a session that is opened again lasts longer."""
        self._connection.execute(CLOSE, {"closed": digest})
        self._connection.execute(OPEN, {"digest": digest, "key_name": name, "expires_at": to_column(expires_at)})

    def session(self, digest: bytes, now: datetime) -> str | None:
        """The name of the key a session speaks for, while it lasts."""
        name = self._connection.execute(OPENED, {"digest": digest, "now": to_column(now)}).scalar()
        return str(name) if name is not None else None

    def close_session(self, digest: bytes) -> None:
        """That session is over."""
        self._connection.execute(CLOSE, {"closed": digest})
        self._connection.execute(CLOSE_PERSON, {"closed": digest})

    def open_person_session(self, digest: bytes, principal: Principal, now: datetime, expires_at: datetime) -> None:
        """A page now speaks for this person. Raises ValueError for a principal that is a key."""
        person = principal.person
        if person is None:
            raise ValueError("a session of a person needs one")
        row = {
            "digest": digest,
            "person_id": person.id,
            "person_name": person.name,
            "role": person.role,
            "acts": person.acts,
            "sites": " ".join(sorted(person.sites)),
            "name": principal.name,
            "scope": principal.scope,
            "mode": principal.mode,
            "opened_at": to_column(now),
            "expires_at": to_column(expires_at),
        }
        self._connection.execute(OPEN_PERSON, row)

    def person(self, digest: bytes, now: datetime) -> Principal | None:
        """The person that a session speaks for, while it lasts."""
        row = self._connection.execute(PERSON, {"digest": digest, "now": to_column(now)}).first()
        return _as_person(row) if row is not None else None

    def people(self, now: datetime) -> list[tuple[Principal, datetime]]:
        """Who is signed in, since when."""
        rows = self._connection.execute(PEOPLE, {"now": to_column(now)})
        return [(_as_person(row), from_column(row.opened_at)) for row in rows]

    def sign_out(self, person_id: str) -> int:
        """End every session of a person; how many."""
        return self._connection.execute(CLOSE_PERSON_ALL, {"person": person_id}).rowcount

    def close_old_sessions(self, now: datetime) -> int:
        """Drop sessions that ended."""
        people = self._connection.execute(CLOSE_PERSON_OLD, {"now": to_column(now)}).rowcount
        return people + self._connection.execute(CLOSE_OLD, {"now": to_column(now)}).rowcount


def _as_person(row: Row[Any]) -> Principal:
    person = Person(row.person_id, row.person_name, row.role, row.acts, frozenset(row.sites.split()))
    return Principal(row.name, Scope(row.scope), Mode(row.mode), person)


class RegisteredKeys:
    """The keys of a database for whoever is outside of its transactions; a `security.keys.KeyStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> KeptKey | None:
        """A key in force, by its name."""
        return await self._database.read(lambda connection: Keys(connection).find(name))

    async def session(self, digest: bytes, now: datetime) -> str | None:
        """The name of the key that a session speaks for, while it lasts."""
        return await self._database.read(lambda connection: Keys(connection).session(digest, now))

    async def open_session(self, digest: bytes, name: str, expires_at: datetime) -> None:
        """A person's page now speaks for this key; durable when this returns."""
        await self._database.write(lambda connection: Keys(connection).open_session(digest, name, expires_at))

    async def person(self, digest: bytes, now: datetime) -> Principal | None:
        """The person that a session speaks for, while it lasts."""
        return await self._database.read(lambda connection: Keys(connection).person(digest, now))

    async def open_person_session(
        self, digest: bytes, principal: Principal, now: datetime, expires_at: datetime
    ) -> None:
        """A page now speaks for this person; durable when this returns."""
        await self._database.write(
            lambda connection: Keys(connection).open_person_session(digest, principal, now, expires_at)
        )

    async def close_session(self, digest: bytes) -> None:
        """That session is over; durable when this returns."""
        await self._database.write(lambda connection: Keys(connection).close_session(digest))
