"""Where to go: the Location of the request, else the home of the patient, moved to the texts of a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.people import extensions, read_insee, telecoms, text_of
from adapters.wire.fhir.reading.values.current import candidates
from adapters.wire.fhir.reading.values.words import concept
from adapters.wire.fhir.vocabulary import ACCESS, PlacedResource, Resource
from domain.intervention.request import Fact, FactKind, Place

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.reading.values.current import Candidate

HOME_USES = frozenset({None, "home"})
FRANCE = frozenset({"FR", "FRA", "250", "FRANCE"})


def find_place(
    opened: OpenBundle, asked: PlacedResource, patient: PlacedResource, at: datetime, *, quiet: bool
) -> PlacedResource:
    """The Location that is named, else the patient's address as one; `quiet` where a place is not asked for."""
    for reference in asked.resource.get("locationReference", ()):
        location = opened.find(asked, reference, "Location")
        if location is not None:
            return location
    home = home_of(patient, at)
    if not quiet:
        text = "Lieu d’intervention absent"
        text += f" : l’adresse {home.why_later} du patient est prise." if home else "."
        opened.warn("LIEU_ABSENT", text.replace("  ", " "), f"{asked.path}.locationReference")
    if home is None:
        return PlacedResource({"resourceType": "Location"}, f"{asked.path}.locationReference")
    return PlacedResource({"resourceType": "Location", "address": home.value}, home.path.rpartition(".")[0])


def home_of(patient: PlacedResource, at: datetime) -> Candidate | None:
    """The address where the patient is: the home, else one that is temporary, else any that holds."""
    held = [
        each for each in candidates(patient.resource.get("address", ()), f"{patient.path}.address", at) if each.holds
    ]
    goes = [each for each in held if each.why_later not in {"postale", "de facturation"}]
    home = next((each for each in goes if each.value.get("use") in HOME_USES and not each.why_later), None)
    return home or next((each for each in goes if each.why_later == "temporaire"), next(iter(goes), None))


def read_place(location: Resource) -> Place:
    """The place of intervention."""
    address = location.get("address") or {}
    position = location.get("position") or {}
    parts = [part for access in extensions(location, ACCESS) for part in extensions(access)]
    words = {str(part.get("url")): text_of(part.get("valueString")) for part in parts}
    extra = [f"Ascenseur : {words['ascenseur']}"] if words.get("ascenseur") else []
    extra += [f"Clés : {words['cles']}"] if words.get("cles") else []
    described = [location["description"]] if location.get("description") else []
    return Place(
        address=_street(address),
        postal_code=address.get("postalCode"),
        city=address.get("city"),
        insee_code=read_insee(address),
        latitude=_number(position.get("latitude")),
        longitude=_number(position.get("longitude")),
        building=words.get("batiment"),
        floor=words.get("etage"),
        door=words.get("porte"),
        interphone=words.get("interphone"),
        codes=tuple(
            part["valueString"] for part in parts if part.get("url") == "digicode" and text_of(part.get("valueString"))
        ),
        access=" ; ".join([*described, *extra]) or None,
    )


def _street(address: Resource) -> str | None:
    country = str(address.get("country", "FR"))
    abroad = [] if country.upper() in FRANCE else [country]
    return ", ".join([*address.get("line", ()), *abroad]) if address.get("line") else address.get("text")


def place_facts(where: PlacedResource, at: datetime) -> list[Fact]:
    """What else is said of the place: its name, its kind, how to reach it, and the state that it is told with."""
    location = where.resource
    lines = [Fact(FactKind.OTHER, f"Lieu : {where.words}")] if where.words else []
    if location.get("name"):
        lines.append(Fact(FactKind.OTHER, f"Lieu : {location['name']}"))
    kinds = [word for word in (concept(each) for each in location.get("type", ())) if word]
    if kinds:
        lines.append(Fact(FactKind.OTHER, f"Type de lieu : {', '.join(kinds)}"))
    reached = [each.value["value"] for each in telecoms(location, f"{where.path}.telecom", at)]
    if reached:
        lines.append(Fact(FactKind.CONTACT, f"Lieu, {', '.join(reached)}"))
    return lines


def other_addresses(opened: OpenBundle, patient: PlacedResource, where: PlacedResource, at: datetime) -> list[Fact]:
    """The addresses of the patient that are not the place of intervention, each with what makes it another one."""
    lines = []
    going = where.resource.get("address")
    for each in candidates(patient.resource.get("address", ()), f"{patient.path}.address", at):
        if each.value == going:
            continue
        words = address_words(each.value)
        if words and words != address_words(going or {}):
            why = f" ({each.why_later})" if each.why_later else ""
            lines.append(Fact(FactKind.OTHER, f"Autre adresse du patient{why} : {words}"))
            if not each.holds:
                opened.warn(
                    "PERIME", f"Cette adresse est {_feminine(each.why_later)} : elle n’est dite qu’en texte.", each.path
                )
    return lines


def _feminine(why: str) -> str:
    return {"ancien": "ancienne", "échu": "échue"}.get(why, why)


def address_words(address: Resource) -> str:
    """An address as one line."""
    town = " ".join(part for part in (address.get("postalCode"), address.get("city")) if part)
    return ", ".join(part for part in (_street(address), town) if part)


def _number(value: Any) -> str | None:  # noqa: ANN401 - JSON as it comes
    return None if value is None else repr(value)
