"""Speaks the SINUS contract over HTTPS: documents out, typed answers in. Knows no business and judges no fault.

A connection that could not be made is tried again within the second, and only where repeating is harmless (PUT, GET);
whatever lasts longer is the outbox's affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random

from adapters.sinus.document import LARGEST, DocumentError, read
from adapters.wire.http import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_TRIES = 3
_TRIES_WITHIN = 1.0
_IDEMPOTENT = frozenset({"PUT", "GET"})


class RefusalError(Exception):
    """SINUS answered, and it was not a yes."""

    def __init__(self, status: int, code: str, field: str, wait: float | None, answered: bytes) -> None:
        """`code` is empty when the answer is not an `erreur` document of the contract."""
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code
        self.field = field
        self.wait = wait
        self.answered = answered


class UnreadableAnswerError(Exception):
    """SINUS said yes, in a document that is not the one expected."""

    def __init__(self, code: str, answered: bytes) -> None:
        super().__init__(code)
        self.code = code
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What SINUS did with a document."""

    result: str
    """`prise`, `perimee` (it holds as new or newer) or `sansObjet`."""
    sinus_id: str
    replay: bool
    """It had already taken this very message."""
    answered: bytes


class SinusClient:
    """The six doors of the contract."""

    def __init__(self, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._clock = clock

    async def put_event(self, event_id: str, document: bytes, key: str) -> Acknowledgement:
        """Open or link our event; the answer's `sinus_id` is SINUS's event."""
        return await self._tell("PUT", _path(event_id), document, key)

    async def put_victim(self, sinus_event: str, victim_id: str, document: bytes, key: str) -> Acknowledgement:
        """The whole record of a victim; the answer's `sinus_id` is SINUS's victim."""
        return await self._tell("PUT", _path(sinus_event, "victimes", victim_id), document, key)

    async def post_detachment(self, sinus_event: str, document: bytes, key: str) -> Acknowledgement:
        """A number no longer names a victim."""
        return await self._tell("POST", _path(sinus_event, "detachements"), document, key)

    async def put_counts(self, sinus_event: str, document: bytes, key: str) -> Acknowledgement:
        """A count of the event; the answer's `sinus_id` is SINUS's event."""
        return await self._tell("PUT", _path(sinus_event, "denombrement"), document, key)

    async def get_counts(self, sinus_event: str) -> dict[str, Any]:
        """What SINUS holds: the tree of `denombrementDetenu`."""
        tree, _ = await self._ask("GET", _path(sinus_event, "denombrement"), "denombrementDetenu")
        return tree

    async def get_records(self, sinus_event: str, after: str | None) -> dict[str, Any]:
        """One page of the records that SINUS holds: the tree of `fichesDetenues`. `after` is the cursor of the page before."""
        query = f"?apres={quote(after, safe='')}" if after else ""
        tree, _ = await self._ask("GET", _path(sinus_event, "victimes") + query, "fichesDetenues")
        return tree

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _tell(self, method: str, path: str, document: bytes, key: str) -> Acknowledgement:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Idempotency-Key": key}
        tree, raw = await self._ask(method, path, "accuse", document, headers)
        return Acknowledgement(tree["resultat"], tree["idSinus"], tree["@rejeu"] in {"true", "1"}, raw)

    async def _ask(
        self,
        method: str,
        path: str,
        expected: str,
        document: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """One exchange; the answer must be the document `expected`."""
        response, raw = await self._exchange(method, path, document, headers or {})
        if not response.is_success:
            code, field = _said(raw)
            raise RefusalError(response.status_code, code, field, retry_after(response, self._clock()), raw)
        try:
            root, tree = read(raw)
        except DocumentError as error:
            raise UnreadableAnswerError(error.code, raw) from None
        if root != expected:
            raise UnreadableAnswerError("non_conforme", raw)
        return tree, raw

    async def _exchange(
        self, method: str, path: str, document: bytes | None, headers: dict[str, str]
    ) -> tuple[httpx.Response, bytes]:
        tries = AsyncRetrying(
            retry=retry_if_exception_type((httpx.ConnectError, httpx.ConnectTimeout)),
            stop=stop_after_attempt(_TRIES if method in _IDEMPOTENT else 1) | stop_after_delay(_TRIES_WITHIN),
            wait=wait_random(0.05, 0.2),
            reraise=True,
        )
        headers = {"Accept": "application/xml", **headers}
        async for attempt in tries:
            with attempt:
                async with self._http.stream(method, path, content=document, headers=headers) as response:
                    return response, await _limited(response)
        raise AssertionError  # reraise leaves no other way out


async def _limited(response: httpx.Response) -> bytes:
    """The answer, read no further than just past the largest document of the contract."""
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > LARGEST:
            break
    return bytes(raw)


def _said(raw: bytes) -> tuple[str, str]:
    """Code and field of an `erreur` document; empty for anything else. Its free text is not taken: it may quote a value."""
    try:
        root, tree = read(raw)
    except DocumentError:
        return "", ""
    return (tree["code"], tree.get("champ", "")) if root == "erreur" else ("", "")


def _path(*parts: str) -> str:
    return "/v1/evenements/" + "/".join(quote(part, safe="") for part in parts)
