"""The Destination port, proved over every adapter by one suite. See `neighbour.py` for what a builder gives."""

from __future__ import annotations

import importlib
import logging
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.neighbours import NEIGHBOURS, kind_of
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnreachableError
from outbox.message import ClaimedMessage, Envelope, Receipt
from outbox.ports import Repeater
from tests.contract.neighbour import ALL_FAULTS, ODD_RECEIPTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.wire.neighbour_kind import NeighbourKind
    from tests.contract.neighbour import Neighbour

BUILDERS = sorted(path.stem for path in (Path(__file__).parent / "destinations").glob("[a-z]*.py"))
MODES = ["Actual", "Exercise"]
NOT_DONE = ["refuse", "reset", "too_many", "soap_fault"]
SURELY_NOT = {"refuse", "too_many", "gone", "other mode", "other topic", "empty"}
"""Ends after which nothing had left, or the neighbour had refused in so many words."""
DONE_BUT_SILENT = ["lost_ack", "timeout_after_work"]


class Lane:
    """Delivers as the outbox does: attempts counted, the reference of the lane given back."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour
        self._references: dict[str, str | None] = {}
        self._attempts: dict[str, int] = {}

    async def deliver(self, envelope: Envelope) -> Receipt:
        """One attempt."""
        attempt = self._attempts[envelope.id] = self._attempts.get(envelope.id, 0) + 1
        claimed = ClaimedMessage(envelope, attempt, fence=attempt, reference=self._references.get(envelope.lane))
        receipt = await self._neighbour.destination.deliver(claimed)
        self._references[envelope.lane] = receipt.reference
        return receipt

    async def resend(self, envelope: Envelope, exact: bytes) -> Receipt:
        """One attempt with the bytes of another."""
        destination = self._neighbour.destination
        assert isinstance(destination, Repeater)
        reference = self._references.get(envelope.lane)
        receipt = await destination.resend(ClaimedMessage(envelope, 1, fence=1, reference=reference, exact=exact))
        self._references[envelope.lane] = receipt.reference
        return receipt

    async def fail(self, envelope: Envelope) -> DeliveryError:
        """One attempt that must not be taken."""
        with pytest.raises(DeliveryError) as raised:
            await self.deliver(envelope)
        return raised.value

    async def errors(self, envelope: Envelope) -> list[DeliveryError]:
        """What one attempt came to, where it may be taken."""
        try:
            await self.deliver(envelope)
        except DeliveryError as error:
            return [error]
        return []


@pytest.fixture(params=BUILDERS)
def builder(request: pytest.FixtureRequest) -> Any:
    """Every adapter in turn."""
    return importlib.import_module(f"tests.contract.destinations.{request.param}").build


@pytest.fixture
async def neighbour(builder: Any) -> AsyncIterator[Neighbour]:
    """A fresh real-mode neighbour."""
    async with builder("Actual") as built:
        yield built


def _kind(destination: str) -> NeighbourKind | None:
    """What the neighbour says of itself; None for one that is known by its files alone."""
    return NEIGHBOURS.get(kind_of(destination))


async def test_a_neighbour_is_what_it_says(builder: Any) -> None:
    """Topics, what can be asked of it, the identifiers that it gives: as in the value that routing, settings and sandbox read."""
    async with builder("Actual") as neighbour:
        kind = _kind(neighbour.destination.name)
        if kind is None:
            return
        assert {envelope.topic for envelope in neighbour.envelopes} <= kind.topics
        assert hasattr(neighbour.destination, "held") is kind.mirrors
        assert hasattr(neighbour.destination, "people") is kind.mirrors
        assert hasattr(neighbour.destination, "status") is kind.follows
        lane = Lane(neighbour)
        receipts = {envelope.topic: await lane.deliver(envelope) for envelope in neighbour.envelopes[:2]}
        if kind.keeps_events:
            assert "external_id" in receipts["event"].facts
        if kind.mirrors:
            held = await neighbour.destination.held(receipts["event"].facts["external_id"])
            assert {"UA", "UR", "IMP", "DCD", "NC"} <= set(held)
        if kind.gives:
            assert receipts["victim"].reference


def test_every_adapter_with_a_destination_has_a_builder() -> None:
    """No adapter escapes the suite: `adapters/lrm/soap/adapter.py` has `destinations/lrm_soap.py`."""
    adapters = Path(__file__).resolve().parents[2] / "adapters"
    found = {"_".join(path.parent.relative_to(adapters).parts) for path in adapters.glob("**/adapter.py")}
    assert set(BUILDERS) == found


@pytest.mark.parametrize("mode", MODES)
async def test_every_message_is_taken_once(builder: Any, mode: str) -> None:
    """Each envelope is taken, changes the neighbour, and leaves the bytes of both ways in its receipt."""
    async with builder(mode) as neighbour:
        lane = Lane(neighbour)
        for envelope in neighbour.envelopes:
            before = await neighbour.state()
            receipt = await lane.deliver(envelope)
            assert receipt.sent, envelope.topic
            assert receipt.answered, envelope.topic
            assert not receipt.duplicate, envelope.topic
            assert await neighbour.state() != before, envelope.topic


async def test_a_second_delivery_changes_nothing(neighbour: Neighbour) -> None:
    """The same envelope twice leaves the neighbour exactly as once, with the same reference."""
    lane = Lane(neighbour)
    for envelope in neighbour.envelopes:
        first = await lane.deliver(envelope)
        state = await neighbour.state()
        second = await lane.deliver(envelope)
        assert second.reference == first.reference, envelope.topic
        assert await neighbour.state() == state, envelope.topic


async def test_what_was_said_is_said_again_byte_for_byte(builder: Any) -> None:
    """The bytes of a first attempt, resent: they have the effect of that attempt, the same receipt, and a second time none."""
    async with builder("Actual") as calm:
        lane, first, states = Lane(calm), [], []
        for envelope in calm.envelopes:
            first.append(await lane.deliver(envelope))
            states.append(await calm.state())
    async with builder("Actual") as neighbour:
        assert isinstance(neighbour.destination, Repeater)
        lane = Lane(neighbour)
        for envelope, receipt, expected in zip(neighbour.envelopes, first, states, strict=True):
            for _ in range(2):
                again = await lane.resend(envelope, receipt.sent)
                assert again.sent == receipt.sent, envelope.topic
                assert again.facts == receipt.facts, envelope.topic
                assert again.reference == receipt.reference, envelope.topic
                assert await neighbour.state() == expected, envelope.topic


async def test_a_resending_refuses_what_a_delivery_does(builder: Any) -> None:
    """The other mode, before the wire; bytes that are no message of the contract are never taken for one."""
    async with builder("Actual") as neighbour:
        for envelope in neighbour.envelopes[:1]:
            before = await neighbour.state()
            with pytest.raises(PermanentDeliveryError) as refused:
                await Lane(neighbour).resend(replace(envelope, mode="Exercise"), b"<x/>")
            assert refused.value.cause.code == f"{neighbour.destination.name}.mode"
            with pytest.raises(DeliveryError):
                await Lane(neighbour).resend(envelope, b"<x/>")
            assert await neighbour.state() == before


async def test_exercise_never_meets_real(builder: Any) -> None:
    """An envelope of the other mode is refused for ever, before the wire."""
    for mode, other in (MODES, reversed(MODES)):
        async with builder(mode) as neighbour:
            for envelope in neighbour.envelopes:
                before = await neighbour.state()
                error = await Lane(neighbour).fail(replace(envelope, mode=other))
                assert isinstance(error, PermanentDeliveryError)
                assert error.cause.code == f"{neighbour.destination.name}.mode"
                assert error.sent == b""
                assert await neighbour.state() == before


async def test_a_mode_hidden_in_the_body_is_refused_too(builder: Any) -> None:
    """An envelope that says one mode while its document says the other is never taken."""
    async with builder("Actual") as neighbour:
        for envelope in neighbour.envelopes:
            before = await neighbour.state()
            error = await Lane(neighbour).fail(replace(envelope, body={**envelope.body, "mode": "Exercise"}))
            assert isinstance(error, PermanentDeliveryError), envelope.topic
            assert await neighbour.state() == before, envelope.topic


async def test_what_is_not_understood_is_parked(neighbour: Neighbour) -> None:
    """An unknown topic, or a body without its fields, is permanent: no repetition will mend it."""
    lane = Lane(neighbour)
    for envelope in neighbour.envelopes:
        before = await neighbour.state()
        unknown = await lane.fail(replace(envelope, topic="meteo"))
        assert isinstance(unknown, PermanentDeliveryError)
        assert unknown.cause.code == f"{neighbour.destination.name}.sujet"
        empty = await lane.fail(replace(envelope, body={}))
        assert isinstance(empty, PermanentDeliveryError), envelope.topic
        assert await neighbour.state() == before
        await lane.deliver(envelope)


@pytest.mark.parametrize("fault", NOT_DONE)
async def test_a_fault_before_the_work_is_transient(neighbour: Neighbour, fault: str) -> None:
    """Refused, cut or asked to wait: nothing was done, and the next attempt passes."""
    if fault not in neighbour.faults:
        pytest.skip(f"this wire has no {fault}")
    lane = Lane(neighbour)
    for envelope in neighbour.envelopes:
        before = await neighbour.state()
        await neighbour.script([{"fault": fault, "times": 1, "seconds": 7 if fault == "too_many" else 0}])
        error = await lane.fail(envelope)
        assert isinstance(error, TransientDeliveryError), envelope.topic
        assert error.retry_after == (7 if fault == "too_many" else None)
        assert await neighbour.state() == before, envelope.topic
        await lane.deliver(envelope)


@pytest.mark.parametrize("fault", DONE_BUT_SILENT)
async def test_a_lost_answer_is_made_up_by_the_next_attempt(builder: Any, fault: str) -> None:
    """The work was done and nobody said so: the second attempt passes, and the effect is that of one."""
    async with builder("Actual") as calm:
        lane, states = Lane(calm), []
        for envelope in calm.envelopes:
            await lane.deliver(envelope)
            states.append(await calm.state())
    async with builder("Actual") as neighbour:
        if fault not in neighbour.faults:
            pytest.skip(f"this wire has no {fault}")
        lane = Lane(neighbour)
        for envelope, expected in zip(neighbour.envelopes, states, strict=True):
            await neighbour.script([{"fault": fault, "times": 1}])
            error = await lane.fail(envelope)
            assert isinstance(error, TransientDeliveryError), envelope.topic
            assert not isinstance(error, UnreachableError), "it did land, so the attempt counts"
            assert await neighbour.state() == expected, envelope.topic
            await lane.deliver(envelope)
            assert await neighbour.state() == expected, envelope.topic


async def test_a_wrong_answer_is_never_a_receipt(neighbour: Neighbour) -> None:
    """A page of a captive portal with status 200 is not an acknowledgement."""
    lane = Lane(neighbour)
    for envelope in neighbour.envelopes:
        await neighbour.script([{"fault": "wrong_answer", "times": 1}])
        await lane.fail(envelope)
        await lane.deliver(envelope)


@pytest.mark.parametrize(
    "fault", ["none", *sorted(ALL_FAULTS | ODD_RECEIPTS), "gone", "other mode", "other topic", "empty"]
)
async def test_not_sent_is_said_only_of_what_the_neighbour_lacks(builder: Any, fault: str) -> None:
    """However a delivery ends: whatever the neighbour holds afterwards is either delivered or uncertain, never "not sent"."""
    async with builder("Actual") as calm:
        calmly, states = Lane(calm), []
        for envelope in calm.envelopes:
            await calmly.deliver(envelope)
            states.append(await calm.state())
    async with builder("Actual") as neighbour:
        if fault in ALL_FAULTS | ODD_RECEIPTS and fault not in neighbour.faults | _odd(neighbour):
            pytest.skip(f"this wire has no {fault}")
        lane, gone = Lane(neighbour), fault == "gone"
        for envelope, expected in zip(neighbour.envelopes, states, strict=True):
            before = await neighbour.state()
            if fault in ALL_FAULTS | ODD_RECEIPTS:
                await neighbour.script([{"fault": fault, "times": 1}])
            if gone:
                await neighbour.vanish()
            for error in await lane.errors(_spoilt(envelope, fault)):
                held = await neighbour.state() != before
                assert error.uncertain or not held, (envelope.topic, error.cause.code)
                assert not (error.uncertain and isinstance(error, UnreachableError)), envelope.topic
                assert not (error.uncertain and fault in SURELY_NOT), (envelope.topic, error.cause.code)
            if not gone:
                await lane.deliver(envelope)
                assert await neighbour.state() == expected, envelope.topic


@pytest.mark.parametrize("fault", sorted(ODD_RECEIPTS))
async def test_a_success_is_a_receipt_as_far_as_it_says(neighbour: Neighbour, fault: str) -> None:
    """A 202 without a body, a byte order mark, a multipart answer: taken. Only an event is asked for again, for its identifier."""
    if not _odd(neighbour):
        pytest.skip("this wire is not HTTP")
    lane = Lane(neighbour)
    for envelope in neighbour.envelopes:
        await neighbour.script([{"fault": fault, "times": 1}])
        for error in await lane.errors(envelope):
            assert (fault, envelope.topic, error.uncertain) == ("bare_ack", "event", True)
            await lane.deliver(envelope)


def _odd(neighbour: Neighbour) -> frozenset[str]:
    """The odd receipts that its wire can give: those of HTTP."""
    return ODD_RECEIPTS if "too_many" in neighbour.faults else frozenset()


def _spoilt(envelope: Envelope, how: str) -> Envelope:
    """The message, made impossible to take before it leaves."""
    match how:
        case "other mode":
            return replace(envelope, mode="Exercise")
        case "other topic":
            return replace(envelope, topic="meteo")
        case "empty":
            return replace(envelope, body={})
        case _:
            return envelope


async def test_a_neighbour_that_is_gone_costs_no_attempt(neighbour: Neighbour) -> None:
    """When nobody listens the error is UnreachableError, which the outbox does not count."""
    await neighbour.vanish()
    for envelope in neighbour.envelopes:
        assert isinstance(await Lane(neighbour).fail(envelope), UnreachableError), envelope.topic


async def test_no_error_and_no_log_names_a_patient(neighbour: Neighbour, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong, neither the error with its causes nor the log holds a personal value."""
    caplog.set_level(logging.DEBUG)
    assert all(any(value in str(envelope.body) for envelope in neighbour.envelopes) for value in neighbour.personal)
    lane = Lane(neighbour)
    said = []
    for envelope in neighbour.envelopes:
        for fault in sorted(neighbour.faults - {"latency", "timeout_after_work"}):
            await neighbour.script([{"fault": fault, "times": 1}])
            # Where no answer is agreed, words that are none are a receipt.
            said.extend([await lane.fail(envelope)] if fault != "garbled_ack" else await lane.errors(envelope))
        said.extend([await lane.fail(spoiled) for spoiled in _spoiled(envelope)])
        await lane.deliver(envelope)
    told = caplog.text + "".join(
        "".join(traceback.format_exception_only(link)) + repr(link) for error in said for link in _chain(error)
    )
    assert [value for value in neighbour.personal if value in told] == []


def _spoiled(envelope: Envelope) -> list[Envelope]:
    """The same message, three times made impossible to take."""
    return [replace(envelope, topic="meteo"), replace(envelope, body={}), replace(envelope, mode="Exercise")]


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error and what it hides."""
    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
