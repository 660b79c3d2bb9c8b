"""Envelopes in both forms, acknowledgements, errors, and what each error code makes happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.faults import EMITTED, MEANINGS, Code, HubError, Next, delivery_error, meaning, what_next
from adapters.lrm.hubsante.wire.dates import normal_date, read_date, write_date
from adapters.lrm.hubsante.wire.documents import read_xml
from adapters.lrm.hubsante.wire.envelope import (
    Envelope,
    EnvelopeError,
    Party,
    extracted_identifier,
    read_envelope,
    read_envelope_xml,
    read_parties,
    write_envelope,
    write_header,
)
from adapters.lrm.hubsante.wire.replies import Answerer, Step, acknowledge, read_error, read_reference, refuse
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from tests.hubsante.hub_messages import judge, message_of, models
from tests.shared_material import shared

NOW = datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
RECEIVED = Envelope(
    distribution_id="fr.health.samu400_0001",
    sender="fr.health.samu400",
    recipient="fr.health.samu330",
    sent_at=NOW.replace(microsecond=0),
    expires_at=NOW.replace(microsecond=0) + timedelta(days=1),
    status="Exercise",
    kind="Report",
)
THEM = Party("essai-fr.health.samu400", "editeur:essai-fr.health.samu400")
US = Party("passerelle-fr.health.samu330", "passerelle:passerelle-fr.health.samu330")


def _us(version: int) -> Answerer:
    return Answerer("fr.health.samu330", US, version)


@given(st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-3, minutes=-30)))))
@settings(deadline=None)
def test_a_date_is_read_back_to_the_second(moment: datetime) -> None:
    """Written with an offset, without fraction, and read as the same instant."""
    text = write_date(moment)
    assert text[-6] in "+-"
    assert "Z" not in text
    assert read_date(text) == moment.replace(microsecond=0)


@pytest.mark.parametrize(("given", "written"), [
    ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
    ("2026-03-01T10:00:00.123+01:00", "2026-03-01T10:00:00+01:00"),
    ("2026-03-01T10:00:00-00:00", "2026-03-01T10:00:00-00:00"),
    ("hier", "hier"),
])  # fmt: skip
def test_dates_take_the_form_of_the_hub(given: str, written: str) -> None:
    """Z and fractions come in and never go out; what is no date is left to the schema."""
    assert normal_date(given) == written


def test_a_date_without_offset_is_never_written() -> None:
    """A moment that does not say where it is is a fault of ours."""
    with pytest.raises(ValueError, match="décalage"):
        write_date(NOW.replace(tzinfo=None))


def test_an_envelope_is_read_from_both_forms() -> None:
    """JSON and XML give the same typed envelope."""
    tree = write_envelope(RECEIVED, {**write_header(RECEIVED, THEM, US), "reference": {"distributionID": "a_1"}})
    assert read_envelope(tree) == RECEIVED
    assert read_envelope_xml(read_xml(xml_bytes(to_xml(tree, models(3))))) == RECEIVED
    assert read_parties(tree) == (THEM, (US,))
    assert judge(3).judge_tree(tree).faults == ()


def test_an_official_xml_envelope_is_read() -> None:
    """The one of the examples, with its own addresses."""
    envelope = read_envelope_xml(read_xml(shared("examples/hub/rs-sr.xml").read_bytes()))
    assert (envelope.sender, envelope.recipient, envelope.scheme) == ("fr.health.samu330", "fr.health.samu400", "hubex")


@pytest.mark.parametrize("broken", [{}, {"descriptor": None}, {"descriptor": {"explicitAddress": []}}])
def test_an_envelope_without_its_fields_is_refused(broken: dict[str, Any]) -> None:
    """Nothing can be answered without sender, recipient and id."""
    with pytest.raises(EnvelopeError):
        read_envelope(broken)
    with pytest.raises(EnvelopeError):
        read_envelope_xml(read_xml(b"<a/>"))


def test_an_identifier_is_found_in_a_broken_body() -> None:
    """As the hub seeks it, in JSON and in XML; none when there is none."""
    assert extracted_identifier(b'{"distributionID" : "fr.health.samu330_1", ') == "fr.health.samu330_1"
    assert extracted_identifier(b"<distributionID>fr.health.samu330_2</dist") == "fr.health.samu330_2"
    assert extracted_identifier(b"{}") is None


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_acknowledgement_is_valid_in_every_model(version: int) -> None:
    """Kind Ack twice, status copied, addressed to the sender; the step only where the model has it."""
    tree = acknowledge(RECEIVED, THEM, _us(version), "fr.health.samu330_0009", NOW, step=Step.INTEGRATED)
    assert judge(version).judge_tree(tree).faults == ()
    assert judge(version).judge_tree(tree).flags == ()
    envelope = read_envelope(tree)
    assert (envelope.kind, envelope.status, envelope.recipient) == ("Ack", "Exercise", "fr.health.samu400")
    reference = read_reference(message_of(tree)["reference"])
    assert (reference.about, reference.refused) == (RECEIVED.distribution_id, False)
    assert reference.step is (Step.INTEGRATED if version == 3 else None)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_refusal_is_an_error_then_a_refused_acknowledgement(version: int) -> None:
    """Both valid; the second names the first."""
    error = refuse(
        RECEIVED, _us(version), "fr.health.samu330_0010", NOW, Code.WRONG_MESSAGE_SEQUENCE, "dossier inconnu"
    )
    assert judge(version).judge_tree(error).faults == ()
    assert read_error(message_of(error)["error"]) == HubError(
        702, "WRONG_MESSAGE_SEQUENCE", "dossier inconnu", RECEIVED.distribution_id
    )
    refused = acknowledge(
        RECEIVED, THEM, _us(version), "fr.health.samu330_0011", NOW, error_id="fr.health.samu330_0010"
    )
    assert judge(version).judge_tree(refused).faults == ()
    reference = read_reference(message_of(refused)["reference"])
    assert (reference.refused, reference.error_id) == (True, "fr.health.samu330_0010")
    assert reference.step is (Step.IN_ERROR if version == 3 else None)


@pytest.mark.parametrize("kind", ["Ack", "Error"])
def test_an_answer_is_never_answered(kind: str) -> None:
    """No acknowledgement of an acknowledgement, no error about an error."""
    answer = replace(RECEIVED, kind=kind)
    with pytest.raises(EnvelopeError):
        acknowledge(answer, THEM, _us(3), "fr.health.samu330_1", NOW)
    with pytest.raises(EnvelopeError):
        refuse(answer, _us(3), "fr.health.samu330_1", NOW, Code.UNKNOWN_SENDER, "")


def test_codes_of_the_hub_are_not_ours_to_emit() -> None:
    """A client emits 700 to 704, and nothing else."""
    assert sorted(EMITTED) == [700, 701, 702, 703, 704]
    with pytest.raises(ValueError, match="300"):
        refuse(RECEIVED, _us(3), "fr.health.samu330_1", NOW, Code.INVALID_MESSAGE, "")


def test_every_code_has_its_line() -> None:
    """The table is whole: fifteen codes, each with what happens next."""
    assert MEANINGS.keys() == set(Code)
    assert len(Code) == 15


@pytest.mark.parametrize(("code", "resent", "expected"), [
    (301, False, Next.AGAIN), (700, False, Next.AGAIN), (300, False, Next.PARK), (600, False, Next.PARK), (704, False, Next.PARK),
    (500, False, Next.PERSON), (501, False, Next.PERSON), (400, False, Next.PERSON), (701, False, Next.PERSON),
    (701, True, Next.DELIVERED), (702, False, Next.CREATE_FIRST), (702, True, Next.CREATE_FIRST), (404, False, Next.PERSON),
])  # fmt: skip
def test_each_code_says_what_happens_next(code: int, resent: bool, expected: Next) -> None:  # noqa: FBT001 - a column of the table
    """701 after a resend means it had arrived; 702 sends the case first; an unknown code is a person's."""
    assert what_next(code, resent=resent) is expected


@pytest.mark.parametrize("code", [*Code, 404])
def test_an_error_becomes_the_outboxs_word(code: int) -> None:
    """Transient, permanent or delivered; the free cause of the partner is never in it."""
    raised = delivery_error(HubError(code, "X", "Madame ESSAI Jeanne", "fr.health.samu330_1"))
    expected = TransientDeliveryError if what_next(code) in {Next.AGAIN, Next.CREATE_FIRST} else PermanentDeliveryError
    assert type(raised) is expected
    assert raised.cause.code == f"hub.{code}"
    assert "ESSAI" not in str(raised)
    assert meaning(code).text in str(raised)


def test_a_duplicate_after_a_resend_is_no_error() -> None:
    """701 for a message sent twice: the first one arrived."""
    assert delivery_error(HubError(701, "CASE_ALREADY_EXISTS", "", "a_1"), resent=True) is None
