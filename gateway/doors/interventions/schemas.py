"""The documents of the intervention doors. Loose on purpose: a request is refused for almost nothing.

A leaf may be a text or a number; a field that we do not know is ignored, and said; what a value is worth is the domain's to say. Only
what has no shape at all (a list where a telephone should be) is unreadable.
"""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Self

import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from domain.intervention.attachment import decoded
from domain.intervention.ins import Ins
from domain.intervention.reading import MOST_FACTS
from domain.intervention.remarks import remark
from domain.intervention.request import (
    Cancellation,
    Document,
    Fact,
    FactKind,
    InterventionRequest,
    Note,
    Patient,
    Place,
    Requester,
)
from domain.intervention.route import RouteKind  # noqa: TC001 - pydantic reads it at run time
from gateway.doors.http.json_body import json_bytes, refuse_depth
from gateway.doors.http.schemas import Strict
from gateway.interventions.routing_table import PHONE

if TYPE_CHECKING:
    from pydantic import ModelWrapValidatorHandler

    from domain.remark import Remark

MOST_DOCUMENTS = 10
"""Looked at; two are kept."""
MOST_WORDS = 200
"""Values of one nested thing, put in words."""


def in_words(value: object) -> str:
    """A nested thing as a person reads it: `spo2 : 84, fr : 28`."""
    words: list[str] = []
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting and len(words) < MOST_WORDS:
        name, node = waiting.pop()
        if isinstance(node, dict):
            waiting += [(str(key), inner) for key, inner in reversed(node.items())]
        elif isinstance(node, list):
            waiting += [(name, inner) for inner in reversed(node)]
        elif node is not None:
            words.append(f"{name} : {_leaf(node)}" if name else str(_leaf(node)))
    return ", ".join(words)


def _nested(value: object) -> bool:
    """Whether a fact is neither a text nor a list of them."""
    inside = islice(value, MOST_FACTS) if isinstance(value, list) else ()
    return isinstance(value, dict) or any(isinstance(item, dict | list) for item in inside)


