"""What is known of the patient's health, each resource as the line that a person will read under the note.

A resource about another patient is left out; one that carries a state is told with it, in front. A Flag whose kind is not known is kept as text:
unknown is not unimportant. What each element is told as stands in the table `adapters.wire.fhir.clinical`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.wire.fhir.clinical import OBSERVATION, TOLD
from adapters.wire.fhir.parts import PARTS
from adapters.wire.fhir.reading.values.current import why_later
from adapters.wire.fhir.reading.values.words import Teller, concept, instant, period, ucum, when
from adapters.wire.fhir.vocabulary import LOINC, codes
from domain.intervention.request import Fact, FactKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.vocabulary import PlacedResource, Resource

AGE = "30525-0"
WEIGHT = "29463-7"
VITALS: Mapping[str, str] = {
    "59408-5": "SpO2",
    "2708-6": "SpO2",
    "9279-1": "FR",
    "8867-4": "FC",
    "85354-9": "Pression artérielle",
    "8480-6": "PA systolique",
    "8462-4": "PA diastolique",
    "8310-5": "Température",
    "9269-2": "Glasgow",
    "29463-7": "Poids",
    "30525-0": "Âge",
    "8302-2": "Taille",
}
"""LOINC → what a regulating doctor calls it."""
UNITS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    AGE: (frozenset({"a"}), frozenset({"a", "an", "ans", "année", "années", "year", "years", "yr", "yrs"})),
    WEIGHT: (frozenset({"kg"}), frozenset({"kg", "kilo", "kilos", "kilogramme", "kilogrammes"})),
}
"""LOINC → the UCUM code, and the words without a code, under which its number is the one of our field."""
FLAGS: Mapping[str, FactKind] = {
    "INFECTION": FactKind.DANGER,
    "DANGER": FactKind.DANGER,
    "ANIMAL": FactKind.DANGER,
    "BARIATRIQUE": FactKind.MOBILITY,
    "MOBILITE": FactKind.MOBILITY,
    "OXYGENE": FactKind.DEVICE,
    "DISPOSITIF": FactKind.DEVICE,
    "SEUL": FactKind.ALONE,
}
"""Our `type-alerte` → the line it makes."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What observations say."""

    age: str | None
    """In years."""
    weight_kg: str | None
    facts: list[Fact]


def about(opened: OpenBundle, patient: PlacedResource, *types: str) -> Iterator[PlacedResource]:
    """The resources of some types that are about the patient of the request; those about another one are warned of."""
    for placed in opened.of_type(*types):
        reference = placed.resource.get("subject") or placed.resource.get("patient")
        target = opened.names.resolve(placed, reference) if isinstance(reference, dict) else None
        if target is None or target is patient or target.type != "Patient":
            yield placed
        else:
            text = "Cette ressource est d’un autre patient que celui de la demande : elle n’est pas reprise."
            opened.warn("AUTRE_PATIENT", text, placed.path)


def read_observations(opened: OpenBundle, patient: PlacedResource) -> Vitals:
    """The age announced and the weight, of the newest that can be read, and every other observation as a line."""
    observed = list(about(opened, patient, "Observation"))
    numbers: dict[str, str] = {}
    taken: set[str] = set()
    for loinc, (known, words) in UNITS.items():
        bearing = [each for each in observed if loinc in codes([each.resource.get("code", {})], LOINC)]
        exact = [each for each in bearing if _is_exact(opened, each, known, words)]
        if exact:
            newest = max(exact, key=lambda each: instant(_moment(each.resource)))
            value = newest.resource["valueQuantity"]["value"]
            numbers[loinc] = str(value) if loinc == AGE else repr(value)
            taken.add(newest.path if loinc == AGE else "")
    lines = [_observation(opened, each) for each in observed if each.path not in taken]
    facts = [Fact(FactKind.VITALS, line) for line in lines if line]
    return Vitals(numbers.get(AGE), numbers.get(WEIGHT), facts)


def _is_exact(opened: OpenBundle, placed: PlacedResource, known: frozenset[str], words: frozenset[str]) -> bool:
    """Whether the number is one of our field: exact, of a known unit, without a reserve. If not, it stays in words, and that is said."""
    value = placed.resource.get("valueQuantity", {})
    if placed.words or value.get("value") is None or value.get("comparator"):
        return False
    code = ucum(value)
    bare = str(value.get("unit", "")).strip().casefold()
    if code in known or ("code" not in value and bare in words):
        return True
    text = "L’unité n’est pas celle du champ : la valeur est transmise en texte, telle que reçue."
    opened.warn("UNITE", text, f"{placed.path}.valueQuantity")
    return False


def _observation(opened: OpenBundle, placed: PlacedResource) -> str:
    """`[PROVISOIRE] SpO2 < 70 %, siège : doigt (01/01/2026 07:55)`."""
    resource, teller = placed.resource, Teller(opened, placed)
    inner = (_component(teller, each) for each in resource.get("component", ()))
    parts = ", ".join(part for part in (teller.sentence(resource, OBSERVATION), *inner) if part)
    label = _label(resource.get("code", {}))
    line = f"{label} {parts}".strip()
    moment = _told_moment(resource)
    state = f"[{placed.words}] " if placed.words else ""
    return f"{state}{line}{f' ({moment})' if moment else ''}" if line else ""


