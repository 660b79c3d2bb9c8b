"""The SOAP door of intervention requests, 1.1 and 1.2: `/soap/intervention?wsdl`. The same path as every other door, in XML.

    Authorization: Bearer <key>                          or
    wsse:UsernameToken, PasswordText: the key's name and the key itself   or
    wsse:UsernameToken, PasswordDigest: the key's name and the password agreed in the settings   or
    ds:Signature over Body and Timestamp, by a certificate agreed in the settings; what is read is then what was signed

Two proofs in one message must be of the same caller, and a signature that proves nothing is refused whatever else is there.
Every fault ends by what the nurse must do. WS-Addressing is echoed, kept for the audit and decides nothing; an answer goes nowhere but back.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from adapters.wire.soap.server import SOAP_11, SOAP_12, Call, Contract, Element, SoapFault, schema_fault, soap_door
from adapters.wire.ws_security.username_token import SECURITY, TokenError, read_token
from adapters.wire.ws_security.verify import is_signed
from domain.errors import RuleError
from domain.intervention.remarks import remark
from domain.intervention.request import CALL_15, CANCEL_CALL_15, REPLAYED_CALL_15, UNKNOWN_CALL_15
from gateway.doors.http.credentials import credentials
from gateway.doors.http.problems import ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.doors.interventions.soap_trees import (
    INSTRUCTIONS,
    accuse,
    asked,
    cancelled,
    consulted,
    element_of,
    fault_detail,
    readable,
)
from gateway.interventions.accept import cancel, submit
from gateway.interventions.reachability import instruction_now
from gateway.interventions.view import find
from gateway.security.admission import Load
from gateway.security.doorkeeper import AccessError
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from domain.remark import Remark
    from gateway.interventions.messages import Answer
    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.security.keys import Principal

log = logging.getLogger("gateway.doors")

NAMESPACE = "urn:passerelle:samu:intervention:1"
WSA = "http://www.w3.org/2005/08/addressing"
WSDL = Path(__file__).parent / "contract" / "intervention-v1.wsdl"
SCOPES = frozenset({Scope.PLATFORM})
UNDERSTOOD = frozenset(
    {SECURITY, *(f"{{{WSA}}}{name}" for name in ("Action", "MessageID", "To", "ReplyTo", "From", "FaultTo"))}
)
ONCE_ONLY = ("authorization", "content-type", "content-length", "soapaction")
REASONS = {
    "MESSAGE_DEJA_RECU": "CONFLIT",
    "cle_absente": "NON_AUTHENTIFIE",
    "cle_refusee": "NON_AUTHENTIFIE",
    "portee_insuffisante": "NON_AUTORISE",
    "mode": "MODE",
}
"""Our codes that have another name in the contract."""
IN_CONTRACT = frozenset(
    {"MODE", "DEMANDE_SANS_ID", "DEMANDE_INCONNUE", "DEMANDE_CLOSE", "SANS_LIEU_NI_TELEPHONE", "AUCUNE_ROUTE"}
)
SERVER_ERROR = 500


def soap_interventions(runtime: Runtime) -> Callable[[Request], Awaitable[Response]]:
    """The door."""
    desk = _Desk(runtime)
    operations = {
        f"{{{NAMESPACE}}}DemanderIntervention": desk.demander,
        f"{{{NAMESPACE}}}ConsulterDemande": desk.consulter,
        f"{{{NAMESPACE}}}AnnulerDemande": desk.annuler,
    }
    return soap_door(
        Contract(WSDL),
        operations,
        fault_detail,
        UNDERSTOOD,
        versions=(SOAP_11, SOAP_12),
        answering=_addressed,
        admit=desk.admit,
        tolerant=True,
        instruction=_instruction,
    )


def _instruction(operation: str, fault: SoapFault) -> str:
    """What the sender must do, by what was asked; a message that cannot be read may have been a request."""
    if any(words in fault.text for words in INSTRUCTIONS):
        return ""
    return {"ConsulterDemande": UNKNOWN_CALL_15, "AnnulerDemande": CANCEL_CALL_15}.get(operation, CALL_15)


class _Desk:
    """The three operations."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def admit(self, call: Call) -> Call:
        """The call as it may be believed, with its caller kept for the operation; before anything of it is judged."""
        try:
            _refuse_odd_headers(call)
            believed, caller = await self._proved(call)
        except TokenError as error:
            fault = SoapFault("Client", error.why, "JETON_PERIME" if error.stale else "NON_AUTHENTIFIE")
            raise fault.ending(REPLAYED_CALL_15 if error.replayed else "") from None
        except SoapFault:
            raise
        except Exception as error:  # noqa: BLE001 - nothing leaves a door but an answer
            raise _fault(error, call.operation) from None
        believed.request.state.caller = caller
        return believed

    async def demander(self, call: Call) -> Element:
        """DemanderIntervention."""
        return await self._answer(call, self._demander)

    async def consulter(self, call: Call) -> Element:
        """ConsulterDemande."""
        return await self._answer(call, self._consulter)

    async def annuler(self, call: Call) -> Element:
        """AnnulerDemande."""
        return await self._answer(call, self._annuler)

    async def _answer(self, call: Call, work: Callable[[Call, Principal], Awaitable[Element]]) -> Element:
        """The work; whatever goes wrong is a fault of the contract."""
        if call.defects and not readable(call.body):
            raise schema_fault(call.defects)
        try:
            async with self._runtime.admission.enter(Load.INTERVENTION):
                return await work(call, call.request.state.caller)
        except SoapFault:
            raise
        except Exception as error:  # noqa: BLE001 - nothing leaves a door but an answer
            raise _fault(error, call.operation) from None

    async def _proved(self, call: Call) -> tuple[Call, Principal]:
        """The call as it may be believed, and its caller."""
        runtime, gate = self._runtime, self._runtime.signature_gate
        if not is_signed(call.headers):
            caller = await self._who(call)
            if gate.requires(caller.name):
                raise TokenError(
                    stale=False, why="Les messages de cette plateforme sont signés (X.509), par convention."
                )
            return call, caller
        # Canonicalising five megabytes holds nobody else up.
        signed = await asyncio.to_thread(gate.read, call.body, runtime.clock())
        caller = await runtime.doorkeeper.let_in_proved(signed.holder, SCOPES)
        if read_token(call.headers) is not None or "authorization" in call.request.headers:
            other = await self._who(call)
            if other.name != caller.name:
                raise TokenError(stale=False, why="La signature et la clé ne sont pas du même appelant.")
        gate.take(signed, runtime.clock())
        return replace(call, body=signed.body), caller

    async def _who(self, call: Call) -> Principal:
        """A token in the message speaks before the header of the transport: it is what mustUnderstand asked us to obey."""
        keeper = self._runtime.doorkeeper
        token = read_token(call.headers)
        if token is None:
            return await keeper.let_in(credentials(call.request), SCOPES)
        if token.digested:
            name = self._runtime.token_gate.check(call.headers, self._runtime.clock())
            return await keeper.let_in_proved(name, SCOPES)
        return await keeper.let_in_key(token.username, token.password, SCOPES)

    async def _demander(self, call: Call, caller: Principal) -> Element:
        runtime = self._runtime
        request, now = asked(call.body, _beside(call)), runtime.clock()

        def work(register: Register) -> Answer:
            answer = submit(register, runtime.deployment, request, caller, now)
            _note(register, call, caller, answer, now)
            return answer

        answer = await runtime.write(work)
        return accuse("DemanderIntervention", answer, caller.mode)

    async def _annuler(self, call: Call, caller: Principal) -> Element:
        runtime = self._runtime
        cancellation, now = cancelled(call.body), runtime.clock()

        def work(register: Register) -> Answer:
            answer = cancel(register, runtime.deployment, cancellation, caller, now)
            _note(register, call, caller, answer, now)
            return answer

        answer = await runtime.write(work)
        return accuse("AnnulerDemande", answer, caller.mode)

    async def _consulter(self, call: Call, caller: Principal) -> Element:
        request_id = (call.body.findtext(f"{{{NAMESPACE}}}idDemande") or "").strip()

        def work(register: Register) -> Element:
            known = find(register, caller, request_id=request_id)
            return consulted(known, instruction_now(register, known))

        return await self._runtime.read(work)