def _leaf(value: object) -> object:
    """Text as it is; a number as it reads; yes and no, and what is nested, in words."""
    if isinstance(value, dict | list):
        return in_words(value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return f"{value:.15g}" if isinstance(value, float) and math.isfinite(value) else str(value)
    return value


Leaf = Annotated[str | None, BeforeValidator(_leaf)]
Leaves = list[Annotated[str, BeforeValidator(_leaf)]]


class LenientModel(BaseModel):
    """What we do not know is ignored, and said; what has not its shape is read as far as it reads, and said; null is absent."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)
    _misshapen: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _as_far_as_it_reads(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 - JSON as it comes
        if not isinstance(given, dict):
            return handler(given)
        fields = {name: value for name, value in given.items() if value is not None}
        odd: list[str] = []
        for name, value in fields.items():
            info = cls.model_fields.get(name)
            if info is not None and (shaped := cls._shaped(name, value)) is not value:
                fields[name], odd = shaped, [*odd, name]
        try:
            model = handler(fields)
        except ValidationError as error:
            # Only what names the request cannot be left out.
            wrong = {
                str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False) if fault["loc"]
            }
            if not wrong or any(cls.model_fields[name].is_required() for name in wrong if name in cls.model_fields):
                raise
            model = handler({name: value for name, value in fields.items() if name not in wrong})
            odd += sorted(wrong)
        model._misshapen = tuple(odd)  # noqa: SLF001 - its own
        return model

    @classmethod
    def _shaped(cls, name: str, value: Any) -> Any:  # noqa: ANN401 - JSON as it comes
        """The value in the shape of its field, where it can be read so; itself where it has it already, or has none."""
        annotation = cls.model_fields[name].annotation
        if annotation == str | None and isinstance(value, dict | list):
            return in_words(value)
        return value

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """The document; raw line ends inside a text, which some libraries write, are taken. Raises ValidationError, or ProblemError."""
        raw = json_bytes(raw)
        try:
            return cls.model_validate_json(raw)
        except ValidationError as error:
            if not any(
                fault["type"] == "json_invalid" for fault in error.errors(include_input=False, include_url=False)
            ):
                raise
            try:
                document = json.loads(raw, strict=False)
                refuse_depth(document)
                bare = orjson.dumps(document)
            except (ValueError, RecursionError, TypeError):
                raise error from None
        return cls.model_validate_json(bare)

    def unknown(self, path: str = "") -> list[Remark]:
        """One remark per field that we do not know or that has not its shape, below this one too."""
        remarks = [remark("CHAMP_IGNORE", f"{path}{name[:60]}") for name in list(self.model_extra or {})[:20]]
        remarks += [remark("FORME_INATTENDUE", f"{path}{name[:60]}") for name in self._misshapen[:20]]
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, LenientModel):
                remarks += value.unknown(f"{path}{name}.")
        return remarks

    def said(self) -> dict[str, Any]:
        """The fields we know, as they are."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class RequesterSaid(LenientModel):
    """Qui demande, et qui rappeler."""

    structure_id: Leaf = None
    """idNat_Struct : 1 puis le FINESS, 3 puis le SIRET…"""
    structure_name: Leaf = None
    professional_id: Leaf = None
    """RPPS, ou idNat_PS."""
    professional_name: Leaf = None
    callback: Leaf = None
    """Numéro de rappel, de préférence +33…"""


class InsSaid(LenientModel):
    """Le matricule INS et son OID."""

    matricule: Leaf = None
    oid: Leaf = None


class PatientSaid(LenientModel):
    """Pour qui. Un défaut d’identité ne bloque jamais."""

    name: Leaf = None
    birth_name: Leaf = None
    given_name: Leaf = None
    given_names: Leaf = None
    """Liste des prénoms de l’acte de naissance."""
    sex: Leaf = None
    """M, F ou I."""
    birth_date: Leaf = None
    """1952, 1952-03 ou 1952-03-14 : rien n’est inventé."""
    birth_year: Leaf = None
    age: Leaf = None
    birth_place: Leaf = None
    """Code INSEE du lieu de naissance."""
    phone: Leaf = None
    weight_kg: Leaf = None
    ins: InsSaid | None = None
    identity_status: Leaf = None
    """PROV, RECUP, VALI ou QUAL."""
    doubtful: bool = False
    fictitious: bool = False

    def patient(self) -> Patient:
        """In the domain's words."""
        fields = self.said()
        ins = fields.pop("ins")
        known = Ins(ins.matricule, ins.oid or "") if ins is not None and ins.matricule else None
        return Patient(**fields, ins=known)


class PlaceSaid(LenientModel):
    """Le lieu d’intervention."""

    address: Leaf = None
    postal_code: Leaf = None
    city: Leaf = None
    insee_code: Leaf = None
    """Code INSEE de la commune ; 2A… ou 2B… en Corse. Il désigne le SAMU."""
    latitude: Leaf = None
    """Degrés décimaux, WGS 84."""
    longitude: Leaf = None
    building: Leaf = None
    floor: Leaf = None
    door: Leaf = None
    interphone: Leaf = None
    codes: Leaves = []
    access: Leaf = None
    """En clair."""

    @classmethod
    def _shaped(cls, name: str, value: Any) -> Any:  # noqa: ANN401 - JSON as it comes
        if name == "codes" and not isinstance(value, list):
            return [value]
        return super()._shaped(name, value)

    def place(self) -> Place:
        """In the domain's words."""
        return Place(**{**self.said(), "codes": tuple(self.codes)})


class NoteSaid(LenientModel):
    """La dernière note de suivi."""

    text: Leaf = None
    written_at: Leaf = None
    author: Leaf = None


class DocumentSaid(LenientModel):
    """Un document joint."""

    title: Leaf = None
    content: Leaf = None
    """PDF en base64, 2 Mo au plus."""

    def document(self) -> Document:
        """What cannot be decoded is no PDF, and is judged as such."""
        return Document(self.title or "", decoded(self.content or ""))


class NewIntervention(LenientModel):
    """Un clic : une demande d’intervention."""

    request_id: Annotated[str, BeforeValidator(_leaf)]
    """Votre identifiant de la demande, stable jusqu’à sa fin : c’est la clé d’idempotence."""
    message_id: Leaf = None
    """Votre identifiant de cet envoi ; absent, l’en-tête Idempotency-Key, sinon le contenu lui-même."""
    mode: Leaf = None
    """Actual ou Exercise ; absent, celui de votre clé."""
    clicked_at: Leaf = None
    """Heure du clic, avec son décalage."""
    crra: Leaf = None
    """CRRA nommé ; absent, la commune le désigne."""
    requester: RequesterSaid = RequesterSaid()
    patient: PatientSaid = PatientSaid()
    place: PlaceSaid = PlaceSaid()
    note: NoteSaid = NoteSaid()
    facts: dict[str, Leaves | Leaf] = {}
    """Autres faits, montrés au CRRA en texte : motive, urgency, means, vitals, history, treatment, allergies, device, danger, …"""
    documents: list[DocumentSaid] = []

    @classmethod
    def _shaped(cls, name: str, value: Any) -> Any:  # noqa: ANN401 - JSON as it comes
        match name, value:
            case "note", str():
                return {"text": value}
            case "place", str():
                return {"address": value}
            case "facts", str() | list():
                return {"other": value}
            case "facts", dict() if any(_nested(inner) for inner in islice(value.values(), MOST_FACTS)):
                # Told, since a table of values has become a sentence.
                return {**value}
            case "documents", dict():
                return [value]
        return super()._shaped(name, value)

    def request(self, key: str | None, request_id: str | None = None) -> InterventionRequest:
        """In the domain's words. `key`: the caller's Idempotency-Key."""
        facts, remarks = self._facts()
        return InterventionRequest(
            request_id=request_id or self.request_id,
            message_id=self.message_id or key,
            mode=self.mode,
            clicked_at=self.clicked_at,
            crra=self.crra,
            requester=Requester(**self.requester.said()),
            patient=self.patient.patient(),
            place=self.place.place(),
            note=Note(**self.note.said()),
            facts=tuple(facts),
            documents=tuple(file.document() for file in self.documents[:MOST_DOCUMENTS]),
            remarks=(*self.unknown(), *remarks, *self._beyond()),
        )

    def _beyond(self) -> list[Remark]:
        """What is too much to be looked at."""
        many = len(self.documents) > MOST_DOCUMENTS
        return [remark("DOCUMENT_EN_TROP", f"documents.{MOST_DOCUMENTS}")] if many else []

    def _facts(self) -> tuple[list[Fact], list[Remark]]:
        """Each fact by its kind, one more than can be told; one of a kind we do not know is kept in words all the same."""
        facts: list[Fact] = []
        remarks: list[Remark] = []
        for name, texts in islice(self.facts.items(), MOST_FACTS + 1):
            known = name in set(FactKind)
            kind = FactKind(name) if known else FactKind.OTHER
            listed = texts[: MOST_FACTS + 1] if isinstance(texts, list) else [texts]
            facts += [Fact(kind, text if known else f"{name[:60]} : {text}") for text in listed if text]
            if not known:
                remarks.append(remark("FAIT_INCONNU", f"facts.{name[:60]}"))
        return facts, remarks


class CancelledIntervention(LenientModel):
    """Une demande reprise par son émetteur."""

    message_id: Leaf = None
    mode: Leaf = None
    reason: Leaf = None

    def cancellation(self, request_id: str, key: str | None) -> Cancellation:
        """In the domain's words."""
        return Cancellation(request_id, self.message_id or key, self.mode, self.reason)


class WrittenRoute(Strict):
    """Une voie : qui va où, de quand à quand."""

    kind: Annotated[RouteKind, Field(strict=False)]
    """crra, insee, department ou platform, du plus précis au moins précis."""
    key: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._-]+$")]
    """fr.health.samu077, 77288, 2A, ou le nom de la clé d’une plateforme."""
    destination: Annotated[str, Field(min_length=1, max_length=80)]
    second: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """Prise à la place de la première quand celle-ci est injoignable ; jamais les deux."""
    label: Annotated[str, Field(min_length=1, max_length=80)]
    """Comme on le dit : SAMU 77."""
    crra: Annotated[str, Field(pattern=r"^fr\.health\.samu[0-9][0-9AB][0-9AB]$")] | None = None
    """Code du CRRA, porté dans la demande ; absent, il n’est pas dit."""
    expiry_seconds: Annotated[int, Field(ge=10, le=3600)] | None = None
    phone: Annotated[str, Field(pattern=f"^{PHONE.pattern}$")] | None = None
    """Téléphone du SAMU pour les professionnels, dit à l’émetteur dont la demande ne part pas."""
    valid_from: AwareDatetime | None = None
    """Absent : maintenant."""
    valid_to: AwareDatetime | None = None
