"""Somebody else's client: zeep, given nothing but the published address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import zeep
import zeep.exceptions

from adapters.sivic.simulator import create_simulator
from tests.contract.uvicorn_server import serving
from tests.sivic.documents import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def client() -> AsyncIterator[Any]:
    """A zeep client that read the contract from a simulator behind a real socket."""
    async with serving(create_simulator("Exercise", lambda: NOW)) as server:
        made = await asyncio.to_thread(zeep.Client, f"{server.url}/sivic/v1?wsdl")
        yield made
        await asyncio.to_thread(made.transport.session.close)


def _event() -> dict[str, Any]:
    return {
        "idMessage": "z-1",
        "mode": "EXERCICE",
        "action": "CREER",
        "evenement": {
            "idPortail": "evt-z",
            "version": 1,
            "nom": "Essai",
            "type": "ACEL",
            "statut": "OUVERT",
            "debut": NOW,
        },
    }


def _person(id_message: str, **identity: Any) -> dict[str, Any]:
    return {
        "idMessage": id_message,
        "mode": "EXERCICE",
        "evenement": "evt-z",
        "personne": {
            "idPersonne": "p-1",
            "version": 1,
            "horodatage": NOW,
            "categorie": "UR",
            "situation": "SUR_TERRAIN",
            "identite": {"sexe": "I", **identity},
        },
    }


async def test_a_client_made_from_the_published_contract_works(client: Any) -> None:
    """Open, announce, count: the published address, types and answers are enough."""
    opened = await asyncio.to_thread(client.service.OuvrirOuLierEvenement, **_event())
    told = await asyncio.to_thread(client.service.AnnoncerPersonne, **_person("z-2"))
    again = await asyncio.to_thread(client.service.AnnoncerPersonne, **_person("z-2"))
    counts = await asyncio.to_thread(client.service.ConsulterEvenement, mode="EXERCICE", idEvenement=opened.idEvenement)
    assert (told.etat, told.doublon, told.numeroSinusHp) == ("ANNONCEE", False, "FR999NOVI2026HP000001")
    assert (again.doublon, again.idFiche) == (True, told.idFiche)
    assert (counts.ur, counts.total) == (1, 1)


async def test_that_client_reads_our_faults(client: Any) -> None:
    """A refusal arrives as a fault with the contract's own detail."""
    with pytest.raises(zeep.exceptions.Fault) as raised:
        await asyncio.to_thread(client.service.MettreAJourPersonne, **_person("z-3"))
    detail = client.wsdl.types.deserialize(raised.value.detail[0])
    assert (detail.code, detail.champ) == ("PERSONNE_INCONNUE", ["personne.idPersonne"])


async def test_a_value_outside_the_contract_is_named_not_quoted(client: Any) -> None:
    """The fault says which field and what is wrong with it, and keeps the value to itself."""
    with pytest.raises(zeep.exceptions.Fault) as raised:
        await asyncio.to_thread(client.service.AnnoncerPersonne, **_person("z-4", nir="MOT-SECRET"))
    assert "personne.identite.nir : forme non conforme" in raised.value.message
    assert "MOT-SECRET" not in raised.value.message
