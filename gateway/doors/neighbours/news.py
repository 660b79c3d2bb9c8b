"""The door at which SINUS and SI-VIC push their own news, each by a key that bears its name: what it says is its word, nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.neighbours import NEIGHBOURS
from adapters.wire.news import PageError
from domain.errors import UnknownError
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.operations.read_news import take_page
from gateway.security.doorkeeper import ForbiddenError

if TYPE_CHECKING:
    from adapters.wire.news import NewsPage
    from gateway.doors.http.door import Call

READERS: Final = {name: kind.read_news for name, kind in NEIGHBOURS.items() if kind.read_news}


async def push(call: Call) -> Reply:
    """A page of news. 202 where a person must look at something of it; what could not be read is named, the rest is taken."""
    neighbour = call.path["neighbour"]
    if neighbour not in call.runtime.tellers or neighbour not in READERS:
        raise UnknownError("voisin_inconnu", "neighbour", "Ce voisin ne pousse rien ici.", ", ".join(READERS))
    if call.principal.name != neighbour:
        raise ForbiddenError(
            "voisin_autre", "Cette clé n’est pas celle de ce voisin.", f"une clé nommée « {neighbour} »"
        )
    page = _read(call, neighbour)
    taken = await take_page(call.runtime, neighbour, page, polled=False)
    refused = [
        {"place": each.place, "id": each.id, "field": each.field, "reason": each.reason} for each in page.refused
    ]
    answer = {**taken.outcomes, "created": taken.created, "tasks": list(taken.tasks), "refused": refused}
    return Reply(202 if taken.tasks or refused else 200, answer)


def _read(call: Call, neighbour: str) -> NewsPage:
    shape = call.runtime.versions.shapes(neighbour)["news"]
    try:
        page = call.body.model_dump(mode="json", exclude_none=True)
        return READERS[neighbour](page, call.principal.mode.value, shape)
    except PageError as error:
        faults = (FieldFault(error.field, error.title, "le contrat des nouvelles, version 1"),) if error.field else ()
        raise ProblemError(
            409 if error.code == "mode_different" else 422, error.code, error.title, "Rien n’a été pris.", faults=faults
        ) from None
