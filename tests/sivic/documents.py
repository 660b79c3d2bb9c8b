"""Canon documents and envelopes of invented persons, as SI-VIC may receive them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from outbox.message import ClaimedMessage, Envelope, Kind

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
TR_NUMBER = "FR825NOVI2026TR000001"

PERSONAL = (
    "ESSAI-NAISSANCE",
    "Zélie-Testée",
    "ESSAI-PROCHE",
    "+33699000001",
    "280019999999901",
)
"""The personal values of `victim_document`."""


def event(**changes: Any) -> dict[str, Any]:
    """An open event that SI-VIC should create."""
    return {
        "id": "evt-essai-1",
        "name": "Exercice imaginaire du pont",
        "type": "ACEL",
        "mode": "Actual",
        "status": "open",
        "started_at": "2026-11-22T08:00:00+00:00",
        "ended_at": None,
        "localisations": [{"id": "loc-1", "name": "PMA", "letter": "A"}],
        "link": {"action": "create", "external_id": None},
        **changes,
    }


def document(**changes: Any) -> dict[str, Any]:
    """What every topic has."""
    return {
        "mode": "Actual",
        "revision": 1,
        "happened_at": "2026-11-22T08:10:00+00:00",
        "recorded_at": "2026-11-22T08:10:01+00:00",
        "event": event(mode=changes.get("mode", "Actual")),
        **changes,
    }


def victim(**changes: Any) -> dict[str, Any]:
    """A braceleted woman on her way to hospital, as the allow-list of SI-VIC leaves her."""
    return {
        "id": "vic-essai-1",
        "sinus_number": TR_NUMBER,
        "sinus_number_hp": None,
        "sivic_id": None,
        "severity": "UA",
        "status": "PATIENT_EVACUE",
        "localisation": {"id": "loc-1", "name": "PMA", "letter": "A"},
        "birth_name": "ESSAI-NAISSANCE",
        "used_name": None,
        "given_name": "Zélie-Testée",
        "birth_date": "1980-01-15",
        "age": None,
        "sex": "F",
        "nationality": "FRA",
        "nir": "280019999999901",
        "contact_person": {"name": "ESSAI-PROCHE", "relation": "sœur", "phone": "+33699000001"},
        "destination": {"finess": "750100125", "name": "Hôpital imaginaire", "service": "SAUV"},
        "deleted": False,
        **changes,
    }


UNKNOWN_PERSON: dict[str, Any] = {
    "sinus_number": None,
    "birth_name": None,
    "given_name": None,
    "birth_date": None,
    "sex": None,
    "nationality": None,
    "nir": None,
    "contact_person": None,
    "destination": None,
    "localisation": None,
}
"""Nobody knows who this is, and no bracelet was put on."""


def victim_document(revision: int = 1, *, mode: str = "Actual", **changes: Any) -> dict[str, Any]:
    """Topic `victim`."""
    return document(mode=mode, revision=revision, victim=victim(**changes))


def detached_document(revision: int = 2, **changes: Any) -> dict[str, Any]:
    """Topic `identifier.detached`."""
    return document(
        revision=revision, **{"victim_id": "vic-essai-1", "sinus_number": TR_NUMBER, "reason": "emptied", **changes}
    )


def claimed(
    topic: str, body: dict[str, Any], *, id_: str = "msg-1", reference: str | None = None, attempt: int = 1
) -> ClaimedMessage:
    """An envelope under lease."""
    lane = body.get("victim", {}).get("id") or body.get("victim_id") or "evt-essai-1"
    envelope = Envelope(id_, "sivic", lane, topic, Kind.STATE, body.get("mode", "Actual"), body, NOW)
    return ClaimedMessage(envelope, attempt, fence=attempt, reference=reference)
