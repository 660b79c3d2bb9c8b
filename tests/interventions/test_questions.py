"""How often a CRRA is asked where its requests are: never so much that asking gets in the way of the next click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.interventions.watch import A_ROUND
from tests.interventions.stage import click

if TYPE_CHECKING:
    from tests.interventions.stage import Stage


async def asked(stage: Stage) -> int:
    """How many requests were moved by asking: each stands one step further at the CRRA than what it was told."""
    rows = (await stage.held()).keys()
    shown = [
        await stage.runtime.read(lambda register, name=one: register.interventions.by_reference(name)) for one in rows
    ]
    return sum(one is not None and one.status.value == "AFFICHEE" for one in shown)


async def test_a_rush_of_requests_is_asked_after_in_rounds(stage: Stage) -> None:
    """So many a round, those that wait the longest first; the next rounds ask for the others."""
    answers = [await stage.accepted(click(request_id=f"D-{n}", patient__name=f"TESTE {n}")) for n in range(A_ROUND + 5)]
    await stage.settle()
    for one in answers:
        await stage.advance(one)
    stage.clock.forward(seconds=3)
    await stage.watch.look()
    assert await asked(stage) == A_ROUND
    await stage.watch.look()
    assert await asked(stage) == len(answers)


async def test_a_request_just_delivered_is_not_asked_after(stage: Stage) -> None:
    """The receipt has said where it is."""
    answer = await stage.accepted()
    while await stage.runtime.dispatcher.step():
        pass
    await stage.advance(answer)
    await stage.watch.look()
    assert await asked(stage) == 0
    await stage.look(seconds=2)
    assert await asked(stage) == 1
