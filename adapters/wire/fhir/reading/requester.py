"""Who asks, and which CRRA is named: the PractitionerRole with its person and its structure, moved to texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.people import identifier_of, phones
from adapters.wire.fhir.reading.values.words import concept, full_name
from adapters.wire.fhir.vocabulary import CRRA, FINESS, IDNAT_PS, IDNAT_STRUCT, PlacedResource, Resource
from domain.intervention.request import Fact, FactKind, Requester

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.reading.values.current import Candidate

RPPS = "https://rpps.esante.gouv.fr"
SIRENE = "https://sirene.fr"
_NOBODY = PlacedResource({"resourceType": "PractitionerRole"}, "")


def read_crra(opened: OpenBundle, header: PlacedResource | None, asked: PlacedResource, at: datetime) -> str | None:
    """The CRRA that is named: by the destination of the message, else by the performer."""
    destination = (header.resource.get("destination") or [{}])[0] if header else {}
    receivers = [(header or asked, destination.get("receiver"))]
    for holder, reference in (*receivers, *((asked, each) for each in asked.resource.get("performer", ()))):
        organization = opened.find(holder, reference, "Organization")
        named = identifier_of(organization.resource, at, CRRA) if organization else None
        if named:
            return named
        identifier = reference.get("identifier", {}) if isinstance(reference, dict) else {}
        if identifier.get("system") == CRRA and identifier.get("value"):
            return str(identifier["value"])
    last = str(destination.get("endpoint", "")).rpartition("/")[2]
    return last if last.startswith("fr.") else None


def read_requester(
    opened: OpenBundle, asked: PlacedResource, role: PlacedResource | None, at: datetime
) -> tuple[Requester, list[Fact]]:
    """Person, structure and callback; then what else is said of who asks."""
    reference = asked.resource.get("requester", {})
    holder = role or _NOBODY
    structure = (
        role if role and role.type == "Organization" else _beside(opened, holder, "organization", "Organization")
    )
    person = role if role and role.type == "Practitioner" else _beside(opened, holder, "practitioner", "Practitioner")
    organization: Resource = structure.resource if structure is not None else {}
    holders = [each for each in (holder, person, structure) if each is not None]
    callbacks = [phone for each in holders for phone in phones(each, at)]
    callback = next((each for each in callbacks if each.holds), next(iter(callbacks), None))
    _name_left(opened, callbacks, callback)
    words = [each.words for each in holders if each.words]
    trades = [word for word in (concept(each) for each in holder.resource.get("code", ())) if word]
    requester = Requester(
        structure_id=_structure(organization, at),
        structure_name=organization.get("name"),
        professional_id=identifier_of(person.resource, at, IDNAT_PS, RPPS) if person is not None else None,
        professional_name=name_of(opened, asked, reference),
        callback=callback.value["value"] if callback else None,
    )
    return requester, [Fact(FactKind.OTHER, f"Demandeur : {text}") for text in (*trades, *words)]


def _beside(opened: OpenBundle, holder: PlacedResource, element: str, kind: str) -> PlacedResource | None:
    return opened.find(holder, holder.resource.get(element), kind)


def _name_left(opened: OpenBundle, callbacks: list[Candidate], callback: Candidate | None) -> None:
    left = [each.path for each in callbacks if each is not callback]
    if left:
        opened.warn("RAPPEL_AUTRE", "Ce numéro du demandeur n’est pas repris : un autre est appelé.", " | ".join(left))
    if callback is not None and not callback.holds:
        text = f"Ce numéro de rappel est {callback.why_later} : il est repris faute d’un autre."
        opened.warn("PERIME", text, callback.path)


def _structure(organization: Resource, at: datetime) -> str | None:
    """An idNat_Struct; a FINESS or a SIRENE number becomes one by the digit that says what it is."""
    national = identifier_of(organization, at, IDNAT_STRUCT)
    finess, sirene = identifier_of(organization, at, FINESS), identifier_of(organization, at, SIRENE)
    if national or finess:
        return national or f"1{finess}"
    if sirene:
        return f"{'2' if len(sirene) == 9 else '3'}{sirene}"  # noqa: PLR2004 - a SIREN has nine digits
    return next((each["value"] for each in organization.get("identifier", ()) if each.get("value")), None)


def name_of(opened: OpenBundle, holder: PlacedResource, reference: Any) -> str | None:  # noqa: ANN401 - a Reference or nothing
    """Who a reference to a professional is, as a name."""
    target = opened.find(holder, reference, "PractitionerRole", "Practitioner")
    if target is not None and target.type == "PractitionerRole":
        target = opened.find(target, target.resource.get("practitioner"), "Practitioner")
    names = target.resource.get("name") if target is not None else None
    return (full_name(names[0]) if names else None) or (
        reference.get("display") if isinstance(reference, dict) else None
    )
