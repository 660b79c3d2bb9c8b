"""Lets in who has a key in force whose scope the door admits. Everyone else is told so, and nothing more."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.security import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from domain.mode import Mode
    from gateway.security.keys import KeptKey, KeyStore, Principal, Scope

REMEMBERED = timedelta(seconds=5)  # a revoked key stops working within this time on every node
SESSION = timedelta(hours=12)  # a night shift
ACTING = frozenset({keys.Scope.PLATFORM})
"""Whose sessions change things too: a nurse whose page was reloaded still sends a request by one click. The others show their key again."""


class AccessError(Exception):
    """A caller is not let in. `title` and `detail` are French and hold nothing of what was shown."""

    def __init__(self, code: str, title: str, detail: str = "") -> None:
        """`code` is stable and for machines."""
        super().__init__(code)
        self.code = code
        self.title = title
        self.detail = detail


class UnidentifiedError(AccessError):
    """Nobody knows who is calling."""


class ForbiddenError(AccessError):
    """Who is calling is known, and may not come in here."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller shows: a key, or the token of the session of a page. Never printed."""

    key: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    changes: bool = False
    """The session is shown to change something."""


NOTHING = Credentials()


@dataclass(slots=True)
class Doorkeeper:
    """Reads the keys that are kept, with a short memory."""

    kept: KeyStore
    clock: Callable[[], datetime]
    mode: Mode
    """Of this house: a key of the other one opens nothing here."""
    _memory: dict[str, tuple[datetime, KeptKey | None]] = field(default_factory=dict)

    async def let_in(self, shown: Credentials, scopes: frozenset[Scope]) -> Principal:
        """Who is calling, if the door admits them. Raises AccessError."""
        return self._admitted(await self._who(shown), scopes)

    async def still_admits(self, shown: Credentials, scopes: frozenset[Scope]) -> bool:
        """Whether who was let in would be let in now."""
        try:
            await self.let_in(shown, scopes)
        except AccessError:
            return False
        return True

    async def let_in_key(self, name: str, key: str, scopes: frozenset[Scope]) -> Principal:
        """The same for a key that came in the message itself, with the name of its holder. Raises AccessError."""
        principal = await self._holder(key)
        return self._admitted(principal if principal is not None and principal.name == name else None, scopes)

    async def let_in_proved(self, name: str, scopes: frozenset[Scope]) -> Principal:
        """The same for a caller who has just proved to be the holder of this key. Raises AccessError."""
        kept = await self._kept(name)
        return self._admitted(kept.principal if kept else None, scopes)

    def _admitted(self, principal: Principal | None, scopes: frozenset[Scope]) -> Principal:
        if principal is None:
            raise UnidentifiedError(
                "cle_absente",
                "Une clé d’accès en vigueur est nécessaire.",
                "En-tête attendu : Authorization: Bearer pk_…",
            )
        self._refuse_other_mode(principal)
        if principal.scope not in scopes:
            admitted = ", ".join(sorted(scopes)) or "aucune"
            raise ForbiddenError(
                "portee_insuffisante",
                "Cette clé n’ouvre pas cette porte."
                if principal.person is None
                else "Votre rôle n’ouvre pas cette porte.",
                f"Portées admises : {admitted}",
            )
        return principal

    async def open_session(self, key: str, held: Mapping[str, str]) -> tuple[str, str, Principal]:
        """A page shows a key once and gets the id, the token and the holder of its session. Raises AccessError.

        `held`: id → token of the sessions that its browser holds; one of the same holder goes on, and lasts longer.
        """
        principal = await self._holder(key)
        if principal is None:
            raise UnidentifiedError("cle_refusee", "Cette clé n’est pas en vigueur.")
        self._refuse_other_mode(principal)
        session_id, token = new_session_id(), secrets.token_urlsafe(32)
        for other_id, other in held.items():
            if await self.session(other) == principal:
                session_id, token = other_id, other
        await self.kept.open_session(_digest(token), principal.name, self.clock() + SESSION)
        return session_id, token, principal

    def _refuse_other_mode(self, principal: Principal) -> None:
        if principal.mode != self.mode:
            raise ForbiddenError(
                "mode",
                "Exercice et réel ne se mélangent jamais.",
                f"Cette clé est « {principal.mode} », cette passerelle « {self.mode} ».",
            )

    async def _who(self, shown: Credentials) -> Principal | None:
        if shown.key is not None:
            return await self._holder(shown.key)
        if shown.session is None:
            return None
        principal = await self.session(shown.session)
        if principal is None or not shown.changes or acts(principal):
            return principal
        if principal.person is None:
            return None
        raise ForbiddenError(
            "role_lecteur",
            "Votre rôle lit et ne change rien.",
            "Au CRRA, le droit EVT-2 permet de créer et de modifier ; l’administrateur le donne dans [[oidc.roles]].",
        )

    async def session(self, token: str) -> Principal | None:
        """Whom a session speaks for, while it and its key last."""
        name = await self.kept.session(_digest(token), self.clock())
        if name is None:
            principal = await self.kept.person(_digest(token), self.clock())
        else:
            kept = await self._kept(name)
            principal = kept.principal if kept else None
        return principal if principal is not None and principal.mode == self.mode else None

    async def open_person_session(self, principal: Principal, lasting: timedelta) -> tuple[str, str]:
        """The id and the token of the session of a person whom a provider has just named."""
        session_id, token = new_session_id(), secrets.token_urlsafe(32)
        now = self.clock()
        await self.kept.open_person_session(_digest(token), principal, now, now + lasting)
        return session_id, token

    async def close_session(self, token: str) -> None:
        """End one session; durable when this returns."""
        await self.kept.close_session(_digest(token))

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
        kept = await self.kept.find(name)
        if kept is not None:
            self._memory[name] = (now, kept)
        else:
            # Unknown names are not remembered: a stranger must not be able to fill our memory.
            self._memory.pop(name, None)
        return kept


def acts(principal: Principal) -> bool:
    """Whether a session of theirs changes things; a key does, shown each time."""
    return principal.person.acts if principal.person is not None else principal.scope in ACTING


def new_session_id() -> str:
    """A name for a session among those of one browser; no secret."""
    return secrets.token_hex(6)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
