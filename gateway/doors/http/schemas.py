"""The documents that the portal's doors take. Strict: a field we do not know is refused by name, a number is not a text.

Shapes only. What a value may be in the trade (a SINUS number, a nationality, a weight) is the domain's to say.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from domain.mode import Mode
from domain.severity import Severity
from domain.victim.age import DAY_PATTERN, UNITS, most
from domain.victim.fields import FINESS, HEAVIEST_KG, NAME_LENGTH, NIR_BLANKS, TEXT_LENGTH

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""A letter or a digit first: `..` would lead elsewhere in an address of a neighbour."""
DESTINATION = r"^[a-z_]{1,20}(:[A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$"
"""One of a kind, or one of several by its name: `lrm`, `lrm:samu77`, `platform:essai`."""
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""Characters that no XML document can carry, so that no neighbour could be told of them."""


def _writable(text: str) -> str:
    if UNWRITABLE.search(text):
        raise PydanticCustomError("control_character", "control character")
    return text


Writable = AfterValidator(_writable)
Id = Annotated[str, Field(pattern=IDENTIFIER, description="Lettres, chiffres, point, tiret, souligné.")]
Short = Annotated[str, Field(min_length=1, max_length=80), Writable]
Line = Annotated[str, Field(min_length=1, max_length=255), Writable]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH), Writable]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), Writable]
"""Of a person, of an établissement, of what is beside them: as long as the register takes it."""
Scanned = Annotated[
    str, Field(min_length=1, max_length=NAME_LENGTH, description="Tel que lu, bruit de la douchette compris.")
]
Instant = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
Finess = Annotated[str, Field(pattern=rf"^{FINESS.pattern}$", description="FINESS géographique, 9 caractères.")]
BirthDate = Annotated[
    str,
    Field(max_length=10, description="AAAA-MM-JJ ou JJ/MM/AAAA.", json_schema_extra={"pattern": rf"^{DAY_PATTERN}$"}),
]
"""Published with its form; the register reads it, and its refusal says what was expected."""
Nir = Annotated[
    str,
    Field(max_length=40, json_schema_extra={"pattern": rf"^([{NIR_BLANKS}]*[0-9ABab]){{15}}[{NIR_BLANKS}]*$"}),
    Writable,
]
"""The same; its key is beyond a pattern."""


class Strict(BaseModel):
    """Nothing unknown, nothing converted, and no NUL: one of the stores cannot hold it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    @field_validator("*", mode="after")
    @classmethod
    def _holdable(cls, value: Any) -> Any:  # noqa: ANN401 - of any field
        if isinstance(value, str) and "\0" in value:
            raise PydanticCustomError("control_character", "control character")
        return value


class AuthoredBody(Strict):
    """Who says it, and when it happened: absent, the name of the key and the instant of receipt."""

    happened_at: Instant | None = None
    """Quand cela s’est passé, avec le décalage horaire ; passé lointain accepté pour une saisie de rattrapage."""
    author: Short | None = None
    """Identifiant de la personne qui saisit, tel que le portail la connaît."""

    def named(self) -> dict[str, Any]:
        """The fields that were named, as JSON-safe values, without who and when."""
        document = self.model_dump(mode="json", exclude_unset=True)
        return {name: value for name, value in document.items() if name not in {"happened_at", "author", "mode"}}


class NewLocalisation(Strict):
    """A place of the event."""

    id: Id | None = None
    name: Short


class NewEvent(AuthoredBody):
    """An event to register."""

    id: Id | None = None
    name: Line
    type: Annotated[
        str, Field(min_length=1, max_length=40, description="ACEL, ORSAN, ou autre type du portail."), Writable
    ]
    mode: Mode
    started_at: Instant | None = None
    planned_end: Instant | None = None
    """Fin prévue : la « Date de fin » des tableaux tant que l’événement n’est pas clos."""
    localisations: Annotated[list[NewLocalisation], Field(max_length=100)] = []
    particularity_groups: Annotated[
        dict[Literal["A", "B", "C"], Short], Field(description="Sens des groupes génériques.")
    ] = {}
    link: bool | None = None
    """Créer l’événement dans SINUS et SI-VIC ; absent : selon le type (règle R-51)."""


