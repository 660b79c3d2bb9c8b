"""What must be seen of the hub before anybody misses a message: our certificate nears its end, a perimeter is not joined.

The breaker tells of what could not be sent; this tells of what nobody tried to send, and of what cannot come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.certificates import days_left
from gateway.operations.alarms import end, sound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from adapters.lrm.hubsante.client import LinkState
    from gateway.register import Register

CERTIFICATE, UNREADABLE, PERIMETER = "certificate:hub", "certificate:hub:unreadable", "perimeter:"


@dataclass(frozen=True, slots=True)
class Health:
    """From when on something is wrong."""

    mode: str
    certificate_days: int
    silence: float

    def look(self, register: Register, certificate: Path | None, links: Iterable[LinkState], now: datetime) -> None:
        """Raise what should be raised, end what is over."""
        if certificate is not None:
            self._certificate(register, certificate, now)
        for link in links:
            lost = not link.connected and (now - link.since).total_seconds() >= self.silence
            facts = {"destination": "hub", "vhost": link.vhost, "since": link.since.isoformat()}
            if lost:
                facts |= {"cause_code": link.cause.code, "why": link.cause.title}
            self._tell(register, f"{PERIMETER}{link.vhost}", facts, now, wrong=lost)

    def _certificate(self, register: Register, path: Path, now: datetime) -> None:
        try:
            left = days_left(path, now)
        except (OSError, ValueError, IndexError):
            # Neither ended nor good: the alarm about its end stays as it is until the file can be read.
            self._tell(register, UNREADABLE, {"destination": "hub", "file": path.name}, now, wrong=True)
            return
        self._tell(register, UNREADABLE, {}, now, wrong=False)
        facts = {"destination": "hub", "days": round(left)}
        self._tell(register, CERTIFICATE, facts, now, wrong=left < self.certificate_days)

    def _tell(self, register: Register, name: str, facts: dict[str, Any], now: datetime, *, wrong: bool) -> None:
        if wrong:
            sound(register, name, facts, self.mode, now)
        else:
            end(register, name, self.mode, now)
