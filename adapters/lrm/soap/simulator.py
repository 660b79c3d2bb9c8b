"""The software of a CRRA, as product code: it holds requests, gives a dossier number, and its people move them on.

    GET  /soap/intervention?wsdl                   the contract, at this address
    POST /soap/intervention                        the contract's door
    POST /_sandbox/requests/{id}/advance           one step, or {"etat": "REFUSEE", "motif": "HORS_SECTEUR"}
    GET  /_sandbox/state                           every request; the other `/_sandbox` routes are those of every simulator

It refuses another mode, another CRRA, the same idDemande with another content, and a token that proves nothing.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any, Literal

from lxml import etree
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.lrm.soap.client import NAMESPACE, WSA, WSDL
from adapters.lrm.soap.faults import TITLES, FaultReason
from adapters.lrm.soap.requests import HeldRequest, HeldRequests, RequestError
from adapters.wire.simulated import FaultScript, control_routes, faulty
from adapters.wire.soap.server import Call, Contract, Element, SoapFault, soap_door, soap_fault_response
from adapters.wire.ws_security.username_token import SECURITY, Credentials, TokenError, TokenGate
from adapters.wire.ws_security.verify import SignatureGate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request

    from adapters.wire.ws_security.trust import SignatureTrust

_LOG = logging.getLogger(__name__)
_UNDERSTOOD = frozenset({SECURITY, *(f"{{{WSA}}}{name}" for name in ("Action", "MessageID", "To", "ReplyTo"))})


class Step(BaseModel):
    """What the people of the CRRA decide; nothing named means one step on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    etat: str | None = None
    motif: Literal["DOUBLON", "HORS_SECTEUR", "CONSEIL", "AUTRE"] | None = None


def _tree(element: Element) -> Any:  # noqa: ANN401 - a dict, or the text of a leaf
    if not len(element):
        return element.text or ""
    return {etree.QName(child).localname: _tree(child) for child in element}


def _detail(fault: SoapFault) -> Element:
    reason = FaultReason(fault.reason or FaultReason.INTERNAL)
    correlation = uuid.uuid4().hex
    _LOG.info("lrm.simulator.refused reason=%s correlation=%s", reason.value, correlation)
    detail = etree.Element(f"{{{NAMESPACE}}}DemandeFault", nsmap={"t": NAMESPACE})
    fields = [("code", reason.value), *(("champ", path[:255]) for path in fault.fields[:20])]
    fields += [("reessayable", "true" if reason.retryable else "false"), ("correlation", correlation)]
    for name, text in fields:
        etree.SubElement(detail, f"{{{NAMESPACE}}}{name}").text = text
    return detail


def _fault(reason: FaultReason, *fields: str) -> SoapFault:
    return SoapFault("Server" if reason.retryable else "Client", TITLES[reason], reason.value, fields)


def _accuse(operation: str, held: HeldRequest, mode: str, *, duplicate: bool) -> Element:
    response = etree.Element(f"{{{NAMESPACE}}}{operation}Response", nsmap={"t": NAMESPACE})
    accuse = etree.SubElement(response, f"{{{NAMESPACE}}}accuse")
    fields = {
        "idDemande": held.request,
        "idDossier": held.record,
        "mode": mode,
        "etat": held.state,
        "motifRefus": held.refusal,
        "recuLe": held.received_at.isoformat(),
        "etatLe": held.since.isoformat(),
        "doublon": "true" if duplicate else "false",
    }
    for name, text in fields.items():
        if text is not None:
            etree.SubElement(accuse, f"{{{NAMESPACE}}}{name}").text = text
    return response


