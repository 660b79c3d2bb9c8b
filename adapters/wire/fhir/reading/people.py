"""Who, for whom and where, moved from FHIR's shapes to the texts of a request. Moves and chooses; judges nothing.

What FHIR has in several places is read in all of them: the INSEE code in three, a name with or without its parts. An INS proves itself
by its type and never by its OID alone, because the number that pays may be a parent's. A status is read with its code system.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.vocabulary import ACCESS, BIRTH_LIST, BIRTH_PLACE, INSEE_EXTENSION, RELIABILITY, Resource
from domain.intervention.ins import PRODUCTION, TRIAL, TYPES, Ins, Oid, read_status
from domain.intervention.request import Fact, FactKind, Patient, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEX = {"male": "M", "female": "F", "other": "I", "unknown": "I"}
_OURS = frozenset({Oid.INS_C, *PRODUCTION, *TRIAL})
_INSEE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_INSEE_TABLE = re.compile(r"TRE[_-]R13-Commune(OM)?")


def read_patient(patient: Resource, *, age: str | None = None, weight_kg: str | None = None) -> Patient:
    """The patient, with what observations say of age and weight."""
    names: list[Resource] = patient.get("name", [])
    official = next((one for one in names if one.get("use") == "official"), {})
    shown = _shown_name(names) or official
    given = shown.get("given") or official.get("given") or [None]
    ins = read_ins(patient.get("identifier", ()))
    status, doubtful, fictitious = read_reliability(patient, has_ins=ins is not None)
    telecom = patient.get("telecom", ())
    return Patient(
        name=shown.get("family") or shown.get("text"),
        birth_name=official.get("family"),
        given_name=given[0],
        given_names=_birth_list(official) or " ".join(official.get("given", ())) or None,
        sex=SEX.get(patient.get("gender", "")),
        birth_date=patient.get("birthDate"),
        age=age,
        birth_place=_birth_place(patient),
        phone=next(iter(phones(telecom)), None),
        weight_kg=weight_kg,
        ins=ins,
        identity_status=status,
        doubtful=doubtful,
        fictitious=fictitious,
    )


def contacts(patient: Resource) -> list[Fact]:
    """Persons to reach, other telephones and the language, as lines."""
    lines = []
    for one in patient.get("contact", ()):
        said = [full_name(one.get("name", {})), *phones(one.get("telecom", ()))]
        lines.append(Fact(FactKind.CONTACT, ", ".join(word for word in said if word)))
    lines += [Fact(FactKind.CONTACT, number) for number in phones(patient.get("telecom", ()))[1:]]
    for one in patient.get("communication", ()):
        lines.append(Fact(FactKind.LANGUAGE, concept_text(one.get("language", {}))))
    return [line for line in lines if line.text]


def phones(telecom: Sequence[Resource]) -> list[str]:
    """The telephones as written, the first to call first."""
    said = [one for one in telecom if one.get("system", "phone") in {"phone", "sms"} and one.get("value")]
    return [one["value"] for one in sorted(said, key=lambda one: one.get("rank", 100))]


def full_name(name: Resource) -> str:
    """A name as one text."""
    parts = [*name.get("suffix", ()), *name.get("given", ()), name.get("family", "")]
    return str(name.get("text") or " ".join(part for part in parts if part))


def concept_text(concept: Resource) -> str:
    """A CodeableConcept for a person: its text, else a display, else a code."""
    coding = concept.get("coding", ())
    shown = next((one["display"] for one in coding if one.get("display")), None)
    return str(concept.get("text") or shown or next((one["code"] for one in coding if one.get("code")), ""))


def read_ins(identifiers: Sequence[Resource]) -> Ins | None:
    """The identifier whose type says INS; failing that, the one that only looks so, with what it says it is."""
    said = [(one, _type_of(one)) for one in identifiers if one.get("value")]
    proved = [(one, kind) for one, kind in said if kind in TYPES]
    alike = [(one, kind) for one, kind in said if _oid(one) in _OURS]
    return next((Ins(one["value"], _oid(one), kind) for one, kind in proved or alike), None)


def read_reliability(patient: Resource, *, has_ins: bool) -> tuple[str | None, bool, bool]:
    """The status of the identity, then whether it is doubtful, then whether it is invented."""
    status, comments = None, set()
    for part in extensions(patient, RELIABILITY):
        for inner in extensions(part):
            coding = inner.get("valueCoding")
            if inner.get("url") == "identityStatus" and isinstance(coding, dict):
                read = read_status(_text(coding.get("system")), _text(coding.get("code")), has_ins=has_ins)
                status = read.value if read else None
            elif inner.get("url") == "comment":
                comments |= {one.get("code") for one in _codings(inner.get("valueCodeableConcept"))}
    return status, "DOUT" in comments, "FICT" in comments


def read_place(location: Resource, home: Resource | None) -> Place:
    """The place of intervention: of the Location, else the patient's home."""
    address = location.get("address") or home or {}
    position = location.get("position") or {}
    parts = [part for access in extensions(location, ACCESS) for part in extensions(access)]
    said = {str(part.get("url")): _text(part.get("valueString")) for part in parts}
    extra = [f"Ascenseur : {said['ascenseur']}"] if said.get("ascenseur") else []
    extra += [f"Clés : {said['cles']}"] if said.get("cles") else []
    words = [location["description"]] if location.get("description") else []
    return Place(
        address=", ".join(address.get("line", ())) or address.get("text"),
        postal_code=address.get("postalCode"),
        city=address.get("city"),
        insee_code=read_insee(address),
        latitude=_number(position.get("latitude")),
        longitude=_number(position.get("longitude")),
        building=said.get("batiment"),
        floor=said.get("etage"),
        door=said.get("porte"),
        interphone=said.get("interphone"),
        codes=tuple(
            part["valueString"] for part in parts if part.get("url") == "digicode" and _text(part.get("valueString"))
        ),
        access=" ; ".join([*words, *extra]) or None,
    )


