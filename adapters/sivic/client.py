"""The operations of the SI-VIC contract: trees in, trees out.

The wire is `adapters.wire.soap.client`, where the choice between zeep's own call and ours is explained with figures. It
refuses to choose an operation and to say what an answer means: both take knowing what a victim is to SI-VIC.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adapters.wire.soap.client import ClientContract, SoapClient, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from adapters.wire.soap.client import Answer

    PersonOperation = Literal["AnnoncerPersonne", "MettreAJourPersonne", "RetirerPersonne", "DetacherNumero"]

MODES = {"Actual": "REEL", "Exercise": "EXERCICE"}
WSDL = Path(__file__).parent / "contract" / "sivic-v1.wsdl"


@cache
def contract() -> ClientContract:
    """The packaged contract, read once."""
    return load_contract(WSDL)


class SivicClient:
    """One SI-VIC."""

    def __init__(self, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._soap = SoapClient(contract(), http, "sivic", clock)

    async def open_or_link(self, message_id: str, tree: Mapping[str, Any]) -> Answer:
        """Open an event, link to one, or keep it up to date."""
        return await self._soap.call("OuvrirOuLierEvenement", {"idMessage": message_id, **tree})

    async def person(self, operation: PersonOperation, message_id: str, tree: Mapping[str, Any]) -> Answer:
        """One of the four operations about a person."""
        return await self._soap.call(operation, {"idMessage": message_id, **tree})

    async def repeat(self, body: bytes) -> Answer:
        """What was sent before, once more."""
        return await self._soap.repeat(self._soap.again(body))

    async def counts(self, event: str, mode: str) -> dict[str, Any]:
        """What SI-VIC holds in one of its events: the tree of `ConsulterEvenementReponse`."""
        asked = {"mode": MODES[mode], "idEvenement": event}
        return dict((await self._soap.call("ConsulterEvenement", asked)).tree)

    async def people(self, event: str, mode: str, after: str | None) -> dict[str, Any]:
        """One page of whom SI-VIC holds: the tree of `ConsulterPersonnesReponse`. `after` is the `suite` of the page before."""
        asked = {"mode": MODES[mode], "idEvenement": event, **({"apres": after} if after else {})}
        return dict((await self._soap.call("ConsulterPersonnes", asked)).tree)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()
