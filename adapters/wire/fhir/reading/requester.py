"""Who asks, and which CRRA is named: the PractitionerRole with its person and its structure, moved to texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.wire.fhir.reading.people import full_name, identifier_of, phones
from adapters.wire.fhir.vocabulary import CRRA, FINESS, IDNAT_PS, IDNAT_STRUCT, Resource
from domain.intervention.request import Requester

if TYPE_CHECKING:
    from adapters.wire.fhir.bundle import OpenBundle, Placed

RPPS = "https://rpps.esante.gouv.fr"
SIRENE = "https://sirene.fr"


def read_crra(opened: OpenBundle, header: Placed | None, request: Resource) -> str | None:
    """The CRRA that is named: by the destination of the message, else by the performer."""
    destination = (header.resource.get("destination") or [{}])[0] if header else {}
    for reference in (destination.get("receiver"), *request.get("performer", ())):
        organization = opened.find(reference, "Organization")
        named = identifier_of(organization.resource, CRRA) if organization else None
        if named:
            return named
    last = str(destination.get("endpoint", "")).rpartition("/")[2]
    return last if last.startswith("fr.") else None


def read_requester(opened: OpenBundle, reference: Resource, role: Placed | None) -> Requester:
    """Person, structure and callback."""
    holder: Resource = role.resource if role is not None else {}
    structure = (
        opened.find(holder.get("organization"), "Organization") if role and role.type != "Organization" else role
    )
    person = (
        opened.find(holder.get("practitioner"), "Practitioner") if role and role.type == "PractitionerRole" else role
    )
    organization: Resource = structure.resource if structure is not None else {}
    telephones = phones(holder.get("telecom", ())) or phones(organization.get("telecom", ()))
    return Requester(
        structure_id=_structure(organization),
        structure_name=organization.get("name"),
        professional_id=identifier_of(person.resource, IDNAT_PS, RPPS) if person is not None else None,
        professional_name=name_of(opened, reference),
        callback=next(iter(telephones), None),
    )


def _structure(organization: Resource) -> str | None:
    """An idNat_Struct; a FINESS or a SIRENE number becomes one by the digit that says what it is."""
    told = identifier_of(organization, IDNAT_STRUCT)
    finess, sirene = identifier_of(organization, FINESS), identifier_of(organization, SIRENE)
    if told or finess:
        return told or f"1{finess}"
    if sirene:
        return f"{'2' if len(sirene) == 9 else '3'}{sirene}"  # noqa: PLR2004 - a SIREN has nine digits
    return next((one["value"] for one in organization.get("identifier", ()) if one.get("value")), None)


def name_of(opened: OpenBundle, reference: Resource) -> str | None:
    """Who a reference to a professional is, as a name."""
    target = opened.find(reference, "PractitionerRole", "Practitioner")
    if target is not None and target.type == "PractitionerRole":
        target = opened.find(target.resource.get("practitioner"), "Practitioner")
    names = target.resource.get("name") if target is not None else None
    return (full_name(names[0]) if names else None) or reference.get("display")