def _component(teller: Teller, component: Resource) -> str:
    return f"{_label(component.get('code', {}))} {teller.sentence(component, PARTS['Component'])}".strip()


def _label(code: Resource) -> str:
    known = next((VITALS[each] for each in codes([code], LOINC) if each in VITALS), None)
    # A name that the sender wrote in its own words says more than ours.
    return f"{known} ({code['text']})" if known and code.get("text") not in {None, known} else known or concept(code)


def _moment(resource: Resource) -> str | None:
    effective = resource.get("effectivePeriod", {})
    moments = (resource.get("effectiveDateTime"), resource.get("effectiveInstant"), effective.get("end"))
    return next((each for each in (*moments, effective.get("start"), resource.get("issued")) if each), None)


def _told_moment(resource: Resource) -> str:
    moment = _moment(resource)
    first = period(resource["effectivePeriod"]) if "effectivePeriod" in resource else when(moment) if moment else ""
    issued = resource.get("issued")
    return f"{first}, publié le {when(issued)}" if issued and issued != moment else first


def read_history(opened: OpenBundle, patient: PlacedResource) -> list[Fact]:
    """History, treatment, allergies, and what else has a line in the table."""
    lines = []
    for placed in about(opened, patient, *TOLD):
        line = TOLD[placed.type]
        text = Teller(opened, placed).sentence(placed.resource, line.elements)
        if text:
            lines.append(Fact(line.kind, f"{f'[{placed.words}] ' if placed.words else ''}{text}"))
    return lines


def read_alerts(opened: OpenBundle, patient: PlacedResource, at: datetime) -> list[Fact]:
    """Flags, each under what it is an alert of."""
    lines = []
    for placed in about(opened, patient, "Flag"):
        resource = placed.resource
        kinds = codes(resource.get("category", ()))
        kind = next((FLAGS[code] for code in kinds if code in FLAGS), FactKind.OTHER)
        named = [concept(each) for each in resource.get("category", ())]
        words = concept(resource.get("code", {})) or next(iter(kinds), "")
        if kind is FactKind.OTHER and named and words not in named:
            words = f"{', '.join(named)} : {words}"
        late = why_later({"period": resource.get("period")}, at).upper()
        if late:
            text = f"Cette ressource n’est reprise qu’avec son état : {late.lower()}."
            opened.warn("STATUT", text, f"{placed.path}.period")
        state = ", ".join(part for part in (placed.words, late) if part)
        dates = period(resource["period"]) if "period" in resource else ""
        text = f"{f'[{state}] ' if state else ''}{words}{f' ({dates})' if dates else ''}"
        lines.append(Fact(kind, text if words else ""))
    return [line for line in lines if line.text]


def read_consent(opened: OpenBundle, patient: PlacedResource) -> list[Fact]:
    """That a consent is joined, or a refusal."""
    lines = []
    for placed in about(opened, patient, "Consent"):
        resource = placed.resource
        provision = resource.get("provision", {})
        what = "refus joint" if provision.get("type") == "deny" else "consentement joint"
        dates = [when(resource["dateTime"])] if "dateTime" in resource else []
        dates += [period(provision["period"])] if "period" in provision else []
        state = placed.words.lower() or ("" if resource.get("status") == "active" else "non actif")
        lines.append(Fact(FactKind.CONSENT, ", ".join(part for part in (what, state, *dates) if part)))
    return lines


def request_facts(opened: OpenBundle, asked: PlacedResource, own_codes: str) -> Sequence[Fact]:
    """The wishes and words of the ServiceRequest itself; a code of `own_codes` is the kind of the request and no reason."""
    request, teller = asked.resource, Teller(opened, asked)
    reserve = [Fact(FactKind.OTHER, f"Demande : {asked.words}")] if asked.words else []
    code = request.get("code", {})
    motive = [] if codes([code], own_codes) else [Fact(FactKind.MOTIVE, concept(code))]
    lines = [*reserve, *motive, *(Fact(FactKind.MOTIVE, concept(each)) for each in request.get("reasonCode", ()))]
    if request.get("priority"):
        lines.append(Fact(FactKind.URGENCY, PRIORITIES[request["priority"]]))
    lines += [Fact(FactKind.MEANS, concept(each)) for each in request.get("orderDetail", ())]
    if request.get("occurrenceDateTime") not in {None, request.get("authoredOn")}:
        lines.append(Fact(FactKind.OTHER, f"Souhaité pour {when(request['occurrenceDateTime'])}"))
    lines += [Fact(FactKind.PHONE_CALL, teller.value(each, "Annotation")) for each in request.get("note", ())]
    lines.append(Fact(FactKind.OTHER, request.get("patientInstruction", "")))
    return [line for line in lines if line.text]


PRIORITIES: Mapping[str, str] = {
    "routine": "sans urgence",
    "urgent": "urgent",
    "asap": "dès que possible",
    "stat": "immédiate",
}
"""The sender's wish, in words: it is never the regulating doctor's priority."""
