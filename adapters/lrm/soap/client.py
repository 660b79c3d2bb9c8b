"""Speaks the contract of a CRRA's software: three operations, an acknowledgement read. Knows nothing of requesters or patients.

Refuses an acknowledgement that speaks of another request or another mode than what was asked.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.lrm.soap.faults import other_answer, refused_by_lrm
from adapters.wire.http import open_client
from adapters.wire.soap.client import ClientContract, FaultAnswerError, SoapClient, load_contract
from adapters.wire.ws_security.username_token import Credentials, username_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    import httpx
    from lxml.etree import _Element as Element

    from adapters.wire.link import Link
    from adapters.wire.soap.client import Answer
    from adapters.wire.ws_security.sign import Signer

NAMESPACE = "urn:passerelle:samu:intervention:1"
WSA = "http://www.w3.org/2005/08/addressing"
WSDL = Path(__file__).parent / "contract" / "intervention-v1.wsdl"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LrmAcknowledgement:
    """What the CRRA's software says of one request."""

    request: str
    record: str | None
    """Its idDossier: the reference to read on the telephone."""
    state: str | None
    """None where only the status says that the message was taken."""
    refusal: str | None
    since: datetime | None
    duplicate: bool
    sent: bytes
    answered: bytes


@cache
def _contract() -> ClientContract:
    return load_contract(WSDL)


def message_id(identifier: str) -> str:
    """The wsa:MessageID of a message: an absolute IRI, the same at every attempt."""
    return f"urn:uuid:{identifier}" if _UUID.fullmatch(identifier) else f"urn:passerelle:message:{identifier}"


class LrmClient:
    """One CRRA's software."""

    def __init__(
        self,
        link: Link,
        clock: Callable[[], datetime],
        credentials: Credentials | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        signer: Signer | None = None,
    ) -> None:
        self._link = link
        self._clock = clock
        self._credentials = credentials
        self._http = open_client(link, transport)
        self._soap = SoapClient(_contract(), self._http, "lrm", clock, signer)
        self._ages = credentials is not None or signer is not None

    async def request(self, identifier: str, demande: Mapping[str, Any]) -> LrmAcknowledgement:
        """DemanderIntervention; safe to repeat, idDemande is the key."""
        return await self._call("DemanderIntervention", identifier, {"demande": demande}, demande.get("idDemande"))

    async def cancel(self, identifier: str, annulation: Mapping[str, Any]) -> LrmAcknowledgement:
        """AnnulerDemande; safe to repeat."""
        tree = {"annulation": annulation}
        return await self._call("AnnulerDemande", identifier, tree, annulation.get("idDemande"))

    async def repeat(self, identifier: str, body: bytes) -> LrmAcknowledgement:
        """What was sent before, once more; what ages in its headers is made anew, its body is not."""
        before = self._soap.again(body)
        request = next(iter(before.tree.values()))["idDemande"]
        headers = self._headers(before.operation, identifier) if self._ages else None
        return self._acknowledged(await self._answered(self._soap.repeat(before, headers)), request)

    async def consult(self, request: str) -> LrmAcknowledgement:
        """ConsulterDemande: where the request is now."""
        tree = {"idDemande": request, "mode": self._link.mode}
        return await self._call("ConsulterDemande", secrets.token_hex(16), tree, request)

    async def _call(
        self, operation: str, identifier: str, tree: Mapping[str, Any], request: object
    ) -> LrmAcknowledgement:
        asked = self._soap.call(operation, tree, self._headers(operation, identifier))
        return self._acknowledged(await self._answered(asked), request)

    async def _answered(self, asked: Awaitable[Answer]) -> Answer:
        try:
            return await asked
        except FaultAnswerError as fault:
            raise refused_by_lrm(fault) from fault

    def _acknowledged(self, answer: Answer, request: object) -> LrmAcknowledgement:
        if not answer.tree:
            return LrmAcknowledgement(
                str(request), None, None, None, None, duplicate=False, sent=answer.sent, answered=answer.answered
            )
        accuse = answer.tree["accuse"]
        if accuse["idDemande"] != request:
            raise other_answer("accuse.idDemande", answer.sent, answer.answered)
        if accuse["mode"] != self._link.mode:
            raise other_answer("accuse.mode", answer.sent, answer.answered)
        return LrmAcknowledgement(
            request=accuse["idDemande"],
            record=accuse.get("idDossier"),
            state=accuse["etat"],
            refusal=accuse.get("motifRefus"),
            since=accuse["etatLe"],
            duplicate=accuse["doublon"],
            sent=answer.sent,
            answered=answer.answered,
        )

    def _headers(self, operation: str, identifier: str) -> list[Element]:
        headers = []
        for name, text in (("Action", f"{NAMESPACE}:{operation}"), ("MessageID", message_id(identifier))):
            header = etree.Element(f"{{{WSA}}}{name}", nsmap={"wsa": WSA})
            header.text = text
            headers.append(header)
        if self._credentials:
            headers.append(username_token(self._credentials, self._clock(), secrets.token_bytes(16)))
        return headers

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._http.aclose()
