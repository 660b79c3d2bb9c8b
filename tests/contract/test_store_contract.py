"""What every store keeps: the same suite over memory, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from outbox.desk import Filter
from outbox.errors import PermanentDeliveryError, RefusedError, TransientDeliveryError, UnreachableError
from outbox.gate import Breaker
from outbox.message import Envelope, Kind, MessageStatus, Outcome, Priority, Receipt, Settlement
from outbox.ports import ClaimRequest
from outbox.retry import Policy
from outbox.verdict import failed
from tests.outbox.bench import START, Bench, bench, message, state
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from outbox.message import ClaimedMessage
    from outbox.ports import Transaction
    from tests.outbox.bench import Store

__all__ = ["postgres"]

KINDS = ["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
async def kit(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench of each kind."""

    def url() -> str:
        server: Postgres = request.getfixturevalue("postgres")
        return server.create_database()

    async with bench(request.param, tmp_path, url) as made:
        yield made


@pytest.fixture
def store(kit: Bench) -> Store:
    """A store of each kind."""
    return kit.store()


async def status(store: Store, envelope: Envelope) -> MessageStatus:
    """Where a message is."""
    record = await store.message(envelope.id)
    assert record is not None
    return record.status


async def take(store: Store, limit: int = 10) -> list[ClaimedMessage]:
    """Claim at sivic."""
    return await store.claim("sivic", limit)


def ids(claims: list[ClaimedMessage]) -> list[str]:
    """What was claimed."""
    return [claimed.envelope.id for claimed in claims]


def refusal(kit: Bench, claimed: ClaimedMessage) -> Settlement:
    """It was refused for good."""
    error = PermanentDeliveryError("sivic.refus", "Refusé", sent=b"<a/>", answered=b"<non/>")
    return failed(claimed, error, kit.clock.now, kit.clock.now, policy=Policy(), jitter=0)


def setback(kit: Bench, claimed: ClaimedMessage, error: Exception | None = None) -> Settlement:
    """It failed for now."""
    known = error or TransientDeliveryError("sivic.lent", "Trop lent")
    return failed(claimed, known, kit.clock.now, kit.clock.now, policy=Policy(schedule=(10, 20)), jitter=0)


async def park(kit: Bench, store: Store, *envelopes: Envelope) -> None:
    """Enqueue each, and have it refused before the next."""
    for envelope in envelopes:
        await store.enqueue([envelope])
        (claimed,) = await take(store)
        assert claimed.envelope.id == envelope.id
        await store.settle([refusal(kit, claimed)])


async def test_an_envelope_comes_back_whole(store: Store, kit: Bench) -> None:
    """What is claimed is what was enqueued, to the microsecond, accents and nested values included."""
    sent = message(
        body={"nom": "ÉSSAI", "liste": [1, 2.5, None, {"vrai": True}]},
        created_at=START + timedelta(microseconds=123457),
        due_at=START,
        expires_at=START + timedelta(hours=1),
        trace="00-abc-def-01",
        priority=Priority.URGENT,
    )
    await store.enqueue([sent])
    (claimed,) = await take(store)
    assert claimed.envelope == sent
    assert (claimed.attempt, claimed.reference, claimed.unreachable) == (1, None, 0)


async def test_a_known_id_is_ignored(store: Store, kit: Bench) -> None:
    """Enqueuing an id again adds nothing, changes nothing, and retires no newer state."""
    old, new = state(lane="v"), state(lane="v")
    await store.enqueue([old])
    await store.enqueue([new])
    await store.enqueue([replace(old, body={"autre": 1}), old])
    (claimed,) = await take(store)
    assert claimed.envelope == new
    assert await status(store, old) is MessageStatus.SUPERSEDED


async def test_only_the_head_of_a_lane_is_claimable(store: Store, kit: Bench) -> None:
    """Commands of a lane leave one after the other; another lane does not wait."""
    first, second, third, other = (message(lane=lane) for lane in "aaab")
    await store.enqueue([first, second])
    await store.enqueue([third, other])
    for expected in ([first, other], [second], [third], []):
        claims = await take(store)
        assert ids(claims) == [envelope.id for envelope in expected]
        assert await take(store) == []
        await store.settle([kit.done(claimed) for claimed in claims])


async def test_a_lane_belongs_to_its_destination(store: Store, kit: Bench) -> None:
    """The same victim at two destinations is two lanes."""
    await store.enqueue([message(lane="v"), message(lane="v", destination="sinus")])
    assert len(await take(store)) == 1
    assert len(await store.claim("sinus", 5)) == 1


async def test_a_newer_state_supersedes_those_that_wait(store: Store, kit: Bench) -> None:
    """Only the newest state of a topic is sent; what was skipped keeps by what and when."""
    old, middle, newest, other = state(lane="v"), state(lane="v"), state(lane="v"), state(lane="v", topic="event")
    await store.enqueue([old])
    await store.enqueue([other])
    kit.clock.pass_(1)
    await store.enqueue([middle, newest])
    skipped = [await store.message(one.id) for one in (old, middle)]
    assert [(one.status, one.superseded_by, one.settled_at) for one in skipped if one] == [
        (MessageStatus.SUPERSEDED, newest.id, kit.clock.now)
    ] * 2
    (claimed,) = await take(store)
    assert claimed.envelope.id == other.id, "the lane's head was superseded, so the next one leads"
    await store.settle([kit.done(claimed)])
    assert ids(await take(store)) == [newest.id]