class _Desk:
    """The three operations over what is held."""

    def __init__(
        self,
        held: HeldRequests,
        mode: str,
        clock: Callable[[], datetime],
        credentials: Credentials | None,
        signature: SignatureTrust | None,
    ) -> None:
        self._held = held
        self._mode = mode
        self._clock = clock
        self._gate = TokenGate(credentials) if credentials else None
        self._signatures = SignatureGate({"passerelle": signature}) if signature else None

    async def demander(self, call: Call) -> Element:
        """DemanderIntervention."""
        message_id = next((header.text for header in call.headers if header.tag == f"{{{WSA}}}MessageID"), None)
        return self._answer(
            "DemanderIntervention", call, lambda asked, now: self._held.take(asked["demande"], message_id, now)
        )

    async def consulter(self, call: Call) -> Element:
        """ConsulterDemande."""
        return self._answer(
            "ConsulterDemande", call, lambda asked, _: (self._held.find(asked["idDemande"], asked["mode"]), False)
        )

    async def annuler(self, call: Call) -> Element:
        """AnnulerDemande."""
        return self._answer(
            "AnnulerDemande",
            call,
            lambda asked, now: self._held.cancel(asked["annulation"]["idDemande"], asked["annulation"]["mode"], now),
        )

    def _answer(
        self, operation: str, call: Call, work: Callable[[dict[str, Any], datetime], tuple[HeldRequest, bool]]
    ) -> Element:
        now = self._clock()
        try:
            if self._gate:
                self._gate.check(call.headers, now)
            held, duplicate = work(_tree(self._believed(call, now)), now)
        except TokenError as error:
            raise _fault(FaultReason.STALE_TOKEN if error.stale else FaultReason.NOT_AUTHENTICATED) from error
        except RequestError as error:
            raise _fault(error.reason, *error.fields) from error
        return _accuse(operation, held, self._mode, duplicate=duplicate)

    def _believed(self, call: Call, now: datetime) -> Element:
        """The body, or what of it was signed where signatures are asked for."""
        if self._signatures is None:
            return call.body
        signed = self._signatures.read(call.body, now)
        self._signatures.take(signed, now)
        return signed.body


def _advance_door(held: HeldRequests, clock: Callable[[], datetime]) -> Callable[[Request], Any]:
    async def advance(request: Request) -> Response:
        body = await request.body()
        try:
            step = Step.model_validate_json(body) if body else Step()
        except ValidationError:
            return JSONResponse({"title": "Étape illisible : {etat, motif} attendus."}, 422)
        try:
            moved = held.advance(request.path_params["id"], clock(), step.etat, step.motif)
        except KeyError:
            return JSONResponse({"title": TITLES[FaultReason.UNKNOWN_REQUEST]}, 404)
        except ValueError as error:
            return JSONResponse({"title": f"Étape impossible : {error}."}, 409)
        return JSONResponse({"etat": moved.state, "dossier": moved.record, "motif_refus": moved.refusal})

    return advance


def create_simulator(
    mode: str,
    clock: Callable[[], datetime],
    *,
    crra: str | None = None,
    credentials: Credentials | None = None,
    signature: SignatureTrust | None = None,
) -> Starlette:
    """The software as an ASGI application. `crra`: its own code, other ones are refused; `credentials`, `signature`: the proofs it asks for."""
    held, script = HeldRequests(mode, crra), FaultScript()
    desk = _Desk(held, mode, clock, credentials, signature)
    door = soap_door(
        Contract(WSDL),
        {
            f"{{{NAMESPACE}}}DemanderIntervention": desk.demander,
            f"{{{NAMESPACE}}}ConsulterDemande": desk.consulter,
            f"{{{NAMESPACE}}}AnnulerDemande": desk.annuler,
        },
        _detail,
        _UNDERSTOOD,
    )

    def unavailable() -> Response:
        fault = _fault(FaultReason.UNAVAILABLE)
        return soap_fault_response(fault, _detail(fault))

    played = faulty(door, script, unavailable)
    app = Starlette(
        routes=[
            # Reading the contract spends no line of the script.
            Route("/soap/intervention", door, methods=["GET"]),
            Route("/soap/intervention", played, methods=["POST"]),
            Route("/_sandbox/requests/{id:path}/advance", _advance_door(held, clock), methods=["POST"]),
            *control_routes(held, script),
        ]
    )
    app.state.held = held
    return app
