"""SINUS numbers and who bears them: a number is freed by a detachment and by nothing else."""

from __future__ import annotations

import pytest

from outbox.errors import PermanentDeliveryError
from tests.sinus.sinus_documents import (
    NUMBER,
    SINUS_EVENT,
    detached_document,
    held,
    opened_event,
    tell,
    victim_document,
)

OTHER_NUMBER = "FR825NOVI0000TR123124"


async def test_a_number_waits_for_its_detachment() -> None:
    """Another victim's number is refused, and passes once its former holder let it go; who waits for that is the outbox's to know."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document())
    await tell(adapter, "victim", victim_document(2, deleted=True, sinus_number=None))
    newcomer = victim_document(id="vic-2")
    with pytest.raises(PermanentDeliveryError) as raised:
        await tell(adapter, "victim", newcomer)
    assert raised.value.cause.code == "sinus.numero_deja_attribue"
    receipt = await tell(adapter, "identifier.detached", detached_document(2, reason="deleted"))
    assert receipt.facts == {"resultat": "prise"}
    await tell(adapter, "victim", newcomer)
    event = await held(transport)
    assert [victim["numeros"] for victim in event["victimes"].values()] == [[], [NUMBER]]
    assert [(line["numero"], line["motif"]) for line in event["detachements"]] == [(NUMBER, "supprime")]


async def test_a_detachment_that_comes_too_late_changes_nothing() -> None:
    """A newer record bears the number again: the old detachment is out of date."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document(7))
    assert (await tell(adapter, "identifier.detached", detached_document(5))).facts == {"resultat": "perimee"}
    assert (await held(transport))["victimes"]["vic-1"]["numeros"] == [NUMBER]


async def test_a_detachment_of_nothing_is_a_delivery() -> None:
    """The victim was never sent with that number, or never sent at all: there is nothing to free."""
    adapter, _ = await opened_event()
    assert (await tell(adapter, "identifier.detached", detached_document())).facts == {"resultat": "sansObjet"}
    await tell(adapter, "victim", victim_document(sinus_number=OTHER_NUMBER))
    assert (await tell(adapter, "identifier.detached", detached_document())).facts == {"resultat": "sansObjet"}


async def test_two_numbers_are_one_person() -> None:
    """A victim with a number of the field and one of a hospital is counted once."""
    adapter, transport = await opened_event()
    await tell(adapter, "victim", victim_document(sinus_number_hp="FR825NOVI2026HP000001"))
    assert len((await held(transport))["victimes"]["vic-1"]["numeros"]) == 2
    assert (await adapter.held(SINUS_EVENT))["UA"] == 1