async def test_what_is_being_sent_is_not_superseded(store: Store, kit: Bench) -> None:
    """A newer state waits behind the one on the wire."""
    old, new = state(lane="v"), state(lane="v")
    await store.enqueue([old])
    (claimed,) = await take(store)
    await store.enqueue([new])
    assert await status(store, old) is MessageStatus.SENDING
    assert await take(store) == []
    await store.settle([kit.done(claimed)])
    assert ids(await take(store)) == [new.id]


async def test_a_state_that_failed_for_now_gives_way(store: Store, kit: Bench) -> None:
    """A state is not tried again when a newer one waits behind it."""
    old, new = state(lane="v"), state(lane="v")
    await store.enqueue([old])
    (claimed,) = await take(store)
    await store.enqueue([new])
    await store.settle([setback(kit, claimed)])
    record = await store.message(old.id)
    assert record is not None
    assert (record.status, record.superseded_by) == (MessageStatus.SUPERSEDED, new.id)
    assert ids(await take(store)) == [new.id]


async def test_a_failed_message_comes_back_when_due(store: Store, kit: Bench) -> None:
    """A transient failure returns it to pending at `next_at`, with its cause, and it keeps its lane."""
    first, second = message(lane="v"), message(lane="v")
    await store.enqueue([first, second])
    (claimed,) = await take(store)
    await store.settle([setback(kit, claimed)])
    assert await store.due(["sivic", "sinus"]) == {"sivic": START + timedelta(seconds=10)}
    kit.clock.pass_(9)
    assert await take(store) == []
    kit.clock.pass_(1)
    (again,) = await take(store)
    assert (again.envelope.id, again.attempt) == (first.id, 2)
    assert again.fence > claimed.fence
    record = await store.message(first.id)
    assert record is not None
    assert record.cause is not None
    assert record.cause.code == "sivic.lent"


async def test_an_absent_neighbour_spends_no_attempt(store: Store, kit: Bench) -> None:
    """Unreachable twice, then there: it is still the first attempt."""
    await store.enqueue([message()])
    for times in (0, 1):
        (claimed,) = await take(store)
        assert (claimed.attempt, claimed.unreachable) == (1, times)
        await store.settle([setback(kit, claimed, UnreachableError("sivic.absent", "Injoignable"))])
        kit.clock.pass_(60)
    (claimed,) = await take(store)
    assert (claimed.attempt, claimed.unreachable) == (1, 2)


async def test_the_reference_of_a_lane_is_given_back(store: Store, kit: Bench) -> None:
    """The neighbour's own identifier comes with the next delivery of the lane, and of no other."""
    first, second = message(lane="v"), message(lane="v")
    await store.enqueue([first, second, message(lane="w")])
    claims = await take(store)
    await store.settle([kit.done(claims[0], reference="FICHE-7")])
    (claimed,) = await take(store)
    assert (claimed.envelope.id, claimed.reference) == (second.id, "FICHE-7")
    assert claims[1].reference is None


async def test_a_parked_command_holds_its_lane(store: Store, kit: Bench) -> None:
    """What comes behind waits until a person discards or replays it; others go on."""
    stuck, behind = message(lane="v"), message(lane="v")
    await park(kit, store, stuck)
    await store.enqueue([behind, message(lane="w")])
    (other,) = await take(store)
    assert other.envelope.lane == "w"
    assert await store.discard([stuck.id], by="AGENT ESSAI", reason="doublon") == 1
    assert ids(await take(store)) == [behind.id]
    record = await store.message(stuck.id)
    assert record is not None
    assert (record.status, record.decided_by, record.decision) == (MessageStatus.DISCARDED, "AGENT ESSAI", "doublon")


def unanswered(kit: Bench, claimed: ClaimedMessage, *, again: bool = False) -> Settlement:
    """It left, and no answer could be read; `again`: there are tries left."""
    error = TransientDeliveryError("sivic.coupure", "Coupée", uncertain=True, sent=b"<a/>")
    policy = Policy(schedule=(10,) if again else ())
    return failed(claimed, error, kit.clock.now, kit.clock.now, policy=policy, jitter=0)


async def test_what_left_unanswered_is_uncertain_until_its_receipt(store: Store, kit: Bench) -> None:
    """It is asked again under the same id, known as uncertain since the first time, and certain once it is answered."""
    sent = message()
    await store.enqueue([sent])
    (claimed,) = await take(store)
    left = kit.clock.now
    await store.settle([unanswered(kit, claimed, again=True)])
    record = await store.message(sent.id)
    assert record is not None
    assert (record.status, record.uncertain_since) == (MessageStatus.PENDING, left)
    assert [attempt.outcome for attempt in await store.attempts(sent.id)] == [Outcome.UNCERTAIN]
    kit.clock.pass_(30)
    (claimed,) = await take(store)
    assert (claimed.envelope.id, claimed.uncertain_since) == (sent.id, left)
    await store.settle([kit.done(claimed)])
    record = await store.message(sent.id)
    assert record is not None
    assert (record.status, record.uncertain_since) == (MessageStatus.DELIVERED, None)


