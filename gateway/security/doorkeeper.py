"""Lets in who has a key in force whose scope the door admits. Everyone else is told so, and nothing more."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.doors.http.problems import ProblemError
from gateway.register import Register
from gateway.security import keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from domain.mode import Mode
    from gateway.register.keys import KeptKey
    from gateway.security.keys import Principal, Scope
    from outbox.database.database import Database

COOKIE = "passerelle_session"
REMEMBERED = timedelta(seconds=5)  # a revoked key stops working within this time on every node
SESSION = timedelta(hours=12)  # a night shift


@dataclass(slots=True)
class Doorkeeper:
    """Reads the register of keys, with a short memory."""

    database: Database
    clock: Callable[[], datetime]
    mode: Mode
    """Of this house: a key of the other one opens nothing here."""
    _memory: dict[str, tuple[datetime, KeptKey | None]] = field(default_factory=dict)

    async def let_in(self, request: Request, scopes: frozenset[Scope]) -> Principal:
        """Who is calling, if the door admits them. Raises ProblemError 401 or 403."""
        return self._admitted(await self._who(request), scopes)

    async def let_in_key(self, name: str, key: str, scopes: frozenset[Scope]) -> Principal:
        """The same for a key that came in the message itself, with the name of its holder. Raises ProblemError 401 or 403."""
        principal = await self._holder(key)
        return self._admitted(principal if principal is not None and principal.name == name else None, scopes)

    async def let_in_proved(self, name: str, scopes: frozenset[Scope]) -> Principal:
        """The same for a caller who has just proved to be the holder of this key. Raises ProblemError 401 or 403."""
        kept = await self._kept(name)
        return self._admitted(kept.principal if kept else None, scopes)

    def _admitted(self, principal: Principal | None, scopes: frozenset[Scope]) -> Principal:
        if principal is None:
            raise ProblemError(
                401,
                "cle_absente",
                "Une clé d’accès en vigueur est nécessaire.",
                "En-tête attendu : Authorization: Bearer pk_…",
                headers={"WWW-Authenticate": "Bearer"},
            )
        self._refuse_other_mode(principal)
        if principal.scope not in scopes:
            admitted = ", ".join(sorted(scopes)) or "aucune"
            raise ProblemError(
                403, "portee_insuffisante", "Cette clé n’ouvre pas cette porte.", f"Portées admises : {admitted}"
            )
        return principal

    async def open_session(self, key: str) -> tuple[str, Principal]:
        """A page shows a key once and gets a token for its cookie. Raises ProblemError 401."""
        principal = await self._holder(key)
        if principal is None:
            raise ProblemError(401, "cle_refusee", "Cette clé n’est pas en vigueur.")
        self._refuse_other_mode(principal)
        token = secrets.token_urlsafe(32)
        expires_at = self.clock() + SESSION
        await self.database.write(
            lambda connection: Register(connection).keys.open_session(_digest(token), principal.name, expires_at)
        )
        return token, principal

    def _refuse_other_mode(self, principal: Principal) -> None:
        if principal.mode != self.mode:
            raise ProblemError(
                403,
                "mode",
                "Exercice et réel ne se mélangent jamais.",
                f"Cette clé est « {principal.mode} », cette passerelle « {self.mode} ».",
            )

    async def _who(self, request: Request) -> Principal | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme:
            return await self._holder(key.strip()) if scheme.lower() == "bearer" else None
        token = request.cookies.get(COOKIE)
        # A cookie only ever reads: what changes something needs the key itself, so that no other site can do it.
        if token is None or request.method not in {"GET", "HEAD"}:
            return None
        now = self.clock()
        name = await self.database.read(lambda connection: Register(connection).keys.session(_digest(token), now))
        kept = await self._kept(name) if name else None
        return kept.principal if kept else None

    async def _holder(self, key: str) -> Principal | None:
        parts = keys.split(key)
        if parts is None:
            return None
        name, secret = parts
        kept = await self._kept(name)
        return kept.principal if kept and keys.same(secret, kept.digest) else None

    async def _kept(self, name: str) -> KeptKey | None:
        now = self.clock()
        remembered = self._memory.get(name)
        if remembered is not None and now - remembered[0] < REMEMBERED:
            return remembered[1]
        kept = await self.database.read(lambda connection: Register(connection).keys.find(name))
        if kept is not None:
            self._memory[name] = (now, kept)
        else:
            # Unknown names are not remembered: a stranger must not be able to fill our memory.
            self._memory.pop(name, None)
        return kept


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
