"""SINUS itself, as product code: the six doors of the contract over a `NationalBase`, for development, tests and exercises.

Checks every document by the schema, refuses the other mode, answers a repeated Idempotency-Key as it did the first time, and
plays a script of faults (`adapters/wire/simulated.py`). Keeps everything in memory, and authenticates nobody.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.sinus.document import LARGEST, DocumentError, read, write
from adapters.sinus.faults import TITLES, Code
from adapters.sinus.national_base import NationalBase, Outcome, RefusedError
from adapters.sinus.poller import PATH
from adapters.wire.simulated import FaultScript, control_routes, faulty
from adapters.wire.simulated_news import SimulatedNews

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from starlette.requests import Request

    Work = Callable[[dict[str, str], dict[str, Any]], Outcome]

PAGE = 2000
"""Records in one page of `fichesDetenues`: the most that the contract allows."""
STATUSES = {Code.XML_ILLISIBLE: 400, Code.CLE_ABSENTE: 400, Code.TROP_GROS: 413, Code.NON_CONFORME: 422}


class FieldEvent(BaseModel):
    """An event that SINUS opens by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nom: str = Field(min_length=1, max_length=200, description="Nom de l’événement dans SINUS.")


class FieldRecord(BaseModel):
    """A bracelet that the firefighters scanned into SINUS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    numero: str = Field(pattern=r"^[A-Z]{2}[0-9]{3}NOVI[0-9]{4}(TR|HP)[0-9]{6}$", description="Forme compacte.")
    categorie: Literal["UA", "UR", "IMP", "DCD"] | None = None


class SimulatedSinus:
    """The doors, and the memory of the keys they have seen."""

    def __init__(self, base: NationalBase, clock: Callable[[], datetime]) -> None:
        self.base = base
        self.news = SimulatedNews(base.mode)
        self._clock = clock
        self._seen: dict[str, tuple[str, Outcome]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self.base.clear()
        self.news.clear()
        self._seen.clear()

    def snapshot(self) -> dict[str, Any]:
        """What the base holds."""
        return self.base.snapshot()

    def door(self, expected: str, work: Work) -> Callable[[Request], Awaitable[Response]]:
        """A door that takes the document `expected`."""

        async def answer(request: Request) -> Response:
            try:
                outcome, replay = await self._take(request, expected, work)
            except RefusedError as refusal:
                return _refuse(refusal.status, refusal.code, refusal.field)
            except DocumentError as error:
                code = Code(error.code)
                return _refuse(STATUSES[code], code, error.field)
            tree = {
                "@rejeu": replay,
                "resultat": outcome.result,
                "idSinus": outcome.sinus_id,
                "versionDetenue": outcome.held_version,
            }
            return _xml(write("accuse", tree))

        return answer

    async def _take(self, request: Request, expected: str, work: Work) -> tuple[Outcome, bool]:
        """The outcome of one document, and whether it was already known by its key."""
        raw = await _limited(request)
        root, document = read(raw)
        if root != expected:
            raise RefusedError(422, Code.NON_CONFORME, root)
        if document["mode"] != self.base.mode:
            raise RefusedError(409, Code.MODE_DIFFERENT, "mode")
        key = request.headers.get("idempotency-key", "").strip()
        if not key:
            raise RefusedError(400, Code.CLE_ABSENTE, "Idempotency-Key")
        digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + raw).hexdigest()
        if key in self._seen:
            known, outcome = self._seen[key]
            if known != digest:
                raise RefusedError(409, Code.CLE_REUTILISEE, "Idempotency-Key")
            return outcome, True
        outcome = work(request.path_params, document)
        self._seen[key] = (digest, outcome)
        return outcome, False

    async def held_counts(self, request: Request) -> Response:
        """What is held: the last count received, and a recount of the victims."""
        sinus_id = request.path_params["id"]
        try:
            event = self.base.event(sinus_id)
        except RefusedError as refusal:
            return _refuse(refusal.status, refusal.code, refusal.field)
        tree = {
            "mode": self.base.mode,
            "idSinus": sinus_id,
            "recomptage": {"compteLe": self._clock().isoformat(), "total": self.base.recount(sinus_id)},
            "denombrement": event.counts,
        }
        return _xml(write("denombrementDetenu", tree))

    async def held_records(self, request: Request) -> Response:
        """One page of whom is held; the cursor is the rank of the first record of the page."""
        sinus_id, after = request.path_params["id"], request.query_params.get("apres", "0")
        if not (after.isdecimal() and len(after) < 10):  # noqa: PLR2004 - a rank, not an attack
            return _refuse(422, Code.NON_CONFORME, "apres")
        try:
            records = self.base.records(sinus_id)
        except RefusedError as refusal:
            return _refuse(refusal.status, refusal.code, refusal.field)
        first, end = int(after), int(after) + PAGE
        more = str(end) if end < len(records) else None
        tree = {"mode": self.base.mode, "idSinus": sinus_id, "fiche": records[first:end], "suite": more}
        return _xml(write("fichesDetenues", tree))

    async def open_in_the_field(self, request: Request) -> Response:
        """Sandbox only: SINUS opens an event by itself, for ours to be linked to."""
        try:
            asked = FieldEvent.model_validate_json(await request.body())
        except ValidationError:
            return JSONResponse({"title": 'Attendu : {"nom": "…"}, de 1 à 200 caractères.'}, 422)
        return JSONResponse({"idSinus": self.base.open_in_the_field(asked.nom)}, 201)

    async def scan_in_the_field(self, request: Request) -> Response:
        """Sandbox only: SINUS has a record of a bracelet before the portal has it."""
        try:
            asked = FieldRecord.model_validate_json(await request.body())
        except ValidationError:
            return JSONResponse({"title": 'Attendu : {"numero": "FR…NOVI…", "categorie": "UA"}.'}, 422)
        try:
            sinus_id = self.base.scan_in_the_field(request.path_params["id"], asked.numero, asked.categorie)
        except RefusedError as refusal:
            return _refuse(refusal.status, refusal.code, refusal.field)
        self.news.said.append(
            {
                "id": f"{sinus_id}-1",
                "nature": "PRISE_EN_COMPTE",
                "survenueLe": self._clock().isoformat(),
                "evenement": request.path_params["id"],
                "fiche": sinus_id,
                "numero": asked.numero,
                **({"categorie": asked.categorie} if asked.categorie else {}),
            }
        )
        return JSONResponse({"idSinus": sinus_id}, 201)


def create_simulator(mode: str, clock: Callable[[], datetime]) -> Starlette:
    """A SINUS of one mode, with nothing in it. `app.state.sinus.snapshot()` is what it holds."""
    base = NationalBase(mode, clock)
    sinus, script = SimulatedSinus(base, clock), FaultScript()
    event, below = "/v1/evenements/{id}", "/v1/evenements/{id}/"
    works: list[tuple[str, str, str, Work]] = [
        ("PUT", event, "evenement", lambda ids, document: base.tell_event(ids["id"], document)),
        (
            "PUT",
            below + "victimes/{victim}",
            "victime",
            lambda ids, document: base.tell_victim(ids["id"], ids["victim"], document),
        ),
        ("POST", below + "detachements", "detachement", lambda ids, document: base.detach(ids["id"], document)),
        ("PUT", below + "denombrement", "denombrement", lambda ids, document: base.tell_counts(ids["id"], document)),
    ]
    routes = [
        Route(path, faulty(sinus.door(root, work), script), methods=[method]) for method, path, root, work in works
    ]
    routes.append(Route(below + "denombrement", faulty(sinus.held_counts, script), methods=["GET"]))
    routes.append(Route(below + "victimes", faulty(sinus.held_records, script), methods=["GET"]))
    routes.append(Route("/_sandbox/evenements", sinus.open_in_the_field, methods=["POST"]))
    routes.append(Route("/_sandbox/evenements/{id}/victimes", sinus.scan_in_the_field, methods=["POST"]))
    routes += sinus.news.routes(PATH, script)
    app = Starlette(routes=[*routes, *control_routes(sinus, script)])
    app.state.sinus = sinus
    return app


async def _limited(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            raise RefusedError(413, Code.TROP_GROS)
    return bytes(raw)


def _refuse(status: int, code: Code, field: str) -> Response:
    return _xml(write("erreur", {"code": code, "libelle": TITLES[code], "champ": field or None}), status)


def _xml(content: bytes, status: int = 200) -> Response:
    return Response(content, status, media_type="application/xml")
