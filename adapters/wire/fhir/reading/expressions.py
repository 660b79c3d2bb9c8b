"""Field of a request → the FHIRPath it came from, so that a remark names a place that its sender knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.wire.fhir.vocabulary import PlacedResource

_PATIENT: Mapping[str, str] = {
    "ins": "identifier",
    "identity_status": "extension",
    "birth_name": "name",
    "name": "name",
    "given_name": "name",
    "given_names": "name",
    "sex": "gender",
    "birth_date": "birthDate",
    "birth_year": "birthDate",
    "birth_place": "extension",
    "phone": "telecom",
}
_PLACE: Mapping[str, str] = {
    "address": "address",
    "postal_code": "address.postalCode",
    "city": "address.city",
    "insee_code": "address.district",
    "latitude": "position",
    "longitude": "position",
    "access": "description",
}
_REQUESTER: Mapping[str, str] = {
    "callback": "telecom",
    "professional_id": "practitioner",
    "structure_id": "organization",
}


def places_of(
    asked: PlacedResource, patient: PlacedResource, where: PlacedResource, role: PlacedResource | None
) -> dict[str, str]:
    """Every field that a remark may name."""
    at = role.path if role is not None else f"{asked.path}.requester"
    places = {
        "request_id": f"{asked.path}.identifier[0]",
        "message_id": "Bundle.identifier",
        "mode": f"{patient.path}.meta.security",
        "clicked_at": f"{asked.path}.authoredOn",
        "crra": f"{asked.path}.performer",
        "note": f"{asked.path}.supportingInfo",
        "facts": f"{asked.path}.supportingInfo",
        "documents": f"{asked.path}.supportingInfo",
        "patient": patient.path,
        "place": where.path,
        "requester": at,
    }
    places |= {f"patient.{field}": f"{patient.path}.{element}" for field, element in _PATIENT.items()}
    places |= {f"requester.{field}": f"{at}.{element}" for field, element in _REQUESTER.items()}
    if where.resource:
        places |= {f"place.{field}": f"{where.path}.{element}" for field, element in _PLACE.items()}
    return places