@pytest.mark.parametrize("last", ["unanswered", "refused", "unreachable", "expired"])
async def test_what_may_be_held_is_never_parked_nor_expired(store: Store, kit: Bench, last: str) -> None:
    """However the tries of a message end that once left unanswered, it is uncertain: nobody may be told that it was not sent."""
    sent = message(expires_at=START + timedelta(hours=1))
    await store.enqueue([sent])
    (claimed,) = await take(store)
    left = kit.clock.now
    await store.settle([unanswered(kit, claimed, again=True)])
    kit.clock.pass_(30)
    (claimed,) = await take(store)
    match last:
        case "unanswered":
            await store.settle([unanswered(kit, claimed)])
        case "refused":
            await store.settle([refusal(kit, claimed)])
        case "unreachable":
            await store.settle([setback(kit, claimed, UnreachableError("sivic.injoignable", "Absent"))])
            kit.clock.pass_(4000)
            assert await store.expire() == 1
        case _:
            await store.settle([setback(kit, claimed)])
            kit.clock.pass_(4000)
            assert await store.expire() == 1
    record = await store.message(sent.id)
    assert record is not None
    assert (record.status, record.uncertain_since) == (MessageStatus.UNCERTAIN, left)


async def test_a_process_that_dies_while_sending_leaves_the_message_uncertain(store: Store, kit: Bench) -> None:
    """Nobody knows whether the neighbour took what a dead process was sending: it is sent again, and refused it is uncertain."""
    sent = message()
    await store.enqueue([sent])
    await take(store)
    kit.clock.pass_(60)
    assert await store.release_expired() == 1
    record = await store.message(sent.id)
    assert record is not None
    assert record.uncertain_since == kit.clock.now
    (claimed,) = await take(store)
    await store.settle([refusal(kit, claimed)])
    assert await status(store, sent) is MessageStatus.UNCERTAIN


async def test_an_uncertain_command_holds_its_lane(store: Store, kit: Bench) -> None:
    """Commands take effect in their order: what follows waits until a person has decided."""
    first, second = message(lane="d"), message(lane="d")
    await store.enqueue([first, second])
    (claimed,) = await take(store)
    await store.settle([unanswered(kit, claimed)])
    assert await status(store, first) is MessageStatus.UNCERTAIN
    assert await take(store) == []
    assert await store.replay([first.id], by="jl") == 1
    assert ids(await take(store)) == [first.id]


async def test_an_uncertain_message_waits_for_a_person(store: Store, kit: Bench) -> None:
    """It is counted, grouped by its cause, replayed under the same id, and given up with a reason."""
    sent, other = message(lane="a"), message(lane="b")
    await store.enqueue([sent, other])
    await store.settle([unanswered(kit, claimed) for claimed in await take(store)])
    assert [(one.status, one.messages) for one in await store.backlog()] == [(MessageStatus.UNCERTAIN, 2)]
    (group,) = await store.groups(Filter(destination="sivic"))
    assert (group.messages, group.cause.code) == (2, "sivic.coupure")
    assert sorted(key for each in await store.parked(Filter()) for key in each) == sorted([sent.id, other.id])
    assert [one.envelope.id for one in await store.find(Filter(status=MessageStatus.UNCERTAIN))] == [other.id, sent.id]
    assert await store.replay([sent.id], by="jl") == 1
    assert ids(await take(store)) == [sent.id]
    assert await store.discard([other.id], by="jl", reason="vu au téléphone") == 1
    record = await store.message(other.id)
    assert record is not None
    assert (record.status, record.uncertain_since is not None) == (MessageStatus.DISCARDED, True)


async def test_an_uncertain_state_heals_itself(store: Store, kit: Bench) -> None:
    """A newer state that is delivered makes an uncertain one needless."""
    old = state(lane="v")
    await store.enqueue([old])
    (claimed,) = await take(store)
    await store.settle([unanswered(kit, claimed)])
    await store.enqueue([state(lane="v")])
    await store.settle([kit.done(claimed) for claimed in await take(store)])
    assert await status(store, old) is MessageStatus.SUPERSEDED


async def test_a_person_decides_about_what_waits(store: Store, kit: Bench) -> None:
    """A pending message is given up, which lets its lane go on, or sent now with all its tries; one on the wire is left alone."""
    first, second, third = message(lane="d"), message(lane="d"), message(lane="d")
    await store.enqueue([first, second, third])
    (claimed,) = await take(store)
    assert await store.discard([first.id], by="jl", reason="doublon") == 0
    assert await store.replay([first.id], by="jl") == 0
    await store.settle([setback(kit, claimed)])
    assert await take(store) == []
    assert await store.replay([first.id], by="jl") == 1
    (claimed,) = await take(store)
    assert (claimed.envelope.id, claimed.attempt) == (first.id, 1)
    await store.settle([setback(kit, claimed)])
    assert await store.discard([first.id, third.id], by="jl", reason="doublon") == 2
    assert ids(await take(store)) == [second.id]
    record = await store.message(third.id)
    assert record is not None
    assert (record.status, record.decided_by, record.decision) == (MessageStatus.DISCARDED, "jl", "doublon")


