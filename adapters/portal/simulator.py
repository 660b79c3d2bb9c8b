"""A portal that listens, as product code: what a receiver must do, done. For sandboxes, tests and people writing theirs.

    POST /webhook          the contract's door
    GET  /_sandbox/state   what it was told, by event; the other `/_sandbox` routes are those of every simulator

It believes nothing that is not signed, recent, of its own mode and of the contract, and takes each identifier once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.portal.contract import faults_of
from adapters.portal.faults import Refusal
from adapters.wire.simulated import FaultScript, control_routes, faulty
from adapters.wire.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureError, verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from starlette.requests import Request

LARGEST_BODY = 256 * 1024
"""Bytes; an outcome is under one kilobyte."""

_ANSWERS = {
    Refusal.SIGNATURE_MISSING: (401, "Notification non signée."),
    Refusal.SIGNATURE_INVALID: (401, "Signature inconnue."),
    Refusal.TIMESTAMP_STALE: (401, "Notification trop ancienne ou en avance."),
    Refusal.BODY_UNREADABLE: (400, "Le corps n’est pas du JSON."),
    Refusal.BODY_TOO_LARGE: (413, "Le corps dépasse 256 Kio."),
    Refusal.MEDIA_TYPE: (415, "Le corps doit être du application/json, sans compression."),
    Refusal.SCHEMA_INVALID: (422, "Notification non conforme au contrat."),
    Refusal.MODE_MISMATCH: (422, "Ce portail n’accepte pas ce mode."),
    Refusal.ID_CONFLICT: (409, "Cet identifiant a déjà servi pour un autre contenu."),
}


class _RefusedError(Exception):
    def __init__(self, refusal: Refusal, fields: Sequence[str] = ()) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.fields = list(fields)

    def answer(self) -> Response:
        status, title = _ANSWERS[self.refusal]
        body = {"code": self.refusal.value, "title": title, "fields": self.fields}
        return JSONResponse(body, status, media_type="application/problem+json")


class ToldPortal:
    """What the portal was told, each identifier once."""

    def __init__(self) -> None:
        self.notifications: dict[str, dict[str, Any]] = {}
        self._digests: dict[str, str] = {}

    def take(self, identifier: str, body: bytes, notification: dict[str, Any]) -> bool:
        """Keep it, and say whether it was already kept; another content under the same identifier is a conflict."""
        digest = hashlib.sha256(body).hexdigest()
        known = self._digests.setdefault(identifier, digest)
        if known != digest:
            raise _RefusedError(Refusal.ID_CONFLICT, ["/id"])
        duplicate = identifier in self.notifications
        self.notifications[identifier] = notification
        return duplicate

    def snapshot(self) -> dict[str, Any]:
        """Notifications by event, in the order of their arrival; those of no event under the empty name."""
        events: dict[str, list[dict[str, Any]]] = {}
        for notification in self.notifications.values():
            events.setdefault(notification["data"].get("event_id", ""), []).append(notification)
        return {"events": events, "received": len(self.notifications)}

    def clear(self) -> None:
        """Forget everything."""
        self.notifications.clear()
        self._digests.clear()


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise _RefusedError(Refusal.BODY_TOO_LARGE)
    return bytes(body)


def _read(body: bytes, identifier: str | None, mode: str) -> dict[str, Any]:
    try:
        notification = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _RefusedError(Refusal.BODY_UNREADABLE) from error
    if fields := faults_of(notification, "notification"):
        raise _RefusedError(Refusal.SCHEMA_INVALID, fields)
    if identifier != notification["id"]:
        raise _RefusedError(Refusal.SCHEMA_INVALID, ["/id"])
    if notification["mode"] != mode:
        raise _RefusedError(Refusal.MODE_MISMATCH, ["/mode"])
    read: dict[str, Any] = notification
    return read


def _authentic(request: Request, body: bytes, secrets: Sequence[str], now: datetime) -> None:
    signature, timestamp = request.headers.get(SIGNATURE_HEADER), request.headers.get(TIMESTAMP_HEADER)
    try:
        verify_signature(signature, timestamp, body, secrets, now=now)
    except SignatureError as error:
        raise _RefusedError(Refusal(error.code)) from error


def create_simulator(mode: str, clock: Callable[[], datetime], secrets: Sequence[str]) -> Starlette:
    """The receiver as an ASGI application; `app.state.held` is what it holds."""
    portal, script = ToldPortal(), FaultScript()

    async def webhook(request: Request) -> Response:
        try:
            media = request.headers.get("content-type", "").partition(";")[0].strip()
            if media != "application/json" or "content-encoding" in request.headers:
                raise _RefusedError(Refusal.MEDIA_TYPE)  # noqa: TRY301 - one way out for every refusal
            body = await _bounded_body(request)
            _authentic(request, body, secrets, clock())
            notification = _read(body, request.headers.get("idempotency-key"), mode)
            duplicate = portal.take(notification["id"], body, notification)
        except _RefusedError as error:
            return error.answer()
        return JSONResponse({"received": notification["id"], "duplicate": duplicate})

    app = Starlette(
        routes=[Route("/webhook", faulty(webhook, script), methods=["POST"]), *control_routes(portal, script)]
    )
    app.state.held = portal
    return app