def read_insee(address: Resource) -> str | None:
    """The INSEE code: an extension of the address, of its district or city, by either table, else `district` itself.

    One that has the form of a code wins; else what was said there, so that it can be remarked upon.
    """
    holders = [address, *(one for one in (address.get("_district"), address.get("_city")) if isinstance(one, dict))]
    said: list[str] = []
    for extension in (one for holder in holders for one in extensions(holder)):
        coding = extension.get("valueCoding")
        codings = [coding] if isinstance(coding, dict) else _codings(extension.get("valueCodeableConcept"))
        ours = extension.get("url") == INSEE_EXTENSION
        said += [str(one.get("code", "")) for one in codings if ours or _INSEE_TABLE.search(str(one.get("system")))]
    if address.get("district"):
        said.append(address["district"])
    return next((code for code in said if _INSEE.fullmatch(code)), said[0] if said else None)


def extensions(holder: Any, url: str | None = None) -> Iterator[Resource]:  # noqa: ANN401 - JSON as it comes
    """The extensions of an element, of one URL where one is named; what is not one is passed over."""
    said = holder.get("extension") if isinstance(holder, dict) else None
    for one in said if isinstance(said, list) else ():
        if isinstance(one, dict) and (url is None or one.get("url") == url):
            yield one


def identifier_of(resource: Resource, *wanted: str) -> str | None:
    """The value of the first identifier under one of these systems, in the order wanted."""
    by_system = {one.get("system"): one.get("value") for one in reversed(resource.get("identifier", []))}
    return next((by_system[system] for system in wanted if by_system.get(system)), None)


def _shown_name(names: Sequence[Resource]) -> Resource | None:
    usual = next((one for one in names if one.get("use") == "usual"), None)
    return usual or next((one for one in names if one.get("use") not in {"official", "old", "maiden"}), None)


def _birth_list(official: Resource) -> str | None:
    return next((_text(one.get("valueString")) for one in extensions(official, BIRTH_LIST)), None)


def _birth_place(patient: Resource) -> str | None:
    addresses = (one.get("valueAddress") for one in extensions(patient, BIRTH_PLACE))
    return next((read_insee(address) for address in addresses if isinstance(address, dict)), None)


def _codings(concept: Any) -> list[Resource]:  # noqa: ANN401 - JSON as it comes
    said = concept.get("coding") if isinstance(concept, dict) else None
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _type_of(identifier: Resource) -> str:
    coding = identifier.get("type", {}).get("coding", ())
    return next((one["code"] for one in coding if "code" in one), "")


def _oid(identifier: Resource) -> str:
    return str(identifier.get("system", "")).removeprefix("urn:oid:")


def _text(value: Any) -> str | None:  # noqa: ANN401 - JSON as it comes
    return value if isinstance(value, str) and value.strip() else None


def _number(value: Any) -> str | None:  # noqa: ANN401 - JSON as it comes
    return None if value is None else repr(value)
