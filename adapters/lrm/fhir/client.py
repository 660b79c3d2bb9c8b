"""Speaks FHIR with a CRRA's software: `$process-message`, a response message read, a Task searched. Knows nothing of patients.

Refuses an answer that speaks of another message, another request or another mode than what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adapters.lrm.fhir.faults import NAME, not_ours, other_answer, refused_by_lrm, refuses, unreadable
from adapters.wire.exchange import exchange
from adapters.wire.fhir.vocabulary import ACT_REASON, BASE, MEDIA_TYPE, Resource, codes
from adapters.wire.http import open_client, refused
from domain.intervention.status import InterventionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import httpx

    from adapters.wire.exchange import Reply
    from adapters.wire.link import Link

REQUESTS = f"{BASE}/id/demande"
"""The system of our references, as the mapping file writes it."""
_SPOKEN = frozenset({"Bundle", "OperationOutcome", "Task"})
"""What an answer to a message may be; the last two alone where a software answers without a message of its own."""
NOTHING_SAID: dict[str, Any] = {"etat": None, "etat_le": None, "dossier": None, "motif_refus": None}
"""The facts of a receipt that says only that the message was taken."""


@dataclass(frozen=True, slots=True)
class LrmTaskAnswer:
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

    async def process(self, bundle: Resource, request: str) -> LrmTaskAnswer:
        """Hand over a message; safe to repeat, Bundle.identifier is the key."""
        return await self._handed_over(orjson.dumps(bundle), bundle["entry"][0]["resource"]["id"], request)

    async def repeat(self, sent: bytes, request: str) -> LrmTaskAnswer:
        """Hand over once more the very bytes of an earlier call."""
        bundle = _parsed(sent) or {}
        head = next(_of_type(bundle, "MessageHeader"), None)
        if head is None:
            raise not_ours()
        return await self._handed_over(sent, head["id"], request)

    async def _handed_over(self, sent: bytes, header: str, request: str) -> LrmTaskAnswer:
        reply = await self._ask("POST", "/$process-message", sent)
        document = _parsed(reply.body)
        if document is None or document.get("resourceType") not in _SPOKEN:
            if reply.is_receipt:
                return LrmTaskAnswer(NOTHING_SAID, duplicate=False, sent=sent, answered=reply.answered)
            raise unreadable(sent, reply.answered)
        outcome = _first(document, "OperationOutcome") or {}
        task = _first(document, "Task")
        head = _first(document, "MessageHeader")
        if head is not None:
            self._agrees(head, header, outcome, reply)
        elif outcome and refuses(outcome):
            raise refused_by_lrm(outcome, 422, retry_after=None, sent=sent, answered=reply.answered)
        elif not outcome and task is None:
            raise unreadable(sent, reply.answered)
        facts = NOTHING_SAID if task is None else self._facts(task, request, sent, reply.answered)
        return LrmTaskAnswer(facts, "DOUBLON" in _reasons(outcome), sent, reply.answered)

    def _agrees(self, head: Resource, header: str, outcome: Resource, reply: Reply) -> None:
        """Whether the response message says `ok` to ours; raises what it says instead."""
        response = head.get("response")
        code = _inside(response, "code")
        if code in {"transient-error", "fatal-error"}:
            status = 503 if code == "transient-error" else 422
            raise refused_by_lrm(outcome, status, retry_after=None, sent=reply.sent, answered=reply.answered)
        if code != "ok":
            raise unreadable(reply.sent, reply.answered)
        if _inside(response, "identifier") != header:
            raise other_answer("MessageHeader.response.identifier", reply.sent, reply.answered)

    async def follow(self, request: str) -> dict[str, Any]:
        """Where the request is now."""
        reply = await self._ask("GET", "/Task", b"", {"focus:identifier": f"{REQUESTS}|{request}"})
        document = _parsed(reply.body)
        if document is None or document.get("resourceType") != "Bundle":
            raise unreadable(b"", reply.answered)
        task = _first(document, "Task")
        if task is None:
            raise refused(404, NAME, answered=reply.answered)
        return self._facts(task, request, b"", reply.answered)

    async def _ask(self, method: str, path: str, sent: bytes, query: dict[str, str] | None = None) -> Reply:
        """One exchange that the CRRA's software did not refuse by its status."""
        headers = {"Accept": MEDIA_TYPE, **({"Content-Type": MEDIA_TYPE} if sent else {})}
        reply = await exchange(self._http, NAME, method, path, content=sent, params=query, headers=headers)
        if reply.is_success:
            return reply
        document, now = _parsed(reply.body), self._clock()
        if document is not None and document.get("resourceType") == "OperationOutcome":
            raise refused_by_lrm(
                document, reply.status, retry_after=reply.wait(now), sent=sent, answered=reply.answered
            )
        raise reply.refusal(NAME, now)

    def _facts(self, task: Resource, request: str, sent: bytes, answered: bytes) -> dict[str, Any]:
        """What a Task says, in the words that the house hears. Raises where it is of another request or mode."""
        if _inside(task, "focus", "identifier", "value") != request:
            raise other_answer("Task.focus", sent, answered)
        labels = _inside(task, "meta", "security")
        exercise = "HTEST" in codes([{"coding": labels}], ACT_REASON) if isinstance(labels, list) else False
        if exercise != (self._link.mode == "Exercise"):
            raise other_answer("Task.meta.security", sent, answered)
        concept = task.get("businessStatus")
        business_code = (
            next((code for code in codes([concept]) if code in set(InterventionStatus)), None)
            if isinstance(concept, dict)
            else None
        )
        return {
            "etat": business_code or _by_status(task.get("status")),
            "etat_le": task.get("lastModified") or self._clock().isoformat(),
            "dossier": _inside(task, "groupIdentifier", "value"),
            "motif_refus": _refusal(task),
        }

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()


def _by_status(status: object) -> str:
    """A Task of another maker, without our businessStatus: the first state that has this status."""
    return next((known.value for known in InterventionStatus if known.task_status == status), "TRANSMISE")


def _refusal(task: Resource) -> str | None:
    """The code of a refusal: a sentence of theirs is not ours to pass on."""
    reason = task.get("statusReason")
    if task.get("status") != "rejected":
        return None
    return next(iter(codes([reason])), "AUTRE") if isinstance(reason, dict) else "AUTRE"


def _first(document: Resource, kind: str) -> Resource | None:
    """The first resource of a type in a Bundle, or the document itself."""
    return document if document.get("resourceType") == kind else next(_of_type(document, kind), None)


def _of_type(bundle: Resource, kind: str) -> Iterator[Resource]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == kind:
            yield resource


def _reasons(outcome: Resource) -> list[str]:
    issues = outcome.get("issue")
    details = (
        issue.get("details") for issue in (issues if isinstance(issues, list) else ()) if isinstance(issue, dict)
    )
    return codes([detail for detail in details if isinstance(detail, dict)])


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