async def test_what_a_rule_refuses_waits_for_nobody(store: Store, kit: Bench) -> None:
    """Discarded at once with its cause and its attempt; its lane goes on, and no replay brings it back."""
    first, second = message(lane="une"), message(lane="une")
    await store.enqueue([first, second])
    (claimed,) = await take(store)
    error = RefusedError("sivic.code_refuse", "Refusé d’avance")
    await store.settle([failed(claimed, error, kit.clock.now, kit.clock.now, policy=Policy(), jitter=0)])
    assert await status(store, first) is MessageStatus.DISCARDED
    record = await store.message(first.id)
    assert record is not None
    assert record.cause is not None
    assert record.cause.code == "sivic.code_refuse"
    assert [one.outcome for one in await store.attempts(first.id)] == [Outcome.PERMANENT]
    assert ids(await take(store)) == [second.id]
    assert await store.replay([first.id], by="essai", exactly=False) == 0


async def test_a_parked_state_heals_itself(store: Store, kit: Bench) -> None:
    """It lets the lane go on, and becomes superseded when a newer one has passed."""
    stuck, new = state(lane="v"), state(lane="v")
    await park(kit, store, stuck)
    await store.enqueue([new])
    (claimed,) = await take(store)
    assert await status(store, stuck) is MessageStatus.PARKED
    await store.settle([kit.done(claimed)])
    record = await store.message(stuck.id)
    assert record is not None
    assert (record.status, record.superseded_by) == (MessageStatus.SUPERSEDED, new.id)


async def test_replay_keeps_the_order_of_the_lane(store: Store, kit: Bench) -> None:
    """A replayed command leaves before those behind it, as a first attempt; what waits behind it is only due at once."""
    stuck, behind = message(lane="v"), message(lane="v")
    await park(kit, store, stuck)
    await store.enqueue([behind])
    assert await store.replay([stuck.id, behind.id, "inconnu"], by="AGENT ESSAI") == 2
    (claimed,) = await take(store)
    assert (claimed.envelope.id, claimed.attempt) == (stuck.id, 1)
    await store.settle([kit.done(claimed)])
    assert ids(await take(store)) == [behind.id]


async def test_a_replayed_state_takes_its_old_place(store: Store, kit: Bench) -> None:
    """It goes before what was enqueued after it, but never beside what is being sent."""
    stuck, waiting, flying = state(lane="v"), message(lane="v"), state(lane="w")
    await park(kit, store, stuck, flying)
    await store.enqueue([waiting])
    await store.enqueue([message(lane="w")])
    assert await store.replay([stuck.id], by="AGENT ESSAI") == 1
    claims = await take(store)
    assert ids(claims)[0] == stuck.id or stuck.id in ids(claims)
    assert waiting.id not in ids(claims)
    assert await store.replay([flying.id], by="AGENT ESSAI") == 1
    assert await take(store) == [], "one of lane w is on the wire"
    await store.settle([kit.done(claimed) for claimed in claims])
    assert set(ids(await take(store))) == {waiting.id, flying.id}


async def test_a_needless_state_is_not_replayed(store: Store, kit: Bench) -> None:
    """With a newer state waiting, or replayed with it, the older one becomes superseded."""
    older, newer = state(lane="v"), state(lane="v")
    await park(kit, store, older, newer)
    assert await store.replay([older.id, newer.id], by="AGENT ESSAI") == 1
    assert await status(store, older) is MessageStatus.SUPERSEDED
    assert ids(await take(store)) == [newer.id]


async def test_nothing_is_sent_after_its_expiry(store: Store, kit: Bench) -> None:
    """A message past `expires_at` is not claimable, expires with an aftermath, and frees its lane."""
    late, behind = message(lane="v", expires_at=START + timedelta(seconds=30)), message(lane="v")
    told: list[Settlement] = []
    store = kit.store(aftermath=lambda _, settlement: told.append(settlement))
    await store.enqueue([late, behind])
    kit.clock.pass_(30)
    assert await take(store) == []
    assert await store.expire() == 1
    assert await store.expire() == 0
    assert await status(store, late) is MessageStatus.EXPIRED
    assert [(one.status, one.claimed.envelope.id) for one in told] == [(MessageStatus.EXPIRED, late.id)]
    assert ids(await take(store)) == [behind.id]


async def test_one_that_expires_behind_the_head_frees_nothing(store: Store, kit: Bench) -> None:
    """The lane still has one head, and it is the one on the wire."""
    head, late, last = message(lane="v"), message(lane="v", expires_at=START + timedelta(seconds=1)), message(lane="v")
    await store.enqueue([head, late, last])
    (claimed,) = await take(store)
    kit.clock.pass_(1)
    assert await store.expire() == 1
    assert await take(store) == []
    await store.settle([kit.done(claimed)])
    assert ids(await take(store)) == [last.id]


async def test_an_expiry_lets_nobody_past_what_is_on_the_wire(store: Store, kit: Bench) -> None:
    """A replayed state waits for the command being sent after it, even when one behind both expires."""
    old, sending, late = state(lane="v"), message(lane="v"), message(lane="v", expires_at=START + timedelta(seconds=1))
    await park(kit, store, old)
    await store.enqueue([sending, late])
    (claimed,) = await take(store)
    await store.replay([old.id], by="AGENT ESSAI")
    kit.clock.pass_(1)
    assert await store.expire() == 1
    assert await take(store) == []
    await store.settle([kit.done(claimed)])
    assert ids(await take(store)) == [old.id]


