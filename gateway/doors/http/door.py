"""What a door is, said as data: so that access, documentation and tests read the same table."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from starlette.responses import Response

from gateway.doors.http.reply import Reply
from gateway.security.admission import Load

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import BaseModel

    from gateway.doors.http.problems import Problem
    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.security.keys import Principal, Scope


WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


LARGEST_INTEGER = 2**31 - 1
"""Of a column of four bytes, such as a version."""


def whole_number(text: str, most: int = 10**18) -> int | None:
    """The number a header or a parameter says: plain digits that a column can hold, else None."""
    return int(text) if WHOLE_NUMBER.fullmatch(text) and int(text) <= most else None


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in."""

    runtime: Runtime
    principal: Principal
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    """The validated model of the door's `body`, or raw bytes where it takes none."""
    now: datetime
    secure: bool
    """Whether it came over TLS as far as the server knows."""
    still_admitted: Callable[[], Awaitable[bool]]
    """Whether the key or session that was shown is still in force here: asked again by answers that last."""
    change: Change
    """Runs the work in one transaction, once per Idempotency-Key, and returns when it is durable."""

    @property
    def if_match(self) -> int | None:
        """The revision the caller has seen; None when it does not say. `*` says nothing about a revision."""
        value = self.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
        if value in {"", "*"}:
            return None
        revision = whole_number(value)
        # A tag that is not one of ours can match no revision.
        return -1 if revision is None else revision


class Change(Protocol):
    """One transaction, once per Idempotency-Key; a long work is given in numbered parts, each a transaction of its own."""

    async def __call__(self, work: Callable[[Register], Reply], part: int = 0) -> Reply:
        """The reply of the work, or the one that was kept of it."""


Handler = Callable[[Call], Awaitable[Reply | Response]]


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one path."""

    method: str
    path: str
    scopes: frozenset[Scope]
    handler: Handler
    summary: str
    """French, for the reader of the contract."""
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    """Of the body it takes."""
    other_media_types: frozenset[str] = frozenset()
    """Others that are taken as the same."""
    answers_media_type: str = "application/json"
    example: dict[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters it reads, each with its description; any other is refused by name."""
    tag: str = "Portail"
    open_body: bool = False
    """The body may be left out."""
    instruction: str = ""
    """What the caller must do when it is refused here: told in every refusal."""
    shows: Literal["", "patient", "event"] = ""
    """What its answers are made of, where a portal may read it in its own words."""
    only_reads: bool = False
    """A POST that changes nothing: its question must not stand in an address. A page's session may ask it, from its own origin."""
    refuse: Callable[[Problem, Mapping[str, str]], Response] | None = None
    """How a refusal is said in the protocol of this door; absent, as problem+json."""

    @property
    def load(self) -> Load:
        """What its requests are to the others that wait: an emergency is the door that tells its callers what to do instead."""
        if self.instruction:
            return Load.INTERVENTION
        if self.media_type == "application/x-ndjson":
            return Load.BATCH
        return Load.READ if self.method == "GET" or self.only_reads else Load.CHANGE
