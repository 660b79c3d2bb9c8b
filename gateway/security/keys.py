"""API keys: `pk_<name>_<secret>`. The secret has 256 random bits, so its SHA-256 is what we keep; the key is shown once, at birth."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from domain.mode import Mode

KEY = re.compile(r"pk_([a-z0-9-]{1,40})_([A-Za-z0-9_-]{43})")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Scope(StrEnum):
    """What a key is for."""

    PORTAL = "portal"
    """The SI-Samu portal: events and patients."""
    PLATFORM = "platform"
    """A telesurveillance or coordination platform: its own intervention requests."""
    COUNTS = "counts"
    """ARS, DGS, DGOS, ARZ: numbers, never a person (rules R-05, R-08)."""
    HOSPITAL = "hospital"
    """An établissement's own software: the persons of its own FINESS, said and read."""
    NEIGHBOUR = "neighbour"
    """SINUS or SI-VIC, by a key that bears its name: its own news, pushed."""
    OPERATOR = "operator"
    """Who watches the gateway: the outbox, its parked messages, the links."""
    INTEGRATOR = "integrator"
    """Who configures it: mappings, validators, previews."""


LONGEST_AUTHOR = 80
"""Characters, of the columns that name who did something."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in by name."""

    id: str
    """As the provider knows them."""
    name: str
    role: str
    acts: bool
    """May change things; else reads."""
    sites: frozenset[str] = frozenset()
    """FINESS of the establishments whose persons they see, where the role is that of an establishment."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling."""

    name: str
    """Of the key, or of the key whose compartment a person works in."""
    scope: Scope
    mode: Mode
    person: Person | None = None

    @property
    def author(self) -> str:
        """Who answers for an act: the person where there is one, else the key."""
        if self.person is None:
            return self.name
        named = f"{self.person.name} ({self.person.id})" if self.person.name else self.person.id
        return named[:LONGEST_AUTHOR]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at birth: the only moment when it can be read."""

    principal: Principal
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key as kept."""

    principal: Principal
    digest: bytes
    revoked: bool


class KeyStore(Protocol):
    """Where keys and the sessions of pages are kept: digests only."""

    async def find(self, name: str) -> KeptKey | None:
        """A key in force, by its name."""

    async def session(self, digest: bytes, now: datetime) -> str | None:
        """The name of the key that a session speaks for, while it lasts."""

    async def open_session(self, digest: bytes, name: str, expires_at: datetime) -> None:
        """A person's page now speaks for this key; durable when this returns."""

    async def person(self, digest: bytes, now: datetime) -> Principal | None:
        """The person that a session speaks for, while it lasts."""

    async def open_person_session(
        self, digest: bytes, principal: Principal, now: datetime, expires_at: datetime
    ) -> None:
        """A page now speaks for this person; durable when this returns."""

    async def close_session(self, digest: bytes) -> None:
        """That session is over; durable when this returns."""


def new_key(name: str, scope: Scope, mode: Mode) -> NewKey:
    """Make a key. Raises ValueError when the name is not lower-case letters, digits and hyphens."""
    if not NAME.fullmatch(name):
        raise ValueError("Le nom d’une clé : minuscules, chiffres et tirets, 40 au plus.")
    secret = secrets.token_urlsafe(32)
    return NewKey(Principal(name, scope, mode), f"pk_{name}_{secret}", digest(secret))


def digest(secret: str) -> bytes:
    """What the register keeps of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def split(key: str) -> tuple[str, str] | None:
    """The name and the secret of a key, or None when it has not the shape of one."""
    match = KEY.fullmatch(key)
    return (match[1], match[2]) if match else None


def same(secret: str, kept: bytes) -> bool:
    """Whether this is the secret, in constant time."""
    return hmac.compare_digest(digest(secret), kept)
