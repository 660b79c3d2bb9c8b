"""Payloads at rest: what holds a patient is written under AES-256-GCM when the deployment gives a key, and read whichever way it was written.

The first key seals, the others only open: a key is changed by putting a new one first and leaving the old one for as long as payloads are
kept. Indexes never look inside what is sealed. Refuses to hand out what no key opens.
"""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from outbox.database.sealing import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK: Final = b"\x00S1"
"""Before what is sealed. No JSON and no PDF begins so: what was written before there was a key is told apart."""
KEY_BYTES: Final = 32
_NONCE: Final = 12


class SealedError(UnreadableError):
    """A payload was sealed with a key that is not in the settings."""

    def __init__(self) -> None:
        super().__init__("aucune clé de store.seal_keys n’ouvre ce contenu")


def key_of(text: str) -> bytes:
    """A key, as the settings say it. Raises ValueError."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("une clé est faite de 32 octets en base64 : openssl rand -base64 32")
    return key


class AesSeal:
    """Seals with the first key and opens with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError for what is not a key."""
        self._ciphers = [AESGCM(key_of(key)) for key in keys]

    def seal(self, clear: bytes) -> bytes:
        """What goes into the column."""
        nonce = secrets.token_bytes(_NONCE)
        return MARK + nonce + self._ciphers[0].encrypt(nonce, clear, None)

    def open(self, sealed: bytes) -> bytes:
        """What was given to `seal`, or what was written before there was a key. Raises `SealedError`."""
        if not sealed.startswith(MARK):
            return sealed
        nonce, hidden = sealed[len(MARK) : len(MARK) + _NONCE], sealed[len(MARK) + _NONCE :]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, hidden, None)
            except InvalidTag:
                continue
        raise SealedError
