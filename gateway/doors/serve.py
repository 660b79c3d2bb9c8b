"""The same way in for every door: key, scope, size, format, document, then the work, once per Idempotency-Key.

Deny by default: a route that is not in the table does not exist, and a door without scopes lets nobody in.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING

import orjson
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from domain.errors import RuleError
from gateway.doors.http import problems
from gateway.doors.http.credentials import credentials
from gateway.doors.http.door import Call, Door, whole_number
from gateway.doors.http.json_body import json_bytes
from gateway.doors.http.problems import ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.doors.http.reply import Reply
from gateway.doors.http.schemas import DESTINATION, IDENTIFIER, UNWRITABLE
from gateway.doors.interventions.schemas import LenientModel
from gateway.doors.portal.wording import wording

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from gateway.doors.http.door import Change
    from gateway.doors.portal.wording import Wording
    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.security.keys import Principal

LARGEST_BODY = 5 * 1024 * 1024  # bytes; a batch of 10 000 back-entered lines fits
LARGE_BODY = 64 * 1024
"""Bytes from which a document is read in a thread, so that the other doors stay open meanwhile."""
LONGEST_IDEMPOTENCY_KEY = 128
ONCE_ONLY = ("authorization", "content-type", "content-length", "content-encoding", "idempotency-key", "if-match")


def endpoint(door: Door, runtime: Runtime) -> Callable[[Request], Awaitable[Response]]:
    """The ASGI endpoint of one door."""

    async def answer(request: Request) -> Response:
        try:
            return await _answer(door, runtime, request)
        except Exception as error:  # noqa: BLE001 - nothing leaves a door but an answer; the cause is logged by type only
            refusal = as_problem(error)
            respond = door.refuse or problems.respond
            return respond(refusal.problem.instructing(door.instruction), refusal.headers)

    return answer


async def _answer(door: Door, runtime: Runtime, request: Request) -> Response:
    _refuse_twice(request)
    shown = credentials(request, only_reads=door.only_reads)
    principal = await runtime.doorkeeper.let_in(shown, door.scopes)
    _refuse_odd_identifiers(request)
    _refuse_unknown_query(door, request)
    raw = await read_body(request)
    words = wording(runtime, principal, door) if runtime.settings.portals else None
    read = partial(_document, door, request, raw, words)
    body = await asyncio.to_thread(read) if len(raw) > LARGE_BODY else read()
    call = Call(
        runtime=runtime,
        principal=principal,
        path=request.path_params,
        query=request.query_params,
        headers=request.headers,
        body=body,
        now=runtime.clock(),
        secure=request.url.scheme == "https",
        still_admitted=partial(runtime.doorkeeper.still_admits, shown, door.scopes),
        change=_once(runtime, principal, request, raw),
    )
    async with runtime.admission.enter(door.load):
        reply = await (door.handler(call) if words is None else _in_words(words, call))
    return reply if isinstance(reply, Response) else _response(reply)


async def _in_words(words: Wording, call: Call) -> Reply | Response:
    """The work of a door, answered in the words of the portal that asked for it."""
    try:
        reply = await words.door.handler(call)
    except (ProblemError, RuleError) as error:
        raise words.refused(as_problem(error)) from None
    return reply if isinstance(reply, Response) else words.told(reply, call.now)


def _response(reply: Reply) -> Response:
    # What is answered here may name a person: no cache on the way may keep it.
    headers = {"Cache-Control": "no-store"}
    if reply.etag is not None:
        headers["ETag"] = f'"{reply.etag}"'
    if reply.location:
        headers["Location"] = reply.location
    if reply.content is None:
        return Response(status_code=reply.status, headers=headers)
    return Response(orjson.dumps(reply.content), reply.status, headers, media_type="application/json")


async def read_body(request: Request) -> bytes:
    """The body, or 413 as soon as it is known to be too large: never more than the limit is held in memory."""
    declared = whole_number(request.headers.get("content-length", ""))
    if declared is not None and declared > LARGEST_BODY:
        raise _too_large()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(415, "encodage_refuse", "Le corps compressé n’est pas accepté.")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> ProblemError:
    limit = LARGEST_BODY // (1024 * 1024)
    return ProblemError(413, "corps_trop_gros", f"Le corps dépasse {limit} Mo.", "Découper le lot en plusieurs envois.")


def _document(door: Door, request: Request, raw: bytes, words: Wording | None) -> BaseModel | bytes:
    if door.body is None and door.media_type == "application/json":
        if raw:
            raise ProblemError(400, "corps_inattendu", "Cette adresse n’attend pas de corps.")
        return b""
    if not raw and door.open_body and door.body is not None:
        return door.body()
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    also = door.media_type == "application/json" and _is_json(sent)
    if sent not in {door.media_type, *door.other_media_types} and not also:
        raise ProblemError(
            415,
            "format_refuse",
            "Le format du corps n’est pas celui attendu.",
            f"Attendu : Content-Type: {door.media_type}",
        )
    if door.body is None:
        return raw
    if words is not None:
        return words.read(door.body, raw)
    try:
        if issubclass(door.body, LenientModel):
            return door.body.from_json(raw)
        return door.body.model_validate_json(json_bytes(raw))
    except ValidationError as error:
        raise problems.invalid_document(error) from None


def _is_json(media_type: str) -> bool:
    """What libraries also call JSON."""
    return media_type == "text/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _refuse_odd_identifiers(request: Request) -> None:
    """What stands in an address becomes an identifier: it keeps the shape that documents ask of one."""
    odd = [
        name
        for name, value in request.path_params.items()
        if not re.fullmatch(DESTINATION if name == "destination" else IDENTIFIER, value)
    ]
    if odd:
        expected = "1 à 64 lettres, chiffres, points, tirets, soulignés ; une lettre ou un chiffre d’abord"
        faults = tuple(problems.FieldFault(name, "Identifiant illisible.", expected) for name in odd)
        raise ProblemError(422, "identifiant_refuse", "L’adresse porte un identifiant illisible.", faults=faults)


def _refuse_twice(request: Request) -> None:
    """A header that decides something and comes twice decides nothing: nobody chooses between two keys, or two formats."""
    twice = [name for name in ONCE_ONLY if len(request.headers.getlist(name)) > 1]
    if twice:
        faults = tuple(problems.FieldFault(name, "En-tête présent deux fois.") for name in twice)
        raise ProblemError(400, "entete_double", "Un en-tête est présent deux fois.", faults=faults)


def _refuse_unknown_query(door: Door, request: Request) -> None:
    unknown = [name for name in request.query_params if name not in door.query]
    if unknown:
        faults = tuple(problems.FieldFault(f"?{name[:60]}", "Paramètre inconnu.") for name in unknown[:20])
        raise ProblemError(400, "parametre_inconnu", "L’adresse porte un paramètre inconnu.", faults=faults)
    # One of the stores cannot hold them, and no name of ours has any.
    odd = [name for name, value in request.query_params.items() if UNWRITABLE.search(value)]
    if odd:
        faults = tuple(problems.FieldFault(f"?{name}", "Caractère de contrôle refusé.") for name in odd)
        raise ProblemError(400, "parametre_illisible", "L’adresse porte un paramètre illisible.", faults=faults)


def _once(runtime: Runtime, principal: Principal, request: Request, raw: bytes) -> Change:
    """The work under the caller's Idempotency-Key: done once; later calls get the stored answer, other content gets 409."""
    key = request.headers.get("idempotency-key", "")
    if not key:

        async def each_time(work: Callable[[Register], Reply], part: int = 0) -> Reply:  # noqa: ARG001 - every part is done
            return await runtime.write(work)

        return each_time
    if len(key) > LONGEST_IDEMPOTENCY_KEY:
        fault = problems.FieldFault(
            "Idempotency-Key", "Clé trop longue.", f"au plus {LONGEST_IDEMPOTENCY_KEY} caractères"
        )
        raise ProblemError(400, "cle_idempotence", "La clé d’idempotence est refusée.", faults=(fault,))
    content = hashlib.sha256(b"\n".join((request.method.encode(), request.scope["path"].encode(), raw))).digest()

    async def change(work: Callable[[Register], Reply], part: int = 0) -> Reply:
        # A part has a name of its own that no caller can send: longer than a key may be is refused above.
        name = f"{hashlib.sha256(key.encode()).hexdigest()}/{part}" if part else key

        def remembered(register: Register) -> Reply:
            now = runtime.clock()
            stored = register.replies.find(principal.name, name)
            if stored is None:
                reply = work(register)
                answer = (reply.status, reply.content, reply.etag, reply.location)
                register.replies.keep(principal.name, name, content, answer, now)
                return reply
            if stored.content != content:
                raise ProblemError(
                    409,
                    "cle_deja_utilisee",
                    "Cette clé d’idempotence a déjà servi avec un autre contenu.",
                    "Reprendre avec une nouvelle clé.",
                )
            return Reply(*stored.answer)

        return await runtime.write(remembered)

    return change
