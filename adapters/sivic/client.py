"""The operations of the SI-VIC contract: trees in, typed answers out.

The wire is `adapters.soap_client`, where the choice between zeep's own call and ours is explained with figures. It
refuses to choose an operation: that takes knowing what a victim is to SI-VIC, and is the adapter's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adapters.soap_client import Answer, ClientContract, SoapClient, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    PersonOperation = Literal["AnnoncerPersonne", "MettreAJourPersonne", "RetirerPersonne", "DetacherNumero"]

WSDL = Path(__file__).parent / "contract" / "sivic-v1.wsdl"


@cache
def contract() -> ClientContract:
    """The packaged contract, read once."""
    return load_contract(WSDL)


@dataclass(frozen=True, slots=True)
class Taken:
    """What SI-VIC did with a request."""

    reference: str | None
    """The SI-VIC identifier of the event or of the fiche; absent when there never was a fiche."""
    state: str
    """`etat` of the contract: `ANNONCEE`, `PERIMEE`…"""
    duplicate: bool
    number_hp: str | None
    """The SINUS number that SI-VIC gave to a person who had none."""
    sent: bytes
    answered: bytes


class SivicClient:
    """One SI-VIC."""

    def __init__(self, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._soap = SoapClient(contract(), http, "sivic", clock)

    async def open_or_link(self, message_id: str, tree: Mapping[str, Any]) -> Taken:
        """Open an event, link to one, or keep it up to date."""
        return _taken(await self._soap.call("OuvrirOuLierEvenement", {"idMessage": message_id, **tree}), "idEvenement")

    async def person(self, operation: PersonOperation, message_id: str, tree: Mapping[str, Any]) -> Taken:
        """One of the four operations about a person."""
        return _taken(await self._soap.call(operation, {"idMessage": message_id, **tree}), "idFiche")

    async def counts(self, event: str, mode: str) -> dict[str, Any]:
        """What SI-VIC holds in one of its events: the tree of `ConsulterEvenementReponse`."""
        asked = {"mode": {"Actual": "REEL", "Exercise": "EXERCICE"}[mode], "idEvenement": event}
        return dict((await self._soap.call("ConsulterEvenement", asked)).tree)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()


def _taken(answer: Answer, reference: str) -> Taken:
    tree = answer.tree
    return Taken(
        tree.get(reference),
        tree["etat"],
        tree["doublon"],
        tree.get("numeroSinusHp"),
        answer.sent,
        answer.answered,
    )
