"""A node that was frozen wakes up: what it had claimed may be another's by now, or too old, and must not reach the wire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox.dispatch.dispatcher import Dispatcher
from outbox.memory import MemoryStore
from outbox.message import MessageStatus
from tests.outbox.bench import ScriptedDestination, SetClock, message

if TYPE_CHECKING:
    from outbox.message import ClaimedMessage


class Frozen(MemoryStore):
    """A store whose node is frozen, once, when its first claim has come back."""

    asleep = 0.0

    async def claim(self, *arguments: Any, **options: Any) -> list[ClaimedMessage]:
        """The claim, and then nothing happens here for a while."""
        claims = await super().claim(*arguments, **options)
        clock = self._clock
        assert isinstance(clock, SetClock)
        clock.pass_(self.asleep)
        self.asleep = 0.0
        return claims


@pytest.mark.parametrize(
    ("expires", "frozen", "given", "end"),
    [
        (None, 4.9, 1, MessageStatus.DELIVERED),
        (None, 5.0, 1, MessageStatus.DELIVERED),
        (4.0, 3.9, 1, MessageStatus.DELIVERED),
        (4.0, 4.0, 0, MessageStatus.EXPIRED),
        (4.0, 6.0, 0, MessageStatus.EXPIRED),
    ],
)
async def test_a_woken_node_sends_nothing_late(
    expires: float | None, frozen: float, given: int, end: MessageStatus
) -> None:
    """What its expiry has overtaken during the freeze is not sent; what only lost its lease is claimed again first."""
    clock, neighbour = SetClock(), ScriptedDestination()
    store = Frozen(clock=clock)
    store.asleep = frozen
    work = Dispatcher(store, {"sivic": neighbour}, clock=clock)
    sent = message(expires_at=None if expires is None else clock.now + timedelta(seconds=expires))
    await store.enqueue([sent])
    for _ in range(2):
        await work.step()
    assert len(neighbour.given) == given
    record = await store.message(sent.id)
    assert record is not None
    assert record.status is end


async def test_a_woken_node_leaves_the_lane_to_others() -> None:
    """A claim whose lease ran out during the freeze is not sent on: only a newer claim of the message is."""
    clock, neighbour = SetClock(), ScriptedDestination()
    store = Frozen(clock=clock)
    store.asleep = 5.0
    await store.enqueue([message()])
    await Dispatcher(store, {"sivic": neighbour}, clock=clock).step()
    assert [claimed.fence for claimed in neighbour.given] == [2]
