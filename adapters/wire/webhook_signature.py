"""Proof that a notification comes from the gateway, whole and recent: HMAC-SHA256 over the time and the bytes sent.

    Passerelle-Timestamp: 1767225600                          seconds since 1970, UTC, new at every attempt
    Passerelle-Signature: v1=<64 hex digits>, v1=<64 hex digits>   one per secret in use

What is signed is `<timestamp>.<body>`, the body as received, before any parsing. During a rotation the gateway signs with
the new secret and the old one, and the receiver accepts either; nobody has to change on the same minute as somebody else.

`verify_signature` is written for receivers: it imports the standard library only and may be copied into a portal as it is.
It refuses to say *which* secret matched, and compares in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMESTAMP_HEADER = "Passerelle-Timestamp"
SIGNATURE_HEADER = "Passerelle-Signature"
TOLERANCE = timedelta(minutes=5)
"""How far the two clocks may be apart, either way."""

SignatureFault = Literal["signature_missing", "signature_invalid", "timestamp_stale"]


class SignatureError(Exception):
    """The notification must not be believed; `code` is a code of the contract's `problem`."""

    def __init__(self, code: SignatureFault) -> None:
        super().__init__(code)
        self.code: SignatureFault = code


def _digest(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()


def sign(secrets: Sequence[str], at: datetime, body: bytes) -> dict[str, str]:
    """The two headers for this body, sent at this instant, signed with every secret in use."""
    timestamp = str(int(at.timestamp()))
    signatures = ", ".join(f"v1={_digest(secret, timestamp, body)}" for secret in secrets)
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signatures}


def verify_signature(  # noqa: PLR0913 - the two headers, the bytes, the secrets and the time
    signature: str | None,
    timestamp: str | None,
    body: bytes,
    secrets: Sequence[str],
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> None:
    """Return when the notification is authentic and fresh; raise `SignatureError` otherwise.

    `body` is the bytes as they came. Parts of another scheme than `v1` are ignored, so that a later one can be sent beside.
    """
    if not signature or not timestamp:
        raise SignatureError("signature_missing")
    offered = [value.strip()[3:] for value in signature.split(",") if value.strip().startswith("v1=")]
    # Letters outside ASCII would make compare_digest raise; more than twelve digits is no date of ours.
    well_formed = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12  # noqa: PLR2004 - see above
    if not well_formed or not offered or not signature.isascii():
        raise SignatureError("signature_invalid")
    expected = [_digest(secret, timestamp, body) for secret in secrets]
    # Every pair is compared, whatever matched before: the time taken says nothing of the secrets.
    matches = [hmac.compare_digest(left, right) for left in expected for right in offered]
    if not any(matches):
        raise SignatureError("signature_invalid")
    if abs(now.astimezone(UTC).timestamp() - int(timestamp)) > tolerance.total_seconds():
        raise SignatureError("timestamp_stale")
