"""The same notification for a platform that speaks FHIR: a message `etat-demande` with the Task, signed like any other webhook.

The states, the reference and a coded reason, nothing else: what may be told is restricted and mapped before it comes here. Refuses to take
for an acknowledgement an answer that is neither empty nor a message that says `ok`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adapters.portal.client import SHORTEST_SECRET
from adapters.portal.faults import not_the_portal, refused_by_portal, unknown_topic, unmapped
from adapters.wire.exchange import exchange
from adapters.wire.fhir.vocabulary import EVENT_STATE, MEDIA_TYPE, Resource, code_system
from adapters.wire.fhir.writing.answers import ENDPOINT, FollowedRequest, full_url, task
from adapters.wire.http import open_client, refuse_other_mode
from adapters.wire.webhook_signature import sign
from domain.intervention.status import REFUSALS, InterventionStatus
from mapping import MappingError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import httpx
    from pydantic import SecretStr

    import mapping
    from adapters.wire.link import Link
    from outbox.message import ClaimedMessage, Envelope

TOPIC = "intervention.status"
LATER = {"transient-error": 503, "fatal-error": 422}
"""What a response message says, as the HTTP status that means the same."""


class FhirPlatformAdapter:
    """Tells one platform, at its `$process-message`."""

    name = "platform"

    def __init__(
        self,
        link: Link,
        secrets: Sequence[SecretStr],
        mappings: Mapping[str, mapping.Mapping],
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """`secrets` with the newest first, all of them signed with."""
        self._secrets = [secret.get_secret_value() for secret in secrets]
        if not self._secrets or min(map(len, self._secrets)) < SHORTEST_SECRET:
            raise ValueError(f"plateforme : il faut un secret partagé de {SHORTEST_SECRET} caractères ou plus")
        self._link, self._mappings, self._clock = link, mappings, clock
        self._http = open_client(link, transport)

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Post the message of one envelope; its id is the idempotency key, and the Bundle's identifier."""
        refuse_other_mode(claimed, self._link, self.name)
        envelope = claimed.envelope
        if envelope.topic != TOPIC or TOPIC not in self._mappings:
            raise unknown_topic(envelope.topic)
        try:
            document = self._mappings[TOPIC].apply(envelope.body)
        except MappingError as error:
            raise unmapped(error.path, error.reason) from error
        body = orjson.dumps(state_message(envelope, document, self._link.url))
        return Receipt(sent=body, answered=await self._post(envelope.id, body))

    async def _post(self, identifier: str, body: bytes) -> bytes:
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Accept": MEDIA_TYPE,
            "Idempotency-Key": identifier,
            **sign(self._secrets, self._clock(), body),
        }
        answer = await exchange(self._http, "portal", "POST", self._link.url, content=body, headers=headers)
        code = response_code(answer.body)
        status = answer.status if not answer.is_success else LATER.get(code or "", answer.status)
        if not answer.is_success or code in LATER:
            wait = answer.wait(self._clock())
            raise refused_by_portal(status, None, [], retry_after=wait, sent=body, answered=answer.answered)
        if code != "ok" and not answer.is_receipt:
            raise not_the_portal(body, answer.answered)
        return answer.answered

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()


def state_message(envelope: Envelope, document: Mapping[str, Any], endpoint: str) -> Resource:
    """The message of one notification: the same bytes at every attempt."""
    reason = document.get("reason")
    followed = FollowedRequest(
        id=document["id"],
        request_id=document["request_id"],
        reference=document["reference"],
        status=InterventionStatus(document["status"]),
        version=document["version"],
        received_at=document["since"],
        since=document["since"],
        mode=envelope.mode,
        reason=" ".join(part for part in (reason, document.get("instruction")) if part) or None,
        reason_code=next((code for code, text in REFUSALS.items() if text == reason), None),
        case_id=document.get("case_id"),
        crra=document.get("crra"),
    )
    # When the request was made is not told here: a Task says nothing that it does not know.
    state = {name: value for name, value in task(followed).items() if name != "authoredOn"}
    header, task_url = full_url(envelope.id, "header"), full_url(envelope.id, "task")
    head: Resource = {
        "resourceType": "MessageHeader",
        "id": header.rpartition(":")[2],
        "eventCoding": {"system": code_system("evenements"), "code": EVENT_STATE},
        "destination": [{"endpoint": endpoint}],
        "source": {"name": "Passerelle", "software": "Passerelle", "endpoint": ENDPOINT},
        "focus": [{"reference": task_url}],
    }
    return {
        "resourceType": "Bundle",
        "type": "message",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": full_url(envelope.id)},
        "timestamp": envelope.created_at.isoformat(timespec="milliseconds"),
        "entry": [{"fullUrl": header, "resource": head}, {"fullUrl": task_url, "resource": state}],
    }


def response_code(answered: bytes) -> str | None:
    """What a response message says of ours; None when it is none."""
    try:
        document = orjson.loads(answered) if answered else None
        resources = [entry["resource"] for entry in document["entry"]] if document else []
        heads = [resource for resource in resources if resource["resourceType"] == "MessageHeader"]
        return str(heads[0]["response"]["code"]) if heads else None
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None
