"""Canon documents of an invented event, and the adapter on its simulator."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from adapters.sinus import SinusAdapter, open_sinus
from adapters.sinus.simulator import create_simulator
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from mapping import shipped
from outbox.message import ClaimedMessage, Envelope, Kind

if TYPE_CHECKING:
    import httpx

    from outbox.message import Receipt

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
EVENT = "evt-essai-1"
SINUS_EVENT = "SINUS-2026-00001"
NUMBER = "FR825NOVI0000TR123123"
PERSONAL = ("TESTEZ-NOM", "TESTEZ-USUEL", "Essaïe", "1961-02-03")
MAPPINGS = {
    "event": "sinus/evenement@1",
    "victim": "sinus/victime@1",
    "identifier.detached": "sinus/detachement@1",
    "counts": "sinus/denombrement@1",
    "held": "sinus/denombrement-detenu@1",
}


def clock() -> datetime:
    """The instant of every test."""
    return NOW


def mappings() -> dict[str, Any]:
    """The shipped mapping of each topic."""
    catalogue = shipped()
    return {topic: catalogue.mapping(name) for topic, name in MAPPINGS.items()}


def opened(transport: httpx.AsyncBaseTransport, mode: str = "Actual", url: str = "http://sinus") -> SinusAdapter:
    """The adapter of a mode on a transport."""
    link = Link(url=url, mode=mode, read_timeout=0.3, connect_timeout=0.3)
    return open_sinus(link, mappings(), clock=clock, transport=transport)


def pair(mode: str = "Actual") -> tuple[SinusAdapter, InProcess]:
    """An adapter and its simulator, in process."""
    transport = InProcess(create_simulator(mode, clock))
    return opened(transport, mode), transport


def event(external_id: str | None = SINUS_EVENT, mode: str = "Actual", **changes: Any) -> dict[str, Any]:
    """An open event with two places."""
    return {
        "id": EVENT,
        "name": "Collision d’essai",
        "type": "ACEL",
        "mode": mode,
        "status": "open",
        "started_at": "2026-03-14T09:00:00+00:00",
        "ended_at": None,
        "localisations": [
            {"id": "loc-1", "name": "PMA nord", "letter": "A"},
            {"id": "loc-2", "name": "PRV sud", "letter": "B"},
        ],
        "link": {"action": "create", "external_id": external_id},
        **changes,
    }


def _about(mode: str, revision: int, external_id: str | None) -> dict[str, Any]:
    return {
        "mode": mode,
        "revision": revision,
        "happened_at": "2026-03-14T09:10:00+00:00",
        "recorded_at": "2026-03-14T09:10:02+00:00",
        "event": event(external_id, mode),
    }


def event_document(revision: int = 1, mode: str = "Actual", **changes: Any) -> dict[str, Any]:
    """Topic `event`."""
    return {**_about(mode, revision, None), "event": event(**{"external_id": None, "mode": mode, **changes})}


def victim_document(
    revision: int = 1, mode: str = "Actual", external_id: str | None = SINUS_EVENT, **changes: Any
) -> dict[str, Any]:
    """Topic `victim`, with everything that SINUS must not see as well."""
    victim = {
        "id": "vic-1",
        "portal_id": "P-1",
        "sinus_number": NUMBER,
        "sinus_number_hp": None,
        "cata_code": "A0001",
        "sivic_id": "FICHE-SECRETE",
        "lrm_id": "DOSSIER-SECRET",
        "severity": "UA",
        "severity_entry": "UA",
        "severity_exit": None,
        "triaged_at": "2026-03-14T09:09:00+00:00",
        "triaged_by": "medecin-secret",
        "status": "ATTENTE_SOINS",
        "status_at": "2026-03-14T09:09:00+00:00",
        "localisation": {"id": "loc-1", "name": "PMA nord", "letter": "A"},
        "patient_type": "adulte",
        "birth_name": "TESTEZ-NOM",
        "used_name": "TESTEZ-USUEL",
        "given_name": "Essaïe",
        "birth_date": "1961-02-03",
        "age": {"value": 65, "unit": "years"},
        "age_band": "adulte",
        "weight_kg": 71.5,
        "sex": "?",
        "nationality": "FRA",
        "nir": "161026912345678",
        "contact": "contact-secret",
        "contact_person": {"name": "PROCHE-SECRET", "relation": None, "phone": "+33600000000"},
        "particularity": "VIP",
        "comment": "commentaire-secret",
        "bilan": "bilan-secret",
        "orientation": "ETABLISSEMENT",
        "destination": {"finess": "690000001", "name": "Hôpital d’essai", "service": "service-secret"},
        "vector": "VLM",
        "evacuation_requested_at": None,
        "evacuated_at": None,
        "admitted_at": None,
        "deleted": False,
        **changes,
    }
    return {**_about(mode, revision, external_id), "victim": victim}


def detached_document(revision: int = 2, mode: str = "Actual", **changes: Any) -> dict[str, Any]:
    """Topic `identifier.detached`."""
    return {
        **_about(mode, revision, SINUS_EVENT),
        "victim_id": "vic-1",
        "sinus_number": NUMBER,
        "reason": "changed",
        **changes,
    }


def tally(ua: int = 0, ur: int = 0, imp: int = 0, dcd: int = 0, nc: int = 0, **more: Any) -> dict[str, Any]:
    """A line of a count that adds up."""
    total = ua + ur + imp + dcd + nc
    counts = {"UA": ua, "UR": ur, "IMP": imp, "DCD": dcd, "NC": nc}
    return {**counts, "total": total, "total_without_imp": total - imp, **more}


def counts_document(revision: int = 1, mode: str = "Actual", **changes: Any) -> dict[str, Any]:
    """Topic `counts`."""
    return {
        "mode": mode,
        "revision": revision,
        "counted_at": "2026-03-14T09:20:00+00:00",
        "source": "portal",
        "event": event(mode=mode),
        "totals": tally(ua=1, imp=2, nc=1),
        "by_localisation": [
            tally(ua=1, label="PMA nord", code="loc-1"),
            tally(imp=2, nc=1, label="Non localisé", code=None),
        ],
        "by_destination": [tally(ua=1, label="Hôpital d’essai", code="690000001")],
        "by_age_band": [tally(ua=1, imp=2, nc=1, label="adulte", code="adulte")],
        "by_nationality": [tally(ua=1, imp=2, nc=1, label="FRA", code="FRA")],
        **changes,
    }


def envelope(topic: str, body: dict[str, Any], id_: str = "") -> Envelope:
    """A message of the mode of its body."""
    lane = EVENT if topic in {"event", "counts"} else "vic-1"
    kind = Kind.COMMAND if topic == "identifier.detached" else Kind.STATE
    id_ = id_ or f"{topic}-{body['revision']}"
    return Envelope(id_, "sinus", lane, topic, kind, body["mode"], body, NOW)


def claimed(topic: str, body: dict[str, Any], id_: str = "") -> ClaimedMessage:
    """The first attempt of a message."""
    return ClaimedMessage(envelope(topic, body, id_), attempt=1, fence=1)


_ids = count(1)


async def tell(adapter: SinusAdapter, topic: str, body: dict[str, Any], id_: str = "") -> Receipt:
    """Deliver one message, of an id of its own unless given."""
    return await adapter.deliver(claimed(topic, body, id_ or f"m-{next(_ids)}"))


async def opened_event(mode: str = "Actual") -> tuple[SinusAdapter, InProcess]:
    """A neighbour that knows the event."""
    adapter, transport = pair(mode)
    await tell(adapter, "event", event_document(mode=mode))
    return adapter, transport


async def held(transport: InProcess) -> dict[str, Any]:
    """The event as SINUS holds it."""
    state = await transport.control("GET", "/_sandbox/state")
    event: dict[str, Any] = state["evenements"][SINUS_EVENT]
    return event
