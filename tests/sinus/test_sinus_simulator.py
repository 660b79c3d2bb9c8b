"""The simulated SINUS as a stranger meets it: the doors of the contract, without our adapter in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.sinus.document import LARGEST, read, write
from adapters.sinus.simulator import create_simulator
from adapters.wire.simulated import InProcess
from tests.sinus.sinus_documents import EVENT, SINUS_EVENT, clock, event_document, mappings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

EVENT_DOOR = f"/v1/evenements/{EVENT}"
COUNTS_DOOR = f"/v1/evenements/{SINUS_EVENT}/denombrement"


@pytest.fixture
async def stranger() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who speaks HTTP to a fresh simulator."""
    transport = InProcess(create_simulator("Actual", clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://sinus") as client:
        yield client


def document(**changes: object) -> bytes:
    """An `evenement`."""
    return write("evenement", mappings()["event"].apply(event_document(**changes)))


async def said(client: httpx.AsyncClient, path: str, content: bytes, key: str | None = "k") -> tuple[int, str, str]:
    """Status, code and field of the answer to a PUT."""
    response = await client.put(path, content=content, headers={"Idempotency-Key": key} if key else {})
    root, tree = read(response.content)
    return response.status_code, tree.get("code", root), tree.get("champ", "")


@pytest.mark.parametrize(
    ("path", "content", "key", "expected"),
    [
        (EVENT_DOOR, document(), "k", (200, "accuse", "")),
        (EVENT_DOOR, document(), None, (400, "cle_absente", "Idempotency-Key")),
        (EVENT_DOOR, document(), "  ", (400, "cle_absente", "Idempotency-Key")),
        (EVENT_DOOR, b"<evenement", "k", (400, "xml_illisible", "")),
        (EVENT_DOOR, b"<!DOCTYPE a><a/>", "k", (400, "xml_illisible", "DOCTYPE")),
        (EVENT_DOOR, b" " * (LARGEST + 1), "k", (413, "trop_gros", "")),
        (EVENT_DOOR, document().replace(b"ACEL", b""), "k", (422, "non_conforme", "type")),
        (EVENT_DOOR, document().replace(b">1<", b">-1<"), "k", (422, "non_conforme", "version")),
        (EVENT_DOOR, document().replace(b"+00:00", b""), "k", (422, "non_conforme", "debut")),
        (EVENT_DOOR, document().replace(b'"1.0"', b'"2.0"'), "k", (422, "non_conforme", "evenement/@contrat")),
        (EVENT_DOOR, document(mode="Exercise"), "k", (409, "mode_different", "mode")),
        (COUNTS_DOOR, document(), "k", (422, "non_conforme", "evenement")),
    ],
)
async def test_a_door_says_what_is_wrong(
    stranger: httpx.AsyncClient, path: str, content: bytes, key: str | None, expected: tuple[int, str, str]
) -> None:
    """Each refusal has its status, its code and the field at fault, in a document of the contract."""
    assert await said(stranger, path, content, key) == expected


async def test_a_key_is_of_one_request(stranger: httpx.AsyncClient) -> None:
    """The same key on another address is another content."""
    assert (await said(stranger, EVENT_DOOR, document()))[0] == 200
    assert (await said(stranger, EVENT_DOOR + "-bis", document()))[:2] == (409, "cle_reutilisee")
    replayed = await stranger.put(EVENT_DOOR, content=document(), headers={"Idempotency-Key": "k"})
    assert read(replayed.content)[1]["@rejeu"] == "true"


async def test_an_unknown_event_has_no_counts(stranger: httpx.AsyncClient) -> None:
    """Reading an event that is not there is an `erreur`, not an empty count."""
    response = await stranger.get(COUNTS_DOOR)
    assert response.status_code == 404
    assert read(response.content)[1]["code"] == "evenement_inconnu"


async def test_an_event_without_a_count_is_recounted_all_the_same(stranger: httpx.AsyncClient) -> None:
    """Before any count was told, the recount stands alone."""
    await said(stranger, EVENT_DOOR, document())
    root, tree = read((await stranger.get(COUNTS_DOOR)).content)
    assert root == "denombrementDetenu"
    assert "denombrement" not in tree
    assert tree["recomptage"]["total"]["@total"] == "0"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"nom": ""}', b'{"nom": "x", "mode": "Actual"}'])
async def test_the_field_opens_events_by_a_name(stranger: httpx.AsyncClient, body: bytes) -> None:
    """The sandbox route refuses anything else than a name, in words."""
    response = await stranger.post("/_sandbox/evenements", content=body)
    assert response.status_code == 422
    assert "nom" in response.json()["title"]


async def test_a_reset_forgets_keys_too(stranger: httpx.AsyncClient) -> None:
    """After a reset, the same message is taken as new."""
    await said(stranger, EVENT_DOOR, document())
    await stranger.post("/_sandbox/reset")
    answer = await stranger.put(EVENT_DOOR, content=document(), headers={"Idempotency-Key": "k"})
    assert read(answer.content)[1]["@rejeu"] == "false"
