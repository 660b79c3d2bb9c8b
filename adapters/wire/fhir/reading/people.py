"""Who, for whom and where, moved from FHIR's shapes to the texts of a request. Moves and chooses; judges nothing.

What FHIR has in several places is read in all of them: the INSEE code in three, a name with or without its parts. An INS proves itself
by its type and never by its OID alone, because the number that pays may be a parent's. A status is read with its code system.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.values.current import candidates
from adapters.wire.fhir.reading.values.words import concept, when
from adapters.wire.fhir.standing import UNKNOWN_MODIFIER
from adapters.wire.fhir.vocabulary import (
    BIRTH_LIST,
    BIRTH_PLACE,
    INSEE_EXTENSION,
    INSEE_TABLE,
    RELIABILITY,
    Resource,
    codings_of,
)
from domain.intervention.ins import PRODUCTION, TRIAL, TYPES, Ins, Oid, read_status
from domain.intervention.request import Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.reading.values.current import Candidate
    from adapters.wire.fhir.vocabulary import PlacedResource

SEX = {"male": "M", "female": "F", "other": "I", "unknown": "I"}
_OURS = frozenset({Oid.INS_C, *PRODUCTION, *TRIAL})
_INSEE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_NOT_SHOWN = frozenset({"official", "maiden"})
"""Uses of a name that is the one of birth."""


def read_patient(
    opened: OpenBundle, placed: PlacedResource, at: datetime, *, age: str | None = None, weight_kg: str | None = None
) -> Patient:
    """The patient, with what observations say of age and weight; nothing but these when an unknown modifier leaves the identity in doubt."""
    patient = placed.resource
    if UNKNOWN_MODIFIER in placed.words:
        return Patient(age=age, weight_kg=weight_kg)
    shown, official = read_names(opened, placed, at)
    given = shown.get("given") or official.get("given") or [None]
    identifiers = candidates(patient.get("identifier", ()), f"{placed.path}.identifier", at)
    ins = _read_ins(opened, identifiers)
    status, doubtful, fictitious = read_reliability(patient, has_ins=ins is not None)
    return Patient(
        name=shown.get("family") or shown.get("text"),
        birth_name=official.get("family"),
        given_name=given[0],
        given_names=_birth_list(official) or " ".join(official.get("given") or shown.get("given", ())) or None,
        sex=SEX.get(patient.get("gender", "")),
        birth_date=patient.get("birthDate"),
        age=age,
        birth_place=_birth_place(patient),
        phone=next((each.value["value"] for each in phones(placed, at) if each.holds), None),
        weight_kg=weight_kg,
        ins=ins,
        identity_status=status,
        doubtful=doubtful,
        fictitious=fictitious,
    )


def read_names(opened: OpenBundle, placed: PlacedResource, at: datetime) -> tuple[Resource, Resource]:
    """The name that is used, then the one of birth; each that is left is warned of, and so is one that is taken for want of better."""
    names = candidates(placed.resource.get("name", ()), f"{placed.path}.name", at)
    holding = [each for each in names if each.holds]
    official = next((each for each in holding if each.value.get("use") == "official"), None)
    official = official or next((each for each in holding if each.value.get("use") == "maiden"), None)
    others = [each for each in holding if each.value.get("use") not in _NOT_SHOWN]
    usual = next((each for each in others if each.value.get("use") == "usual"), None)
    shown = usual or next(iter(others), None) or official or next(iter(names), None)
    for each in names:
        if each not in (shown, official):
            why = f" : il est {each.why_later}" if each.why_later else ""
            opened.warn("NOM_NON_REPRIS", f"Ce nom n’est pas repris{why}.", each.path)
        else:
            if each.why_later:
                opened.warn(
                    "NOM_A_VERIFIER", f"Ce nom est repris faute d’un autre : il est {each.why_later}.", each.path
                )
            unread = [f"{each.path}.{part}" for part in ("prefix", "suffix") if part in each.value]
            if unread:
                opened.warn("NON_REPRIS", "Cet élément n’est pas repris.", " | ".join(unread))
    return (shown.value if shown else {}), (official.value if official else {})


def phones(placed: PlacedResource, at: datetime) -> list[Candidate]:
    """The telephones of a resource, the first to call first; those that no longer hold last."""
    return [each for each in telecoms(placed.resource, f"{placed.path}.telecom", at) if _is_phone(each.value)]


def telecoms(holder: Resource, path: str, at: datetime) -> list[Candidate]:
    """Every way to reach somebody that has a value."""
    contacts = [each for each in candidates(holder.get("telecom", ()), path, at) if each.value.get("value")]
    return sorted(contacts, key=lambda each: (not each.holds, bool(each.why_later), each.value.get("rank", 100)))


def _is_phone(contact: Resource) -> bool:
    return contact.get("system", "phone") in {"phone", "sms"}


def _read_ins(opened: OpenBundle, identifiers: Sequence[Candidate]) -> Ins | None:
    """The identifier whose type says INS in any of its codings; failing that, the one that only looks so, with what it says it is."""
    valued = [each for each in identifiers if each.value.get("value")]
    proved = [each for each in valued if each.holds and _type_of(each.value) in TYPES]
    alike = [each for each in valued if each.holds and _oid(each.value) in _OURS]
    chosen = next(iter((*proved, *alike)), None)
    left = [each.path for each in identifiers if each is not chosen]
    if left:
        text = "Cet identifiant du patient n’est pas repris : ce n’est pas un INS en vigueur."
        opened.warn("IDENTIFIANT_NON_REPRIS", text, " | ".join(sorted(left)))
    return Ins(chosen.value["value"], _oid(chosen.value), _type_of(chosen.value)) if chosen else None


def read_reliability(patient: Resource, *, has_ins: bool) -> tuple[str | None, bool, bool]:
    """The status of the identity, then whether it is doubtful, then whether it is invented."""
    status, comments = None, set()
    for part in extensions(patient, RELIABILITY):
        for inner in extensions(part):
            coding = inner.get("valueCoding")
            if inner.get("url") == "identityStatus" and isinstance(coding, dict):
                read = read_status(text_of(coding.get("system")), text_of(coding.get("code")), has_ins=has_ins)
                status = read.value if read else None
            elif inner.get("url") == "comment":
                comments |= {str(comment.get("code")) for comment in codings_of(inner.get("valueCodeableConcept"))}
    return status, "DOUT" in comments, "FICT" in comments


def patient_words(placed: PlacedResource, at: datetime) -> str:
    """A patient whose identity is not taken, as a person would read it out."""
    patient = placed.resource
    names = candidates(patient.get("name", ()), "", at)
    name = next(iter(names)).value if names else {}
    parts = (
        str(name.get("text") or " ".join([str(name.get("family", "")), *name.get("given", ())]).strip()),
        f"né(e) {when(patient['birthDate'])}" if patient.get("birthDate") else "",
        SEX.get(patient.get("gender", ""), ""),
        *(str(each.value["value"]) for each in phones(placed, at)),
    )
    return ", ".join(part for part in parts if part)


def read_insee(address: Resource) -> str | None:
    """The INSEE code: an extension of the address, of its district or city, by either table, else `district` itself.

    One that has the form of a code wins; else what was said there, so that it can be remarked upon.
    """
    holders = [address, *(part for part in (address.get("_district"), address.get("_city")) if isinstance(part, dict))]
    codes: list[str] = []
    for extension in (each for holder in holders for each in extensions(holder)):
        coding = extension.get("valueCoding")
        codings = [coding] if isinstance(coding, dict) else codings_of(extension.get("valueCodeableConcept"))
        ours = extension.get("url") == INSEE_EXTENSION
        codes += [
            str(entry.get("code", "")) for entry in codings if ours or INSEE_TABLE.search(str(entry.get("system")))
        ]
    if district := text_of(address.get("district")):
        codes.append(district)
    return next((code for code in codes if _INSEE.fullmatch(code)), codes[0] if codes else None)


def extensions(holder: Any, url: str | None = None) -> Iterator[Resource]:  # noqa: ANN401 - JSON as it comes
    """The extensions of an element, of one URL where one is named; what is not one is passed over."""
    listed = holder.get("extension") if isinstance(holder, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and (url is None or each.get("url") == url):
            yield each


def identifier_of(resource: Resource, at: datetime, *wanted: str) -> str | None:
    """The value of the first identifier under one of these systems, in the order wanted; those that no longer hold last."""
    kept = candidates(resource.get("identifier", ()), "", at)
    by_system = {each.value.get("system"): each.value.get("value") for each in reversed(kept)}
    return next((by_system[system] for system in wanted if by_system.get(system)), None)


def _birth_list(official: Resource) -> str | None:
    return next((text_of(extension.get("valueString")) for extension in extensions(official, BIRTH_LIST)), None)


def _birth_place(patient: Resource) -> str | None:
    addresses = (extension.get("valueAddress") for extension in extensions(patient, BIRTH_PLACE))
    return next((read_insee(address) for address in addresses if isinstance(address, dict)), None)


def _type_of(identifier: Resource) -> str:
    """The type that says INS, whatever stands before it; else the first one."""
    codes: Iterable[Any] = [coding.get("code", "") for coding in codings_of(identifier.get("type"))]
    return str(next((code for code in codes if code in TYPES), next(iter(codes), "")))


def _oid(identifier: Resource) -> str:
    return str(identifier.get("system", "")).removeprefix("urn:oid:")


def text_of(value: Any) -> str | None:  # noqa: ANN401 - JSON as it comes
    """A text that says something."""
    return value if isinstance(value, str) and value.strip() else None


def relations(holder: Resource) -> str:
    """What somebody is to the patient."""
    return ", ".join(word for word in (concept(each) for each in holder.get("relationship", ())) if word)
