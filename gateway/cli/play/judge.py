"""Who is held where, beside who there is: the verdict of a play, from each system's own word and never from the gateway's."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.cli.play.people import Person

PORTAL: Final = "portal"
NOT_CODED: Final = "NC"


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One record that a system holds of a person."""

    record: str
    """The portal's identifier of the record."""
    name: str | None
    numbers: frozenset[str]
    category: str


@dataclass(slots=True)
class Findings:
    """What one system holds otherwise than it is. Keys of persons, never a name."""

    system: str
    held: int = 0
    missing: list[str] = field(default_factory=list)
    """Nobody of the system's records is this person."""
    duplicate: list[str] = field(default_factory=list)
    """Several of its records are."""
    falsely_merged: list[str] = field(default_factory=list)
    """A record of this person has the name or the number of somebody else."""
    wrong_category: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Records that are nobody's."""

    @property
    def right(self) -> bool:
        """Whether nothing was found."""
        return not (self.missing or self.duplicate or self.falsely_merged or self.wrong_category or self.unknown)


def judge(system: str, people: Sequence[Person], held: Iterable[HeldRecord]) -> Findings:
    """Compare one system's records with the people."""
    owner = {record: person for person in people for record in person.records}
    of_name = {person.family_name: person.key for person in people}
    of_number = {compact(person.bracelet): person.key for person in people if person.bracelet}
    by_person: dict[str, list[HeldRecord]] = defaultdict(list)
    findings = Findings(system)
    for record in held:
        findings.held += 1
        person = owner.get(record.record)
        if person is None:
            findings.unknown.append(record.record)
            continue
        by_person[person.key].append(record)
        others = {of_name.get(record.name or "", person.key)} | {of_number.get(n, person.key) for n in record.numbers}
        if others != {person.key}:
            findings.falsely_merged.append(person.key)
        if record.category != person.severity:
            findings.wrong_category.append(person.key)
    for person in people:
        copies = len(by_person[person.key])
        if person.records and not copies:
            findings.missing.append(person.key)
        if copies > 1:
            findings.duplicate.append(person.key)
    return findings


def portal_records(patients: Iterable[Mapping[str, Any]]) -> list[HeldRecord]:
    """The portal's own, by the door that lists them."""
    return [
        HeldRecord(
            patient["id"],
            patient.get("used_name"),
            _numbers(patient.get("sinus_number"), patient.get("sinus_number_hp")),
            patient.get("severity") or NOT_CODED,
        )
        for patient in patients
    ]


def sinus_records(state: Mapping[str, Any], event_id: str) -> list[HeldRecord]:
    """SINUS's, without the withdrawn ones."""
    return [
        HeldRecord(
            record,
            victim["fiche"].get("identite", {}).get("nomUsuel"),
            _numbers(*victim["numeros"]),
            victim["fiche"].get("categorie") or NOT_CODED,
        )
        for event in state["evenements"].values()
        if event["idPasserelle"] == event_id
        for record, victim in event["victimes"].items()
        if victim["fiche"]["retiree"] not in {"true", "1"}
    ]


def sivic_records(state: Mapping[str, Any], event_id: str) -> list[HeldRecord]:
    """SI-VIC's, without the withdrawn ones."""
    ours = {number for number, event in state["events"].items() if event_id in event["portal"]}
    return [
        HeldRecord(
            record,
            held["person"].get("identite", {}).get("nomUsage"),
            _numbers(held["person"].get("numeroSinus"), held["person"].get("numeroSinusHp"), held["given_number"]),
            held["person"]["categorie"],
        )
        for record, held in state["persons"].items()
        if held["event"] in ours and not held["withdrawn"]
    ]


def totals(findings: Sequence[Findings]) -> dict[str, int]:
    """How many persons are missing, double or falsely merged somewhere: a person counts once however many systems are wrong."""
    return {
        name: len(set().union(*(getattr(each, name) for each in findings)))
        for name in ("missing", "duplicate", "falsely_merged")
    }


def by_category(people: Iterable[Person]) -> dict[str, int]:
    """The true count."""
    return dict(Counter(person.severity for person in people if person.records))


def compact(number: str | None) -> str:
    """A number as it is compared: without spaces and dashes."""
    return "".join(character for character in number or "" if character.isalnum())


def _numbers(*numbers: str | None) -> frozenset[str]:
    return frozenset(compact(number) for number in numbers if number)
