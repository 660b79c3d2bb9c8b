"""A neighbour known by files alone, played by those files: a system that does not exist yet can be delivered to.

    <method> <path of each topic>   the document is checked by the contract, taken once per idempotency key, and answered
                                    in the neighbour's own words: the mapping of the answer, followed backwards
    GET  /_sandbox/state            what was taken; the other `/_sandbox` routes are those of every simulator

It refuses who does not prove who they are as agreed, another content under a known key, and what its contract does not take.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from adapters.declared.client import basic
from adapters.wire.simulated import FaultScript, control_routes, faulty
from adapters.wire.soap.server import SoapFault, open_envelope, seal, soap_fault_response
from adapters.wire.webhook_signature import SignatureError, verify_signature
from mapping.contracts.writing import DocumentError
from mapping.engine.inverse import document_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from starlette.requests import Request

    import mapping
    from adapters.declared.agreement import Agreement, TopicTerms
    from adapters.wire.link import Link


@dataclass
class HeldDocuments:
    """What the neighbour took."""

    _taken: dict[str, tuple[bytes, str, dict[str, str]]] = field(default_factory=dict)

    def take(self, key: str, document: dict[str, str]) -> tuple[str, bool] | None:
        """Its reference, and whether it was known; None for another content under a known key."""
        digest = hashlib.sha256(document["document"].encode()).digest()
        known = self._taken.get(key)
        if known is not None:
            return (known[1], True) if known[0] == digest else None
        reference = f"REF-{len(self._taken) + 1:06d}"
        self._taken[key] = (digest, reference, document)
        return reference, False

    def snapshot(self) -> dict[str, Any]:
        """By idempotency key, in the order of arrival."""
        return {"taken": {key: {"reference": document[1], **document[2]} for key, document in self._taken.items()}}

    def clear(self) -> None:
        """Forget everything."""
        self._taken.clear()


class _Door:
    """The door of one topic."""

    def __init__(
        self, terms: TopicTerms, shapes: Mapping[str, mapping.Mapping], topic: str, held: HeldDocuments, key: str
    ) -> None:
        self._told, self._topic, self._held, self._key = terms, topic, held, key
        self._form = shapes[topic].form
        self.soap = terms.media == "soap"
        self._answer, self._refusal = shapes.get(f"{topic}.answer"), shapes.get(f"{topic}.refusal")

    def take(self, request: Request, raw: bytes) -> Response:
        """One exchange."""
        key = request.headers.get(self._key, "")
        if not key:
            return self._no(400, "SANS_CLE", "")
        try:
            document = self._document(raw)
            self._form.read(document)
        except DocumentError as error:
            return self._no(422, "SCHEMA", error.place)
        except SoapFault as error:
            return soap_fault_response(error)
        known = self._held.take(
            key,
            {"topic": self._topic, "path": request.url.path, "method": request.method, "document": document.decode()},
        )
        if known is None:
            return self._no(409, "CONFLIT", "")
        reference, duplicate = known
        return self._say(self._answer, {"outcome": "taken", "duplicate": duplicate, "reference": reference}, 200)

    def fits(self, raw: bytes) -> bool:
        """Whether it is a document of this topic, where several share an address."""
        try:
            self._form.read(self._document(raw))
        except (DocumentError, SoapFault):
            return False
        return True

    def _document(self, raw: bytes) -> bytes:
        return etree.tostring(open_envelope(raw)[1], encoding="UTF-8") if self.soap else raw

    def _no(self, status: int, code: str, place: str) -> Response:
        refusal = {"outcome": "refused", "code": code, "field": place or None}
        if not self.soap:
            return self._say(self._refusal, refusal, status)
        detail = document_of(self._refusal, refusal) if self._refusal else None
        fault = SoapFault("Client", "Le message est refusé.")
        return soap_fault_response(fault, None if detail is None else etree.fromstring(detail))

    def _say(self, by: mapping.Mapping | None, heard: dict[str, Any], status: int) -> Response:
        if by is None:
            return Response(status_code=status)
        try:
            raw = document_of(by, heard)
        except DocumentError as error:
            return Response(f"Le simulateur ne sait pas écrire cette réponse : {error}", 500, media_type="text/plain")
        content = seal(etree.fromstring(raw)) if self.soap else raw
        kind = "application/json" if by.form.language == "json" else self._told.content
        return Response(content, status, media_type=kind)


def create_simulator(
    clock: Callable[[], datetime], link: Link, agreement: Agreement, shapes: Mapping[str, mapping.Mapping]
) -> Starlette:
    """The neighbour of an agreement as an ASGI application; `app.state.held` is its memory."""
    held, script = HeldDocuments(), FaultScript()
    app = Starlette(routes=[*_routes(clock, link, agreement, shapes, held, script), *control_routes(held, script)])
    app.state.held = held
    return app


def _routes(  # noqa: PLR0913 - an agreement, its files, and what plays it
    clock: Callable[[], datetime],
    link: Link,
    agreement: Agreement,
    shapes: Mapping[str, mapping.Mapping],
    held: HeldDocuments,
    script: FaultScript,
) -> list[Route]:
    doors: dict[tuple[str, str], list[_Door]] = {}
    for topic, terms in agreement.topics.items():
        door = _Door(terms, shapes, topic, held, agreement.idempotency_header)
        doors.setdefault((terms.method, terms.path or "/"), []).append(door)

    def route(method: str, path: str, shared: list[_Door]) -> Route:
        async def take(request: Request) -> Response:
            raw = await request.body()
            if not _known(request, raw, link, agreement, clock()):
                return Response(status_code=401)
            return next((door for door in shared if door.fits(raw)), shared[0]).take(request, raw)

        trouble = _soap_trouble if shared[0].soap else None
        return Route(path, faulty(take, script, trouble), methods=[method])

    return [route(method, path, shared) for (method, path), shared in doors.items()]


def _soap_trouble() -> Response:
    return soap_fault_response(SoapFault("Server", "Le système est momentanément indisponible."))


def _known(request: Request, raw: bytes, link: Link, agreement: Agreement, now: datetime) -> bool:
    """Whether the caller proves who it is, by all that was agreed."""
    authorization = request.headers.get("authorization", "")
    wanted = f"Bearer {link.token.get_secret_value()}" if link.token else ""
    if agreement.basic is not None:
        wanted = basic(agreement.basic.username, agreement.basic.password.get_secret_value())
    if wanted and not hmac.compare_digest(authorization.encode(), wanted.encode()):
        return False
    signature = agreement.signature
    if signature is None:
        return True
    secrets = [secret.get_secret_value() for secret in signature.secrets]
    stamp, proof = request.headers.get(signature.timestamp_header), request.headers.get(signature.header)
    try:
        verify_signature(proof, stamp, raw, secrets, now=now)
    except SignatureError:
        return False
    return True
