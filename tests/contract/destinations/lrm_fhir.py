"""A CRRA's software over FHIR, for the suite of the Destination port."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.contract.neighbour import ALL_FAULTS, Neighbour
from tests.lrm_fhir.fhir_pair import Pair, cancellation, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PERSONAL = [
    "TESTE-NAISSANCE",
    "Angèle",
    "269052A00400139",
    "1969-05-17",
    "+33600000000",
    "12 rue de l’Exemple",
    "A1234",
    "SpO2",
    "Propos confus",
    "ESSAI-INFIRMIÈRE",
    "Erreur de patient",
]


@asynccontextmanager
async def build(mode: str = "Actual") -> AsyncIterator[Neighbour]:
    """A fresh adapter wired to a fresh simulator of `mode`."""
    pair = Pair(mode=mode, link_mode=mode)

    async def vanish() -> None:
        pair.wire.gone = True

    async def script(faults: list[dict[str, object]]) -> None:
        await pair.wire.control("POST", "/_sandbox/faults", json=faults)

    yield Neighbour(
        destination=pair.adapter,
        envelopes=[request(mode=mode).envelope, cancellation(mode=mode).envelope],
        personal=PERSONAL,
        state=pair.held,
        script=script,
        vanish=vanish,
        faults=ALL_FAULTS - {"soap_fault"},
    )
    await pair.adapter.aclose()