async def test_due_at_is_kept(store: Store, kit: Bench) -> None:
    """A message is not sent before its time."""
    await store.enqueue([message(due_at=START + timedelta(milliseconds=250))])
    assert await take(store) == []
    assert await store.due(["sivic"]) == {"sivic": START + timedelta(milliseconds=250)}
    kit.clock.pass_(0.25)
    assert len(await take(store)) == 1


async def test_urgent_ones_go_first_and_nothing_starves(store: Store, kit: Bench) -> None:
    """By priority, except for the places kept for the one that has waited longest."""
    bulk = message(priority=Priority.BULK)
    await store.enqueue([bulk])
    kit.clock.pass_(1)
    normal, urgent, help_ = (message(priority=p) for p in (Priority.NORMAL, Priority.URGENT, Priority.INTERVENTION))
    await store.enqueue([normal, urgent, help_])
    assert ids(await store.claim("sivic", 2, oldest=1)) == [help_.id, bulk.id]
    assert ids(await store.claim("sivic", 2)) == [urgent.id, normal.id]


async def test_a_lost_lease_returns_the_message(store: Store, kit: Bench) -> None:
    """After the lease it is pending again, and who wakes up late cannot settle it."""
    sent = message()
    await store.enqueue([sent])
    (frozen,) = await take(store)
    kit.clock.pass_(4.9)
    assert await store.release_expired() == 0
    kit.clock.pass_(0.1)
    assert await store.release_expired() == 1
    assert await store.settle([kit.done(frozen)]) == [kit.done(frozen)], "pending is nobody's"
    (claimed,) = await take(store)
    assert await store.settle([kit.done(frozen)]) == [kit.done(frozen)], "an older fence"
    assert await status(store, sent) is MessageStatus.SENDING
    assert await store.settle([kit.done(claimed)]) == []
    assert [one.outcome for one in await store.attempts(sent.id)] == [Outcome.LATE, Outcome.DELIVERED]


async def test_a_renewed_lease_is_kept(store: Store, kit: Bench) -> None:
    """A heartbeat prolongs what is ours, and nothing that is not."""
    await store.enqueue([message()])
    (claimed,) = await take(store)
    kit.clock.pass_(4)
    await store.renew([claimed])
    kit.clock.pass_(4)
    assert await store.release_expired() == 0
    kit.clock.pass_(1)
    await store.renew([replace(claimed, fence=claimed.fence - 1)])
    assert await store.release_expired() == 1


async def test_the_attempt_log_keeps_the_evidence(store: Store, kit: Bench) -> None:
    """Each attempt has when it began and ended, its outcome and cause, what was sent and what came back."""
    await store.enqueue([sent := message()])
    (claimed,) = await take(store)
    await store.settle([setback(kit, claimed)])
    kit.clock.pass_(10)
    (claimed,) = await take(store)
    began = kit.clock.now
    kit.clock.pass_(2)
    await store.settle([replace(refusal(kit, claimed), started_at=began)])
    first, second = await store.attempts(sent.id)
    assert (first.number, first.outcome, second.number, second.outcome) == (1, Outcome.TRANSIENT, 2, Outcome.PERMANENT)
    assert (second.started_at, second.finished_at) == (began, kit.clock.now)
    assert (second.sent, second.answered, second.cause and second.cause.code) == (b"<a/>", b"<non/>", "sivic.refus")


async def test_the_aftermath_is_durable_with_the_settlement(kit: Bench) -> None:
    """What it enqueues is there when the message is settled, and is not when the settlement is refused."""

    def tell(transaction: Transaction, settlement: Settlement) -> None:
        if settlement.claimed.envelope.destination == "sivic":
            transaction.enqueue([message(destination="portal", lane=settlement.claimed.envelope.lane)])

    store = kit.store(aftermath=tell)
    await store.enqueue([message(lane="v")])
    (claimed,) = await take(store)
    await store.settle([kit.done(claimed)])
    await store.settle([kit.done(claimed)])
    assert len(await store.claim("portal", 5)) == 1


async def test_a_failing_aftermath_parks_its_own_message(kit: Bench) -> None:
    """Nothing it began remains, the others of the group are settled, and a replay calls it again."""
    broken = message()

    def tell(transaction: Transaction, settlement: Settlement) -> None:
        transaction.enqueue([message(destination="portal", id=f"suite-{settlement.claimed.envelope.id}")])
        if settlement.claimed.envelope.id == broken.id and settlement.claimed.fence == 1:
            raise ValueError("no")

    store = kit.store(aftermath=tell)
    fine = message()
    await store.enqueue([broken, fine])
    assert await store.settle([kit.done(claimed) for claimed in await take(store)]) == []
    record = await store.message(broken.id)
    assert record is not None
    assert record.cause is not None
    assert (record.status, record.cause.code) == (MessageStatus.PARKED, "outbox.aftermath_failed")
    assert await status(store, fine) is MessageStatus.DELIVERED
    assert ids(await store.claim("portal", 5)) == [f"suite-{fine.id}"]
    await store.replay([broken.id], by="AGENT ESSAI")
    await store.settle([kit.done(claimed) for claimed in await take(store)])
    assert ids(await store.claim("portal", 5)) == [f"suite-{broken.id}"]