class ChangedEvent(AuthoredBody):
    """What changes of an event: only what is named."""

    name: Line | None = None
    type: Annotated[str, Field(min_length=1, max_length=40), Writable] | None = None
    started_at: Instant | None = None
    planned_end: Instant | None = None
    """Fin prévue ; null : il n’y en a plus."""
    particularity_groups: dict[Literal["A", "B", "C"], Short] | None = None


class EndedEvent(AuthoredBody):
    """The end of an event, or its reopening."""


class NewLink(Strict):
    """How an event stands with SINUS or SI-VIC."""

    action: Literal["create", "link"]
    external_id: Annotated[str, Field(min_length=1, max_length=128), Writable] | None = None
    """Identifiant de l’événement déjà ouvert chez le voisin ; obligatoire pour « link »."""
    reason: Line | None = None
    """Pourquoi changer un lien qui tient : ce qui est chez le voisin y est retiré, et repart vers l’autre événement."""


class RemovedLink(Strict):
    """An event is no longer that one of a neighbour's."""

    reason: Line


class NewShare(Strict):
    """Another portal sees the event."""

    key: Line
    """Nom de la clé du portail à qui l’événement est ouvert."""


def _at_most(schema: dict[str, Any]) -> None:
    """An age has a ceiling of its own in each unit."""
    schema["allOf"] = [
        {
            "if": {"properties": {"unit": {"const": unit}}, **({} if unit == "years" else {"required": ["unit"]})},
            "then": {"properties": {"value": {"maximum": most(unit)}}},
        }
        for unit in UNITS
    ]


class Age(Strict):
    """An age as it was said."""

    model_config = ConfigDict(json_schema_extra=_at_most)

    value: Annotated[int, Field(ge=0, le=most("days"))]
    unit: Literal["years", "months", "weeks", "days"] = "years"


class ContactPerson(Strict):
    """A person to contact."""

    name: Name
    relation: Name | None = None
    phone: Name | None = None


class Destination(Strict):
    """An établissement."""

    finess: Finess
    name: Name
    service: Name | None = None


class PatientFields(AuthoredBody):
    """What may be said of a patient; everything may be unknown."""

    portal_id: Name | None = None
    sinus_number: Scanned | None = None
    """Saisi ou lu à la douchette ; une forme inconnue est gardée et signalée, jamais corrigée."""
    patient_type: Literal["nourrisson", "pediatrie", "adulte"] | None = None
    birth_name: Name | None = None
    used_name: Name | None = None
    given_name: Name | None = None
    birth_date: BirthDate | None = None
    age: Age | None = None
    weight_kg: Annotated[float, Field(gt=0, le=HEAVIEST_KG)] | None = None
    sex: Literal["M", "F", "A", "?"] | None = None
    nationality: Name | None = None
    identity_status: Literal["declared", "documented", "validated"] | None = None
    """Sûreté de l’identité : déclarée, lue sur un document, formellement établie. Un décédé ne part nommé qu’au degré réglé (F26)."""
    nir: Nir | None = None
    """15 caractères, clé comprise ; espaces, points et tirets de présentation admis."""
    contact: Text | None = None
    contact_person: ContactPerson | None = None
    particularity: Short | None = None
    """VIP, FORCE_DE_L_ORDRE, POMPIER, SOIGNANT, ou un groupe A, B, C de l’événement (R-21)."""
    comment: Text | None = None
    localisation_id: Id | None = None


