"""SOAP 1.1 as a client: zeep reads the WSDL, lxml writes what zeep's types say, the house's HTTP client carries it.

zeep is the authority on the contract: operations, SOAPAction, address, and the order, names and types of every element come
from the WSDL that it loaded, once, from disk. It is not asked again at each call, where it walks every type anew. Measured on
1,500 announcements to the simulated SI-VIC in another process, 16 at once, two cores shared with it (three runs, lowest to highest):

                                                 calls/s      client CPU per call
    zeep's own call, requests, in threads        668 to 703   1.2 to 1.4 ms
    zeep create_message and reply, httpx         285 to 425   2.2 to 2.4 ms
    lxml by zeep's types, httpx                  265 to 557   1.8 to 2.2 ms
    lxml by zeep's types, urllib3 in threads     685 to 910   1.0 to 1.1 ms   what this client does with `ThreadedTransport`
    bytes made beforehand, httpx                 372 to 610   1.6 to 1.8 ms   the raw loop

Writing, checking and reading cost 0.08 ms of that; the rest is the carrier's (`adapters/wire/urllib3_transport.py`).

It refuses to send what its contract would not take, to take an answer that its contract does not describe, and to say
what a fault of the neighbour means: that is each adapter's `faults.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.wire.exchange import exchange
from adapters.wire.soap.server import SOAP, Element, SoapFault, open_envelope, parse, seal
from adapters.wire.soap.types import ClientContract, Misfit, Operation, load_contract
from outbox.errors import PermanentDeliveryError, TransientDeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import httpx

    from adapters.wire.exchange import Reply
    from adapters.wire.ws_security.sign import Signer
    from outbox.errors import DeliveryError

__all__ = ["Answer", "ClientContract", "FaultAnswerError", "SentEnvelope", "SoapClient", "load_contract"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the neighbour answered, as a tree whose leaves have the types of the XSD, and the bytes of both ways."""

    tree: dict[str, Any]
    """Empty where only the status says that the message was taken."""
    sent: bytes
    answered: bytes


@dataclass(frozen=True, slots=True)
class SentEnvelope:
    """What an earlier call sent, read back."""

    operation: str
    tree: dict[str, Any]
    body: Element
    sent: bytes


class FaultAnswerError(Exception):
    """The neighbour answered a soap:Fault. Its words stay out of `args`: they may quote what was sent."""

    def __init__(self, code: str, text: str, detail: dict[str, Any], evidence: tuple[bytes, bytes]) -> None:
        """`code` is SOAP's (`Client`, `Server`…); `detail` the tree of the contract's own element, empty when there is none."""
        super().__init__(code)
        self.code = code
        self.text = text
        self.detail = detail
        self.sent, self.answered = evidence
        self.retry_after: float | None = None


class SoapClient:
    """Calls the operations of one contract at one neighbour; used by any number of tasks at once."""

    def __init__(
        self,
        contract: ClientContract,
        http: httpx.AsyncClient,
        neighbour: str,
        clock: Callable[[], datetime],
        signer: Signer | None = None,
    ) -> None:
        """`http` comes from `adapters.wire.http.open_client`: the link says the host, the WSDL says the path."""
        self._signer = signer
        self._contract = contract
        self._http = http
        self._neighbour = neighbour
        self._clock = clock

    async def call(self, operation: str, tree: Mapping[str, Any], headers: Sequence[Element] = ()) -> Answer:
        """Send one request and read its answer; `FaultAnswerError` for a fault, a `DeliveryError` for all the rest."""
        known = self._contract.operations[operation]
        return await self._exchange(known, self._sealed(self._write(known, tree), headers))

    def again(self, envelope_bytes: bytes) -> SentEnvelope:
        """What a call of this contract sent before; a `PermanentDeliveryError` for anything else."""
        try:
            content = parse(envelope_bytes).find(f"{{{SOAP}}}Body/*")
        except SoapFault as fault:
            raise self._not_the_contract(fault.text) from None
        body = etree.Element("rien") if content is None else content
        for name, known in self._contract.operations.items():
            if known.request.tag == body.tag and not self._contract.published.check(body):
                return SentEnvelope(name, known.request.read(body), body, envelope_bytes)
        raise self._not_the_contract("aucune opération du contrat ne dit ce message")

    async def repeat(self, body: SentEnvelope, headers: Sequence[Element] | None = None) -> Answer:
        """Send it again: the very bytes, or, given headers that age (a token, a signature), the same body under new ones."""
        renewed = headers is not None or self._signer is not None
        sent = self._sealed(body.body, headers or ()) if renewed else body.sent
        return await self._exchange(self._contract.operations[body.operation], sent)

    def _sealed(self, body: Element, headers: Sequence[Element]) -> bytes:
        sent = seal(body, headers)
        return sent if self._signer is None else self._signer.sign(sent, self._clock())

    async def _exchange(self, known: Operation, sent: bytes) -> Answer:
        reply = await exchange(
            self._http,
            self._neighbour,
            "POST",
            self._contract.path,
            content=sent,
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{known.action}"'},
        )
        try:
            return Answer(self._read(known, reply), sent, reply.answered)
        except FaultAnswerError as fault:
            fault.retry_after = reply.wait(self._clock())
            raise

    def _write(self, operation: Operation, tree: Mapping[str, Any]) -> Element:
        """The body, in the order of the contract and valid against it."""
        try:
            body = operation.request.write(tree)
        except Misfit as misfit:
            raise self._not_the_contract(f"{misfit.path} : {misfit.problem}") from None
        if defects := self._contract.published.check(body):
            raise self._not_the_contract(" ; ".join(f"{defect.path} : {defect.problem}" for defect in defects[:5]))
        return body

    def _not_the_contract(self, detail: str) -> PermanentDeliveryError:
        title = "Le message ne suit pas le contrat du voisin : il n’est pas parti."
        return PermanentDeliveryError(f"{self._neighbour}.contrat", title, detail)

    def _read(self, operation: Operation, reply: Reply) -> dict[str, Any]:
        """The tree of the answer, whatever the status it came with; a status that says by itself that it was taken gives none."""
        try:
            _, body = open_envelope(reply.body)
        except SoapFault as fault:
            if reply.is_receipt:
                return {}
            raise self._unreadable(reply, fault.text) from None
        if body.tag == f"{{{SOAP}}}Fault":
            raise self._fault(operation, body, reply.sent, reply.answered)
        if not reply.is_success or body.tag != operation.answer.tag or self._contract.published.check(body):
            raise self._unreadable(reply, "ce n’est pas la réponse du contrat")
        return operation.answer.read(body)

    def _unreadable(self, reply: Reply, why: str) -> DeliveryError:
        """Nobody knows what was done with the message; its id on the wire makes a second sending harmless."""
        if not reply.is_success:
            return reply.refusal(self._neighbour, self._clock())
        return TransientDeliveryError(
            f"{self._neighbour}.reponse_illisible",
            "La réponse n’est pas celle du contrat : un intermédiaire a pu répondre à la place du voisin.",
            why,
            sent=reply.sent,
            answered=reply.answered,
            uncertain=True,
        )

    def _fault(self, operation: Operation, body: Element, sent: bytes, answered: bytes) -> FaultAnswerError:
        code = (body.findtext("faultcode") or "").strip().rpartition(":")[2]
        tree: dict[str, Any] = {}
        for detail in body.iterfind("detail/*"):
            known = operation.faults.get(str(detail.tag))
            if known and not self._contract.published.check(detail):
                tree = known.read(detail)
        return FaultAnswerError(code, body.findtext("faultstring") or "", tree, (sent, answered))