async def test_a_paused_destination_gives_nothing(store: Store, kit: Bench) -> None:
    """Pause and resume are for one destination; nothing is lost meanwhile."""
    await store.enqueue([message(), message(destination="sinus")])
    await store.pause("sivic", by="AGENT ESSAI", reason="maintenance")
    assert await take(store) == []
    assert await store.due(["sivic", "sinus"]) == {"sinus": START}
    paused = await store.paused()
    assert (paused["sivic"].by, paused["sivic"].reason, paused["sivic"].at) == ("AGENT ESSAI", "maintenance", START)
    await store.resume("sivic")
    assert len(await take(store)) == 1
    assert await store.paused() == {}


async def test_a_person_finds_what_they_ask_for(store: Store, kit: Bench) -> None:
    """By status, destination, lane, topic, scope and cause; the newest first, a page at a time."""
    parked = message(lane="v", scope="evenement-2")
    await park(kit, store, parked)
    await store.enqueue([first := message(), second := message(destination="sinus", topic="counts")])
    asked = [
        Filter(status=MessageStatus.PARKED),
        Filter(cause="sivic.refus"),
        Filter(scope="evenement-2"),
        Filter(destination="sinus", topic="counts"),
        Filter(lane="v"),
        Filter(),
    ]
    found = [[record.envelope.id for record in await store.find(one)] for one in asked]
    assert found == [[parked.id]] * 3 + [[second.id], [parked.id], [second.id, first.id, parked.id]]
    page = await store.find(Filter(), limit=1)
    rest = await store.find(Filter(), before=page[0].seq)
    assert [record.envelope.id for record in rest] == [first.id, parked.id]
    assert await store.message("inconnu") is None


async def test_backlog_and_lag_are_seen(store: Store, kit: Bench) -> None:
    """What waits is counted, and lateness is the age of the oldest due message, retries included."""
    await park(kit, store, state())
    await store.enqueue([message(), message(priority=Priority.URGENT, due_at=START + timedelta(hours=1))])
    kit.clock.pass_(7)
    await store.settle([setback(kit, claimed) for claimed in await take(store)])
    assert [(one.destination, one.status, one.messages) for one in await store.backlog()] == [
        ("sivic", MessageStatus.PARKED, 1),
        ("sivic", MessageStatus.PENDING, 2),
    ]
    assert [(one.priority, one.seconds, one.waiting) for one in await store.lags()] == [(Priority.NORMAL, 7.0, 1)]


async def test_concurrent_claims_share_the_work(store: Store, kit: Bench) -> None:
    """Many claims at once: every message is claimed once, none twice."""
    sent = [message() for _ in range(60)]
    await store.enqueue(sent)
    node = kit.store() if kit.database else store
    taken: list[str] = []
    while claims := await asyncio.gather(*(one.claim("sivic", 7) for one in (store, node) * 4)):
        batch = [claimed for some in claims for claimed in some]
        if not batch:
            break
        taken += ids(batch)
    assert sorted(taken) == sorted(one.id for one in sent)


async def test_concurrent_enqueues_and_settlements_strand_nothing(store: Store, kit: Bench) -> None:
    """A lane is never left without a head, whatever arrives while its head is being settled."""
    sent = [message(lane=f"v{number % 3}") for number in range(45)]
    waiting = list(sent)
    order: dict[str, list[str]] = {}

    async def produce() -> None:
        while waiting:
            await store.enqueue([waiting.pop(0)])

    async def consume() -> None:
        while sum(len(one) for one in order.values()) < len(sent):
            claims = await take(store)
            for claimed in claims:
                order.setdefault(claimed.envelope.lane, []).append(claimed.envelope.id)
            await store.settle([kit.done(claimed) for claimed in claims])
            await asyncio.sleep(0)

    async with asyncio.timeout(30):
        await asyncio.gather(produce(), consume(), consume())
    assert order == {lane: [one.id for one in sent if one.lane == lane] for lane in ("v0", "v1", "v2")}


async def test_the_word_of_an_enqueue_is_passed(store: Store, kit: Bench) -> None:
    """Who waits hears of an enqueue, one made before waiting included, and of nothing when nothing came."""
    async with asyncio.timeout(20):
        await store.enqueue([message()])
        assert await store.changed(5)
        while await store.changed(0.05):
            pass  # A store with nodes may say it twice; it falls silent all the same.
        waiting = asyncio.create_task(store.changed(15))
        await store.enqueue([message()])
        assert await waiting


async def test_a_stream_of_changes_puts_nothing_off(store: Store, kit: Bench) -> None:
    """A newer state leaves when the first that it replaced would have; one already tried lends it no time."""
    for _ in range(3):
        await store.enqueue([newest := state(lane="v", due_at=kit.clock.now + timedelta(milliseconds=250))])
        kit.clock.pass_(0.1)
    assert await store.due(["sivic"]) == {"sivic": START + timedelta(milliseconds=250)}
    (claimed,) = await take(store)
    assert claimed.envelope.id == newest.id
    assert await take(store) == []
    await store.settle([setback(kit, claimed)])
    await store.enqueue([state(lane="v", due_at=(later := kit.clock.now + timedelta(milliseconds=250)))])
    assert await store.due(["sivic"]) == {"sivic": later}


async def test_what_was_skipped_is_found_by_what_replaced_it(store: Store, kit: Bench) -> None:
    """The newer state leads to those it made needless, each with its instant."""
    old, new = state(lane="v"), state(lane="v")
    await store.enqueue([old])
    kit.clock.pass_(1)
    await store.enqueue([new])
    (skipped,) = await store.find(Filter(superseded_by=new.id))
    assert (skipped.envelope.id, skipped.settled_at) == (old.id, START + timedelta(seconds=1))