class NewPatient(PatientFields):
    """A patient to register (rules R-09 to R-27)."""

    id: Id | None = None
    severity_entry: Severity
    filtered_localisation_id: Id | None = None
    """Le filtre de localisation actif sur l’écran (R-25)."""
    mode: Mode | None = None


class ReplacedPatient(PatientFields):
    """The whole of what is said of a patient: what is not named is emptied."""

    severity_entry: Severity | None = None
    mode: Mode | None = None


class ChangedPatient(PatientFields):
    """What changes: only what is named. `null` empties a field."""


class SoughtPerson(Strict):
    """What was typed or scanned in a search box."""

    text: Annotated[str, Field(min_length=1, max_length=120), Writable]
    """Numéro SINUS (saisi, espacé ou lu à la douchette), code CATA, numéro d’un voisin, nom ou début de nom, établissement."""


class SoughtPatients(Strict):
    """What a scanner reads, what is written on a paper, or how a name begins."""

    number: Short | None = None
    """Numéro SINUS ou code CATA, sous toute forme."""
    name: Short | None = None
    """Début d’un nom ou d’un prénom."""


class NewTriage(AuthoredBody):
    """A triage."""

    stage: Literal["entry", "exit"]
    severity: Severity


class NewBilan(AuthoredBody):
    """A medical bilan; the exit severity is the least that is needed to go on (R-29)."""

    text: Text | None = None
    severity_exit: Severity | None = None


class AskedOrientation(AuthoredBody):
    """An orientation is asked for."""


class DecidedOrientation(AuthoredBody):
    """Left on site, or oriented to an établissement."""

    choice: Literal["SUR_PLACE", "ETABLISSEMENT"]
    destination: Destination | None = None


class AskedEvacuation(AuthoredBody):
    """An evacuation is asked for."""

    destination: Destination | None = None
    vector: Annotated[str, Field(pattern=r"^[A-Z0-9_.-]{1,40}$", description="Code HubSante.typeVecteur.")] | None = (
        None
    )


class ConfirmedEvacuation(AuthoredBody):
    """The victim left; what is not said is as asked (R-34)."""

    destination: Destination | None = None
    vector: Annotated[str, Field(pattern=r"^[A-Z0-9_.-]{1,40}$")] | None = None


class ConfirmedExit(AuthoredBody):
    """The victim stays on site, for good."""


class SteppedBack(AuthoredBody):
    """The last step is taken back."""

    reason: Line | None = None


class DecidedNumber(AuthoredBody):
    """What a neighbour has under the same SINUS number: the same person, or another."""

    choice: Literal["same_person", "other_person", "undecided"]
    """same_person : la fiche du voisin est celle de ce patient ; other_person : le numéro quitte ce patient ; undecided : « same_person » est repris."""
    reason: Line
    number: Scanned | None = None
    """Le numéro en cause, tel que lu ; inutile quand le patient n’en porte qu’un."""


class SwappedIdentities(AuthoredBody):
    """Two patients were taken for each other (F7): each takes the other's identity; numbers, triage and care path stay."""

    patient_id: Id
    other_patient_id: Id
    reason: Line


class ReboundNumber(AuthoredBody):
    """A bracelet was read for the wrong patient (F14): the number goes to the one who wears it."""

    number: Scanned
    from_patient_id: Id
    """Qui porte le numéro à tort."""
    to_patient_id: Id
    """Qui porte le bracelet."""
    reason: Line


class AskedCataCode(AuthoredBody):
    """A CATA code is asked for (R-18)."""


class DeletedPatient(AuthoredBody):
    """A record entered by mistake."""

    reason: Line | None = None


class DiscardedMessage(Strict):
    """Why a parked message will never be sent."""

    reason: Annotated[str, Field(min_length=3, max_length=255)]


class NewSession(Strict):
    """A page opens with a key."""

    key: Annotated[str, Field(max_length=128)]


def instant(value: datetime | None) -> str | None:
    """For an answer: ISO 8601 with its offset."""
    return value.isoformat() if value else None