def _beside(call: Call) -> tuple[Remark, ...]:
    """What is said of the message itself: a charset that was contradicted, and where it departs from the contract."""
    charset = [remark("CHARSET_CONTREDIT", "Content-Type", call.contradiction)] if call.contradiction else []
    beyond = [remark("HORS_CONTRAT", defect.path, defect.problem) for defect in call.defects]
    return (*charset, *beyond)


def _note(register: Register, call: Call, caller: Principal, answer: Answer, now: datetime) -> None:
    """Keep the wsa:MessageID of each message for the audit, a replay's own too: it decides nothing."""
    message_id = _block(call, "MessageID")
    if message_id:
        shown = message_id[:255] if message_id.isprintable() else ""
        facts = {"message_id": shown, "duplicate": answer.duplicate, "version": answer.version}
        register.audit.note(caller.name, f"soap.{call.operation}", answer.reference, now, facts)


def _fault(error: Exception, operation: str) -> SoapFault:
    """An error of ours as a fault of the contract."""
    problem = as_problem(error).problem
    known = problem.code in IN_CONTRACT or problem.code in REASONS
    reason = REASONS.get(problem.code, problem.code) if known else "ERREUR_INTERNE"
    fields = tuple(element_of(fault.field, operation) for fault in problem.faults)
    own = problem.status >= SERVER_ERROR or not isinstance(error, RuleError | ProblemError | AccessError)
    return SoapFault("Server" if own else "Client", problem.title, reason, fields)


def _refuse_odd_headers(call: Call) -> None:
    """What decides something and comes twice, or contradicts itself, decides nothing."""
    if any(len(call.request.headers.getlist(name)) > 1 for name in ONCE_ONLY):
        raise SoapFault("Client", "Un en-tête HTTP est présent deux fois.", "SCHEMA")
    if "xml" not in call.request.headers.get("content-type", "xml").lower():
        raise SoapFault(
            "Client", "Le format du corps n’est pas celui attendu : text/xml ou application/soap+xml.", "SCHEMA"
        )
    action = _block(call, "Action")
    if action and action != f"{NAMESPACE}:{call.operation}":
        raise SoapFault("Client", "wsa:Action et le corps du message ne nomment pas la même opération.", "SCHEMA")


def _block(call: Call, name: str) -> str:
    addressing = next((block for block in call.headers if block.tag == f"{{{WSA}}}{name}"), None)
    return (addressing.text or "").strip() if addressing is not None else ""


def _addressed(call: Call, answered: str) -> Sequence[Element]:
    """WS-Addressing, for whoever speaks it: which answer this is, and to what."""
    message_id = _block(call, "MessageID")
    if not message_id:
        return ()
    blocks = {
        "Action": f"{NAMESPACE}:{answered}",
        "MessageID": f"urn:uuid:{uuid.uuid4()}",
        "RelatesTo": message_id,
    }
    headers = []
    for name, text in blocks.items():
        header = etree.Element(f"{{{WSA}}}{name}", nsmap={"wsa": WSA})
        header.text = text
        headers.append(header)
    return headers