async def fail(kit: Bench, store: Store, claims: list[ClaimedMessage]) -> None:
    """Nobody is there."""
    await store.settle([setback(kit, one, UnreachableError("sivic.absent", "Injoignable")) for one in claims])


async def test_a_breaker_is_shared_by_the_nodes(kit: Bench) -> None:
    """Failures of one node stop the others; one probe at a time leaves, and its success lets them go on step by step."""
    store = kit.store()
    node = kit.store() if kit.database else store
    await store.enqueue([message() for _ in range(12)])
    await fail(kit, store, await store.claim("sivic", 3))
    assert await node.claim("sivic", 9) == []
    gate = (await node.gates())["sivic"]
    assert (gate.breaker, gate.opened_at) == (Breaker.OPEN, START)
    assert await node.due(["sivic"]) == {"sivic": START + timedelta(seconds=1)}
    kit.clock.pass_(1)
    (probe,) = await node.claim("sivic", 9)
    assert await store.claim("sivic", 9) == [], "half-open: one is under way"
    await fail(kit, node, [probe])
    kit.clock.pass_(2)
    for wide in (1, 1, 2, 4):
        claims = await store.claim("sivic", 9)
        assert len(claims) == wide
        assert await node.claim("sivic", 9) == []
        await node.settle([kit.done(claimed) for claimed in claims])
    assert (await node.gates())["sivic"].breaker is Breaker.CLOSED


async def test_a_probe_that_dies_with_its_process_is_made_again(store: Store, kit: Bench) -> None:
    """When its lease is lost the next probe leaves at once."""
    await store.enqueue([message() for _ in range(4)])
    await fail(kit, store, await store.claim("sivic", 3))
    kit.clock.pass_(1)
    assert len(await take(store)) == 1
    kit.clock.pass_(5)
    assert await take(store) == []
    assert await store.release_expired() == 1
    assert len(await take(store)) == 1


async def test_a_success_between_keeps_the_breaker_closed(store: Store, kit: Bench) -> None:
    """Failures that an answer interrupts do not add up."""
    await store.enqueue([message() for _ in range(12)])
    for _ in range(3):
        await fail(kit, store, await store.claim("sivic", 2))
        (claimed,) = await store.claim("sivic", 1)
        await store.settle([kit.done(claimed)])
    assert len(await take(store)) == 3


async def test_a_rate_is_kept_by_all_nodes_together(kit: Bench) -> None:
    """Two nodes take turns; the queue says when the next message may leave."""
    store = kit.store()
    node = kit.store() if kit.database else store
    await store.enqueue([message() for _ in range(9)])
    assert len(await store.claim("sivic", 9, rate=2)) == 1
    assert await node.claim("sivic", 9, rate=2) == []
    assert await node.due(["sivic"]) == {"sivic": START + timedelta(milliseconds=500)}
    kit.clock.pass_(0.5)
    assert len(await node.claim("sivic", 9, rate=2)) == 1
    kit.clock.pass_(5)
    assert len(await store.claim("sivic", 9, rate=20)) == 2, "what was not used is not saved"


async def test_what_gathered_in_a_pause_drains_at_a_rate(store: Store, kit: Bench) -> None:
    """Resumed at two a second, it leaves so until nothing due is left; then the way is free."""
    await store.enqueue([message() for _ in range(3)])
    await store.pause("sivic", by="AGENT ESSAI", reason="maintenance")
    await store.resume("sivic", rate=2)
    for _ in range(3):
        claims = await take(store)
        assert len(claims) == 1
        await store.settle([kit.done(claimed) for claimed in claims])
        kit.clock.pass_(0.5)
    assert await take(store) == []
    await store.enqueue([message() for _ in range(5)])
    assert len(await take(store)) == 5


async def test_parked_messages_are_grouped_by_their_cause(store: Store, kit: Bench) -> None:
    """Causes that differ in numbers only are one group; a group can be replayed whole, and is then gone."""
    await store.enqueue([message(lane=f"v{number}") for number in range(4)])
    details = ["ligne 12 : « ESSAI »", "ligne 7 : « TESTE »", "ligne 30", "colonne 3"]
    for claimed, detail in zip(await take(store), details, strict=True):
        error = PermanentDeliveryError("sivic.refus", "Refusé", detail)
        await store.settle([failed(claimed, error, kit.clock.now, kit.clock.now, policy=Policy(), jitter=0)])
        kit.clock.pass_(1)
    groups = await store.groups(Filter(destination="sivic"))
    assert [(one.messages, one.cause.code, one.topic) for one in groups] == [(2, "sivic.refus", "victim")] + [
        (1, "sivic.refus", "victim")
    ] * 2
    assert (groups[0].oldest, groups[0].newest) == (START, START + timedelta(seconds=1))
    found = await store.find(Filter(fingerprint=groups[0].fingerprint))
    (portion,) = await store.parked(Filter(fingerprint=groups[0].fingerprint))
    assert sorted(portion) == sorted(record.envelope.id for record in found)
    assert await store.replay(portion, by="AGENT ESSAI") == 2
    assert [one.messages for one in await store.groups(Filter())] == [1, 1]
    assert await store.groups(Filter(destination="sinus")) == []


