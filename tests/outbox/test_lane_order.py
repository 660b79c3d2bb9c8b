"""Whatever fails, and in whatever order things happen, a lane keeps its order."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outbox.dispatch.dispatcher import Dispatcher
from outbox.errors import PermanentDeliveryError, TransientDeliveryError, UnreachableError
from outbox.message import Kind, MessageStatus
from outbox.retry import Policy
from tests.outbox.bench import ScriptedDestination, bench, message

if TYPE_CHECKING:
    from outbox.message import Envelope
    from tests.outbox.bench import Bench

FAULTS = {
    "later": TransientDeliveryError("s.lent", "Lent"),
    "absent": UnreachableError("s.absent", "Absent"),
    "refused": PermanentDeliveryError("s.non", "Non"),
    "strange": ValueError("?"),
}
STEP = st.one_of(
    st.tuples(
        st.just("enqueue"),
        st.sampled_from("abc"),
        st.sampled_from(Kind),
        st.lists(st.sampled_from(sorted(FAULTS)), max_size=2),
    ),
    st.tuples(st.just("pass"), st.sampled_from([1, 10, 100])),
    st.tuples(st.just("lose_lease")),
    st.tuples(st.just("replay")),
    st.tuples(st.just("discard")),
)


async def play(kit: Bench, steps: list[tuple[Any, ...]]) -> tuple[list[Envelope], ScriptedDestination]:
    """Do as told, then replay and retry until nothing is left to do."""
    store, neighbour = kit.store(), ScriptedDestination()
    work = Dispatcher(store, {"sivic": neighbour}, {"sivic": Policy(2, (1, 1))}, clock=kit.clock, chance=lambda: 0.0)
    sent: list[Envelope] = []
    for step in [*steps, *[("pass", 100), ("replay",)] * 8, ("pass", 100)]:
        known = [one.id for one in sent]
        match step:
            case ("enqueue", lane, kind, faults):
                sent.append(message(lane=lane, kind=kind))
                neighbour.script[sent[-1].id] = [FAULTS[fault] for fault in faults]
                await store.enqueue(sent[-1:])
            case ("pass", int(seconds)):
                kit.clock.pass_(seconds)
                await work.step()
            case ("lose_lease",):
                await store.claim("sivic", 2)
                kit.clock.pass_(5)
                await store.release_expired()
            case ("replay",):
                await store.replay(known, by="ESSAI")
            case ("discard",):
                await store.discard(known[:1], by="ESSAI", reason="essai")
    records = [await store.message(one.id) for one in sent]
    ended = {MessageStatus.DELIVERED, MessageStatus.SUPERSEDED, MessageStatus.DISCARDED}
    assert [record for record in records if record is None or record.status not in ended] == []
    return sent, neighbour


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEP, max_size=25))
def test_a_lane_keeps_its_order(kind: str, steps: list[tuple[Any, ...]]) -> None:
    """Nothing is lost, commands take effect in the order enqueued, once each, and a state never goes back in time."""

    async def scenario() -> tuple[list[Envelope], ScriptedDestination]:
        with tempfile.TemporaryDirectory() as folder:
            async with bench(kind, Path(folder), str) as kit:
                return await play(kit, steps)

    sent, neighbour = asyncio.run(scenario())
    rank = {one.id: number for number, one in enumerate(sent)}
    taken: dict[tuple[str, Kind], list[int]] = defaultdict(list)
    for number in (rank[key] for key in neighbour.taken):
        taken[sent[number].lane, sent[number].kind].append(number)
    assert all(numbers == sorted(set(numbers)) for numbers in taken.values())
