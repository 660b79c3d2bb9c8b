"""Speaks the SINUS contract over HTTPS: documents out, typed answers in. Knows no business and judges no fault of SINUS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adapters.sinus.document import DocumentError, read
from adapters.wire.exchange import exchange

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from adapters.wire.exchange import Reply

NAME = "sinus"


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
    """`prise`, `perimee` (it holds as new or newer) or `sansObjet`; empty where only the status says that it was taken."""
    sinus_id: str
    """Empty where only the status spoke."""
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
        return _read(await self._ask("GET", _path(sinus_event, "denombrement")), "denombrementDetenu")

    async def get_records(self, sinus_event: str, after: str | None) -> dict[str, Any]:
        """One page of the records that SINUS holds: the tree of `fichesDetenues`. `after` is the cursor of the page before."""
        query = f"?apres={quote(after, safe='')}" if after else ""
        return _read(await self._ask("GET", _path(sinus_event, "victimes") + query), "fichesDetenues")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _tell(self, method: str, path: str, document: bytes, key: str) -> Acknowledgement:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Idempotency-Key": key}
        reply = await self._ask(method, path, document, headers)
        if reply.is_receipt and not _is_document(reply.body):
            return Acknowledgement("", "", replay=False, answered=reply.answered)
        tree = _read(reply, "accuse")
        return Acknowledgement(tree["resultat"], tree["idSinus"], tree["@rejeu"] in {"true", "1"}, reply.answered)

    async def _ask(self, method: str, path: str, document: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        """One exchange that SINUS did not refuse."""
        reply = await exchange(
            self._http, NAME, method, path, content=document, headers={"Accept": "application/xml", **(headers or {})}
        )
        if not reply.is_success:
            code, field = _said(reply.body)
            raise RefusalError(reply.status, code, field, reply.wait(self._clock()), reply.answered)
        return reply


def _read(reply: Reply, expected: str) -> dict[str, Any]:
    """The tree of the answer, which must be the document `expected`."""
    try:
        root, tree = read(reply.body)
    except DocumentError as error:
        raise UnreadableAnswerError(error.code, reply.answered) from None
    if root != expected:
        raise UnreadableAnswerError("non_conforme", reply.answered)
    return tree


def _is_document(raw: bytes) -> bool:
    """Whether it is a document of the contract, whichever."""
    try:
        read(raw)
    except DocumentError:
        return False
    return True


def _said(raw: bytes) -> tuple[str, str]:
    """Code and field of an `erreur` document; empty for anything else. Its free text is not taken: it may quote a value."""
    try:
        root, tree = read(raw)
    except DocumentError:
        return "", ""
    return (tree["code"], tree.get("champ", "")) if root == "erreur" else ("", "")


def _path(*parts: str) -> str:
    return "/v1/evenements/" + "/".join(quote(part, safe="") for part in parts)
