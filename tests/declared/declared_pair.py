"""A clinic that no line of Python knows: three languages at three addresses, its simulator made of the same files."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapping
from adapters.declared import open_declared
from adapters.declared.agreement import Agreement
from adapters.declared.simulator import create_simulator
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from outbox.message import ClaimedMessage, Envelope, Kind

if TYPE_CHECKING:
    from outbox.message import Receipt

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
DEPLOYMENT = Path(__file__).parent / "deployment"
PERSONAL = ("ESSAI-USAGE", "Zélie-Testée")

AGREED = """
recipient = "clinique"
headers = { "X-Site" = "essai" }
taken = [208]

[basic]
username = "passerelle"
password = "mot-de-passe-essai"

[signature]
secrets = ["un-secret-invente-pour-essai"]
header = "X-Preuve"

[topics.event]
path = "/avis"
mapping = "clinique/avis@1"
answer = "declared/accuse@1"
refusal = "declared/accuse@1"

[topics.victim]
method = "PUT"
path = "/{event}/arrivees/{victim}"
media = "xml"
mapping = "clinique/arrivee@1"
answer = "clinique/recu@1"
refusal = "clinique/non@1"

[topics."victim.deleted"]
method = "DELETE"
path = "/{event}/arrivees/{victim}"
media = "xml"
mapping = "clinique/retrait@1"

[topics."identifier.detached"]
path = "/avis"
mapping = "clinique/numero@1"

[topics.counts]
path = "/comptes"
media = "soap"
action = "urn:comptes:1#Compter"
mapping = "clinique/compter@1"
answer = "clinique/compte@1"
refusal = "clinique/faute@1"
"""


@cache
def catalogue() -> mapping.Catalogue:
    """The shipped files and the clinic's."""
    return mapping.load_catalogue(mapping.SHIPPED, DEPLOYMENT)


def agreement(**changes: Any) -> Agreement:
    """What was agreed with the clinic."""
    return Agreement.model_validate({**tomllib.loads(AGREED), **changes})


def event_document(**changes: Any) -> dict[str, Any]:
    """Topic `event`, and the head of the others, as the clinic's allow-list leaves them."""
    return {
        "mode": "Actual",
        "revision": 1,
        "recorded_at": "2026-11-22T08:10:01+00:00",
        "event": {"id": "evt-essai-1", "name": "Exercice imaginaire du pont"},
        **changes,
    }


def victim_document(revision: int = 1, **changes: Any) -> dict[str, Any]:
    """Topic `victim`."""
    victim = {"id": "vic essai 1", "severity": "UA", "used_name": "ESSAI-USAGE", "deleted": False, **changes}
    return event_document(revision=revision, victim=victim)


def counts_document() -> dict[str, Any]:
    """Topic `counts`."""
    return event_document(counted_at="2026-11-22T08:10:01+00:00", totals={"total": 3})


def claimed(topic: str, body: dict[str, Any], id_: str = "msg-essai-1", mode: str = "Actual") -> ClaimedMessage:
    """An envelope under lease."""
    envelope = Envelope(
        id=id_,
        destination="clinique",
        lane=f"{topic.partition('.')[0]}:{id_}",
        topic=topic,
        kind=Kind.STATE,
        mode=mode,
        body={**body, "mode": mode},
        created_at=NOW,
    )
    return ClaimedMessage(envelope, attempt=1, fence=1)


class Pair:
    """The clinic, and the destination that tells it."""

    def __init__(self, mode: str = "Actual", sees: Agreement | None = None, says: Agreement | None = None) -> None:
        """`sees` is what the simulator thinks was agreed, `says` what we think."""
        link = Link(url="http://clinique.essai", mode=mode, read_timeout=0.3)
        agreed = says or agreement()
        before = "clinique."
        shapes = {use.removeprefix(before): catalogue().mapping(name) for use, name in agreed.uses("clinique").items()}
        self.app = create_simulator(lambda: NOW, link, sees or agreed, shapes)
        self.wire = InProcess(self.app)
        self.adapter = open_declared("clinique", link, agreed, shapes, self.wire, clock=lambda: NOW)

    async def say(self, topic: str, body: dict[str, Any], id_: str = "msg-essai-1") -> Receipt:
        """One delivery."""
        return await self.adapter.deliver(claimed(topic, body, id_))

    async def state(self) -> dict[str, Any]:
        """What the clinic took."""
        state: dict[str, Any] = await self.wire.control("GET", "/_sandbox/state")
        return state

    async def script(self, *faults: dict[str, Any]) -> None:
        """Append to the script of faults."""
        await self.wire.control("POST", "/_sandbox/faults", json=list(faults))