async def test_portions_never_cut_a_lane(store: Store, kit: Bench) -> None:
    """However many are parked, each lane is decided in one transaction."""
    envelopes = [state(lane=f"v{number % 90}", topic=f"t{number // 90}") for number in range(450)]
    await store.enqueue(envelopes)
    for _ in range(5):
        await store.settle([refusal(kit, claimed) for claimed in await take(store, 90)])
    cut = await store.parked(Filter())
    lanes = {one.id: one.lane for one in envelopes}
    seen = [{lanes[key] for key in portion} for portion in cut]
    assert sum(len(portion) for portion in cut) == 450
    assert len(cut) > 1
    assert sum(len(one) for one in seen) == 90
    assert all(sorted(portion, key=lambda key: (lanes[key], int(key[1:]))) == portion for portion in cut)


async def test_the_bytes_of_the_last_attempt_can_be_sent_again(store: Store, kit: Bench) -> None:
    """Replayed exactly, the next claims carry them until it is settled; replayed as usual, they do not."""
    await park(kit, store, sent := message())
    await store.replay([sent.id], by="AGENT ESSAI", exactly=True)
    (claimed,) = await take(store)
    assert claimed.exact == b"<a/>"
    await store.settle([setback(kit, claimed)])
    kit.clock.pass_(10)
    (claimed,) = await take(store)
    assert claimed.exact == b"<a/>"
    await store.settle([refusal(kit, claimed)])
    await store.replay([sent.id], by="AGENT ESSAI")
    (claimed,) = await take(store)
    assert claimed.exact == b""


async def test_a_receipt_is_not_needed_to_keep_the_old_reference(store: Store, kit: Bench) -> None:
    """A delivery that says no reference leaves the one the lane has."""
    await store.enqueue([message(lane="v", kind=Kind.COMMAND) for _ in range(3)])
    for receipt in (Receipt(reference="A"), Receipt()):
        (claimed,) = await take(store)
        await store.settle([replace(kit.done(claimed), receipt=receipt)])
    (claimed,) = await take(store)
    assert claimed.reference == "A"


async def test_a_turn_settles_and_goes_on(store: Store, kit: Bench) -> None:
    """One call settles what ended and claims what is due, the next of the same lane among them, in the order of a claim."""
    lane = [message(lane="v") for _ in range(3)]
    urgent, later = message(priority=Priority.URGENT), message(due_at=START + timedelta(seconds=60))
    await store.enqueue(lane)
    (first,) = await take(store)
    kit.clock.pass_(1)
    await store.enqueue([urgent, later])
    turned = await store.settle_and_claim([kit.done(first)], [ClaimRequest("sivic", 10)])
    assert turned.refused == []
    assert [one.envelope.id for one in turned.claimed["sivic"]] == [urgent.id, lane[1].id]
    again = await store.settle_and_claim(
        [kit.done(one) for one in turned.claimed["sivic"]], [ClaimRequest("sivic", 10)]
    )
    assert [one.envelope.id for one in again.claimed["sivic"]] == [lane[2].id]
    assert await status(store, lane[1]) is MessageStatus.DELIVERED
    assert await status(store, later) is MessageStatus.PENDING


async def test_a_turn_leaves_the_next_at_the_head(store: Store, kit: Bench) -> None:
    """What a turn had no room for, or did not ask for, leads its lane for the next claim."""
    lanes = [[message(lane=f"v{number}") for _ in range(2)] for number in range(4)]
    await store.enqueue([one for lane in lanes for one in lane])
    claims = await take(store)
    turned = await store.settle_and_claim([kit.done(one) for one in claims], [ClaimRequest("sivic", 1)])
    assert [one.envelope.id for one in turned.claimed["sivic"]] == [lanes[0][1].id]
    assert [one.envelope.id for one in await take(store)] == [lane[1].id for lane in lanes[1:]]


async def test_a_turn_refuses_a_late_settlement(store: Store, kit: Bench) -> None:
    """A lost lease settles nothing, and the lane does not move on for it."""
    await store.enqueue([message(lane="v"), message(lane="v")])
    (first,) = await take(store)
    kit.clock.pass_(6)
    assert await store.release_expired() == 1
    turned = await store.settle_and_claim([kit.done(first)], [ClaimRequest("sivic", 10)])
    assert [one.claimed for one in turned.refused] == [first]
    assert [one.envelope.id for one in turned.claimed["sivic"]] == [first.envelope.id]


async def test_a_turn_leaves_a_gate_to_a_claim(store: Store, kit: Bench) -> None:
    """Where the breaker limits something, or a rate does, a turn settles only; nothing is claimed past the gate."""
    sent = [message() for _ in range(6)]
    await store.enqueue(sent)
    claims = await take(store, 3)
    ill = [
        failed(one, UnreachableError("s.absent", "Absent"), kit.clock.now, kit.clock.now, policy=Policy(), jitter=0.0)
        for one in claims
    ]
    assert (await store.settle_and_claim(ill, [ClaimRequest("sivic", 10)])).claimed == {}
    assert await take(store) == []
    kit.clock.pass_(5)
    (probe,) = await take(store)
    assert (await store.settle_and_claim([kit.done(probe)], [ClaimRequest("sivic", 9, rate=1.0)])).claimed == {}
