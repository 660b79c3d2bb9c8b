"""What a receiver may believe."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureError, sign, verify_signature

NOW = datetime(2026, 1, 1, 7, tzinfo=UTC)
BODY = b'{"version":"1"}'


def refusal(signature: str | None, timestamp: str | None, *, body: bytes = BODY, now: datetime = NOW) -> str | None:
    """The code of the refusal, or None when the notification is believed."""
    try:
        verify_signature(signature, timestamp, body, ["secret-essai"], now=now)
    except SignatureError as error:
        return error.code
    return None


def test_the_signature_is_the_one_a_portal_computes_by_hand() -> None:
    """The header is v1= and the HMAC-SHA256 of the seconds, a dot and the body."""
    expected = hmac.new(b"secret-essai", b"1767250800." + BODY, hashlib.sha256).hexdigest()
    assert sign(["secret-essai"], NOW, BODY) == {
        TIMESTAMP_HEADER: "1767250800",
        SIGNATURE_HEADER: f"v1={expected}",
    }


def test_two_secrets_give_two_signatures_and_either_is_enough() -> None:
    """During a rotation a receiver that knows only one of the two secrets believes us."""
    headers = sign(["nouveau-secret", "secret-essai"], NOW, BODY)
    assert headers[SIGNATURE_HEADER].count("v1=") == 2
    assert refusal(headers[SIGNATURE_HEADER], headers[TIMESTAMP_HEADER]) is None


@pytest.mark.parametrize(
    ("signature", "timestamp", "code"),
    [
        (None, "1767250800", "signature_missing"),
        ("v1=00", None, "signature_missing"),
        ("", "1767250800", "signature_missing"),
        ("v1=00", "1767250800", "signature_invalid"),
        ("v2=00", "1767250800", "signature_invalid"),
        ("v1=é", "1767250800", "signature_invalid"),
        ("v1=00", "demain", "signature_invalid"),
        ("v1=00", "-1", "signature_invalid"),
        ("v1=00", "٣", "signature_invalid"),
        ("v1=00", "9" * 400, "signature_invalid"),
    ],
)
def test_headers_that_prove_nothing_are_refused(signature: str | None, timestamp: str | None, code: str) -> None:
    """Absent, foreign or malformed headers are refused with a code, never with a crash."""
    assert refusal(signature, timestamp) == code


@pytest.mark.parametrize(
    ("apart", "code"), [(300, None), (301, "timestamp_stale"), (-300, None), (-301, "timestamp_stale")]
)
def test_five_minutes_either_way(apart: int, code: str | None) -> None:
    """A replayed notification is refused after five minutes, and so is one from the future."""
    headers = sign(["secret-essai"], NOW, BODY)
    assert refusal(headers[SIGNATURE_HEADER], headers[TIMESTAMP_HEADER], now=NOW + timedelta(seconds=apart)) == code


def test_the_time_is_signed_too() -> None:
    """An old notification cannot be made fresh by changing its time."""
    headers = sign(["secret-essai"], NOW - timedelta(days=1), BODY)
    assert refusal(headers[SIGNATURE_HEADER], str(int(NOW.timestamp()))) == "signature_invalid"


@settings(deadline=None)
@given(body=st.binary(), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_bit_changed_is_seen(body: bytes, position: int, bit: int) -> None:
    """Any body passes as it was signed, and never with one bit changed."""
    headers = sign(["secret-essai"], NOW, body)
    signature, timestamp = headers[SIGNATURE_HEADER], headers[TIMESTAMP_HEADER]
    assert refusal(signature, timestamp, body=body) is None
    changed = bytearray(body or b"\0")
    changed[position % len(changed)] ^= 1 << bit
    assert refusal(signature, timestamp, body=bytes(changed)) == "signature_invalid"
