"""Speaks FHIR with a CRRA's software: `$process-message`, a response message read, a Task searched. Knows nothing of patients.

Refuses an answer that speaks of another message, another request or another mode than what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from adapters.lrm.fhir.faults import NAME, not_ours, other_answer, refused_by_lrm, unreadable
from adapters.wire.fhir.vocabulary import ACT_REASON, BASE, MEDIA_TYPE, Resource, codes
from adapters.wire.http import broken_link, open_client, refused, retry_after
from domain.intervention.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from adapters.wire.link import Link

REQUESTS = f"{BASE}/id/demande"
"""The system of our references, as the mapping file writes it."""
_OK = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """What the CRRA's software says of one message."""

    facts: dict[str, Any]
    duplicate: bool
    sent: bytes
    answered: bytes


class LrmFhirClient:
    """One CRRA's software."""

    def __init__(
        self, link: Link, clock: Callable[[], datetime], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._link = link
        self._clock = clock
        self._http = open_client(link, transport)

    async def process(self, bundle: Resource, request: str) -> Answered:
        """Hand over a message; safe to repeat, Bundle.identifier is the key."""
        return await self._handed_over(orjson.dumps(bundle), bundle["entry"][0]["resource"]["id"], request)

    async def repeat(self, sent: bytes, request: str) -> Answered:
        """Hand over once more the very bytes of an earlier call."""
        bundle = _parsed(sent) or {}
        head = next(_of_type(bundle, "MessageHeader"), None)
        if head is None:
            raise not_ours()
        return await self._handed_over(sent, head["id"], request)

    async def _handed_over(self, sent: bytes, header: str, request: str) -> Answered:
        document, answered = await self._ask("POST", "/$process-message", sent)
        head = next(_of_type(document, "MessageHeader"), {})
        response = head.get("response")
        code = _inside(response, "code")
        outcome = next(_of_type(document, "OperationOutcome"), {})
        if code in {"transient-error", "fatal-error"}:
            status = 503 if code == "transient-error" else 422
            raise refused_by_lrm(outcome, status, retry_after=None, sent=sent, answered=answered)
        if code != "ok":
            raise unreadable(sent, answered)
        if _inside(response, "identifier") != header:
            raise other_answer("MessageHeader.response.identifier", sent, answered)
        task = next(_of_type(document, "Task"), None)
        if task is None:
            raise unreadable(sent, answered)
        facts = self._facts(task, request, sent, answered)
        return Answered(facts, "DOUBLON" in _reasons(outcome), sent, answered)

    async def follow(self, request: str) -> dict[str, Any]:
        """Where the request is now."""
        document, answered = await self._ask("GET", "/Task", b"", {"focus:identifier": f"{REQUESTS}|{request}"})
        task = next(_of_type(document, "Task"), None)
        if task is None:
            raise refused(404, NAME, answered=answered)
        return self._facts(task, request, b"", answered)

    async def _ask(
        self, method: str, path: str, sent: bytes, query: dict[str, str] | None = None
    ) -> tuple[Resource, bytes]:
        headers = {"Accept": MEDIA_TYPE, **({"Content-Type": MEDIA_TYPE} if sent else {})}
        try:
            response = await self._http.request(method, path, content=sent or None, params=query, headers=headers)
        except httpx.HTTPError as error:
            # `from None`: the error of the library holds the request, hence the patient.
            raise broken_link(error, NAME, sent=sent) from None
        answered = response.content
        document = _parsed(answered)
        if response.status_code != _OK:
            wait = retry_after(response, self._clock())
            if document is not None and document.get("resourceType") == "OperationOutcome":
                raise refused_by_lrm(document, response.status_code, retry_after=wait, sent=sent, answered=answered)
            raise refused(response.status_code, NAME, retry_after=wait, sent=sent, answered=answered)
        if document is None or document.get("resourceType") != "Bundle":
            raise unreadable(sent, answered)
        return document, answered

    def _facts(self, task: Resource, request: str, sent: bytes, answered: bytes) -> dict[str, Any]:
        """What a Task says, in the words that the house hears. Raises where it is of another request or mode."""
        if _inside(task, "focus", "identifier", "value") != request:
            raise other_answer("Task.focus", sent, answered)
        labels = _inside(task, "meta", "security")
        exercise = "HTEST" in codes([{"coding": labels}], ACT_REASON) if isinstance(labels, list) else False
        if exercise != (self._link.mode == "Exercise"):
            raise other_answer("Task.meta.security", sent, answered)
        concept = task.get("businessStatus")
        said = (
            next((code for code in codes([concept]) if code in set(Status)), None)
            if isinstance(concept, dict)
            else None
        )
        return {
            "etat": said or _by_status(task.get("status")),
            "etat_le": task.get("lastModified") or self._clock().isoformat(),
            "dossier": _inside(task, "groupIdentifier", "value"),
            "motif_refus": _refusal(task),
        }

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()


def _by_status(status: object) -> str:
    """A Task of another maker, without our businessStatus: the first state that has this status."""
    return next((one.value for one in Status if one.task_status == status), "TRANSMISE")


def _refusal(task: Resource) -> str | None:
    """The code of a refusal: a sentence of theirs is not ours to pass on."""
    reason = task.get("statusReason")
    if task.get("status") != "rejected":
        return None
    return next(iter(codes([reason])), "AUTRE") if isinstance(reason, dict) else "AUTRE"


def _of_type(bundle: Resource, kind: str) -> Iterator[Resource]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == kind:
            yield resource


def _reasons(outcome: Resource) -> list[str]:
    issues = outcome.get("issue")
    details = (one.get("details") for one in (issues if isinstance(issues, list) else ()) if isinstance(one, dict))
    return codes([one for one in details if isinstance(one, dict)])


def _inside(holder: object, *path: str) -> Any:  # noqa: ANN401 - JSON as it comes
    for name in path:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def _parsed(raw: bytes) -> Resource | None:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None
