"""SI-VIC itself, as product code: for sandboxes, demonstrations, tests, and people who write the real one's client.

    POST /sivic/v1          the contract's door; GET /sivic/v1?wsdl and ?xsd=sivic-v1.xsd publish it
    GET  /_sandbox/state    events, persons and counts; the other `/_sandbox` routes are those of every simulator

It reads XML with its own few lines, so that a mistake of our client is not made twice. The rules are in `held.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from adapters.sivic.faults import FaultCode
from adapters.sivic.national_base import HeldSivic, RefusedError
from adapters.sivic.poller import PATH
from adapters.wire.simulated import FaultScript, control_routes, faulty
from adapters.wire.simulated_news import SimulatedNews
from adapters.wire.soap.server import Call, Contract, Element, SoapFault, soap_door, soap_fault_response

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from adapters.wire.soap.server import Operation

NAMESPACE = "urn:passerelle:sivic:1"
WSDL = Path(__file__).parent / "contract" / "sivic-v1.wsdl"
MODES = {"Actual": "REEL", "Exercise": "EXERCICE"}

ANSWERS = {
    "person": ("idFiche", "etat", "doublon", "numeroSinusHp"),
    "event": ("idEvenement", "etat", "doublon"),
    "counts": ("idEvenement", "statut", "ua", "ur", "imp", "dcd", "nc", "total"),
    "people": ("idEvenement", "personne", "suite"),
}
"""The elements of each answer, in the order of the contract."""

HELD_PERSON = ("idFiche", "idPersonne", "version", "categorie", "numeroSinus", "finess")
"""The elements of one person of `ConsulterPersonnesReponse`, in the order of the contract."""

REFUSALS = {
    FaultCode.MODE: "Ce SI-VIC n’accepte pas ce mode.",
    FaultCode.CONFLIT: "Cet idMessage a déjà servi pour un autre contenu.",
    FaultCode.EVENEMENT_INCONNU: "Cet événement n’a été ni ouvert ni lié.",
    FaultCode.EVENEMENT_SIVIC_INCONNU: "Cet événement SI-VIC n’existe pas.",
    FaultCode.EVENEMENT_DEJA_LIE: "L’événement est lié ailleurs et des personnes y sont annoncées.",
    FaultCode.PERSONNE_INCONNUE: "Cette personne n’a pas été annoncée.",
    FaultCode.PERSONNE_AUTRE_EVENEMENT: "Cette personne est annoncée dans un autre événement.",
    FaultCode.NUMERO_PORTE_AILLEURS: "Une autre personne de l’événement porte ce numéro.",
}


def _read(element: Element) -> Any:  # noqa: ANN401 - a tree or a leaf
    """A valid element as nested dicts of texts; no element of a request repeats in this contract."""
    if len(element):
        return {etree.QName(child).localname: _read(child) for child in element}
    return (element.text or "").strip()


def _write(name: str, order: tuple[str, ...], values: dict[str, Any]) -> Element:
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"s": NAMESPACE})
    for key in order:
        for value in _several(values.get(key)):
            if isinstance(value, dict):
                element.append(_write(key, HELD_PERSON, value))
                continue
            etree.SubElement(element, f"{{{NAMESPACE}}}{key}").text = (
                str(value).lower() if isinstance(value, bool) else str(value)
            )
    return element


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - a leaf, a list of trees, or nothing
    return value if isinstance(value, list) else [] if value is None else [value]


def _detail(fault: SoapFault) -> Element:
    element = _write("FauteSivic", ("code",), {"code": fault.reason})
    for path in fault.fields:
        etree.SubElement(element, f"{{{NAMESPACE}}}champ").text = path
    return element


def _unavailable() -> Response:
    fault = SoapFault("Server", "SI-VIC est momentanément indisponible.", FaultCode.SERVICE_INDISPONIBLE)
    return soap_fault_response(fault, _detail(fault))


def _operation(kind: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> Operation:
    """An operation of the contract around one of the rules."""

    async def operation(call: Call) -> Element:
        try:
            values = work(_read(call.body))
        except RefusedError as refused:
            raise SoapFault("Client", REFUSALS[refused.code], refused.code, refused.fields) from None
        return _write(f"{etree.QName(call.body).localname}Reponse", ANSWERS[kind], values)

    return operation


class OwnFiche(BaseModel):
    """A person whom SI-VIC has before the portal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    idEvenement: str = Field(min_length=1, max_length=64, description="Identifiant SI-VIC.")  # noqa: N815 - the contract's word
    numeroSinus: str = Field(pattern=r"^[A-Z]{2}[0-9]{3}NOVI[0-9]{4}(TR|HP)[0-9]{6}$")  # noqa: N815 - same
    categorie: Literal["UA", "UR", "IMP", "DCD", "NC"] = "NC"


def _own_fiches(held: HeldSivic) -> Route:
    """Sandbox only: SI-VIC has a fiche under a number before the portal has it."""

    async def make(request: Request) -> Response:
        try:
            asked = OwnFiche.model_validate_json(await request.body())
            made = held.admit(asked.idEvenement, asked.numeroSinus, asked.categorie)
        except ValidationError:
            return JSONResponse({"title": 'Attendu : {"idEvenement", "numeroSinus", "categorie"}.'}, 422)
        except RefusedError as refusal:
            return JSONResponse({"title": REFUSALS[refusal.code], "code": refusal.code}, 409)
        return JSONResponse({"idFiche": made}, 201)

    return Route("/_sandbox/personnes", make, methods=["POST"])


@dataclass(frozen=True)
class _Memory:
    """What the simulator keeps: whom it holds, and what it has said."""

    held: HeldSivic
    news: SimulatedNews

    def snapshot(self) -> dict[str, Any]:
        """Whom it holds."""
        return self.held.snapshot()

    def clear(self) -> None:
        """Forget everything."""
        self.held.clear()
        self.news.clear()


def create_simulator(mode: str, clock: Callable[[], datetime]) -> Starlette:
    """A SI-VIC of one mode (`Actual` or `Exercise`) as an ASGI application; `app.state.held` is its memory."""
    held, news, script = HeldSivic(MODES[mode], clock), SimulatedNews(mode), FaultScript()
    works: dict[str, Operation] = {
        "OuvrirOuLierEvenement": _operation("event", lambda asked: held.once(asked, held.open_or_link)),
        "AnnoncerPersonne": _operation("person", lambda asked: held.once(asked, held.announce)),
        "MettreAJourPersonne": _operation("person", lambda asked: held.once(asked, held.update)),
        "RetirerPersonne": _operation("person", lambda asked: held.once(asked, held.withdraw)),
        "DetacherNumero": _operation("person", lambda asked: held.once(asked, held.detach)),
        "ConsulterEvenement": _operation("counts", held.consult),
        "ConsulterPersonnes": _operation("people", held.people),
    }
    door = soap_door(
        Contract(WSDL), {f"{{{NAMESPACE}}}{name}": operation for name, operation in works.items()}, _detail
    )
    app = Starlette(
        routes=[
            Route("/sivic/v1", faulty(door, script, _unavailable), methods=["GET", "POST"]),
            _own_fiches(held),
            *news.routes(PATH, script),
            *control_routes(_Memory(held, news), script),
        ]
    )
    app.state.held = held
    return app
