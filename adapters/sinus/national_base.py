"""What the simulated SINUS keeps, and its rules: versions, numbers, links, recounts. Knows documents, not HTTP.

One victim is one record, however many numbers it bears. A number is freed by a detachment and by nothing else: neither a
newer record without it nor a withdrawal lets another victim take it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.sinus.faults import Code

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

COUNTED = {"UA": "@ua", "UR": "@ur", "IMP": "@imp", "DCD": "@dcd", None: "@nonCode"}


class RefusedError(Exception):
    """A document that breaks a rule of the base."""

    def __init__(self, status: int, code: Code, field_name: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.field = field_name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the base did: the content of an `accuse`."""

    result: str
    sinus_id: str
    held_version: int


@dataclass(slots=True)
class HeldVictim:
    """The last record of a victim, and the numbers that name it."""

    sinus_id: str
    version: int
    record: dict[str, Any]
    numbers: set[str] = field(default_factory=set)
    of_the_field: bool = False
    """Scanned by the firefighters: no victim of the portal, until a person joins the two."""


@dataclass(slots=True)
class HeldEvent:
    """An event of SINUS, linked to one of ours or not yet."""

    sinus_id: str
    name: str
    gateway_id: str | None = None
    version: int = -1
    document: dict[str, Any] = field(default_factory=dict)
    victims: dict[str, HeldVictim] = field(default_factory=dict)
    bearers: dict[str, str] = field(default_factory=dict)
    """Number → the victim it names, until it is detached."""
    counts: dict[str, Any] | None = None
    detached: list[dict[str, Any]] = field(default_factory=list)
    last_victim: int = 0

    def next_victim(self) -> int:
        """The next serial of a record: none is given twice, also when two records became one."""
        self.last_victim += 1
        return self.last_victim


class NationalBase:
    """The events of one mode."""

    def __init__(self, mode: str, clock: Callable[[], datetime]) -> None:
        self.mode = mode
        self._clock = clock
        self._events: dict[str, HeldEvent] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._events.clear()

    def open_in_the_field(self, name: str) -> str:
        """An event that SINUS opened by itself, for ours to be linked to."""
        sinus_id = f"SINUS-{self._clock().year}-{len(self._events) + 1:05d}"
        self._events[sinus_id] = HeldEvent(sinus_id, name)
        return sinus_id

    def scan_in_the_field(self, sinus_event: str, number: str, category: str | None) -> str:
        """A bracelet that SINUS had first: a record that no portal told of."""
        event = self.event(sinus_event)
        if number in event.bearers:
            raise RefusedError(409, Code.NUMERO_DEJA_ATTRIBUE, "numero")
        sinus_id = f"{event.sinus_id}-V{event.next_victim():04d}"
        record = {"retiree": "false", "numero": number} | ({"categorie": category} if category else {})
        event.victims[sinus_id] = HeldVictim(sinus_id, 0, record, {number}, of_the_field=True)
        event.bearers[number] = sinus_id
        return sinus_id

    def tell_event(self, gateway_id: str, document: dict[str, Any]) -> Outcome:
        """Open, link or change."""
        left = self._events.get(document.get("quitte", ""))
        if left is not None and left.gateway_id == gateway_id:
            left.gateway_id = None
        event = self._linked(gateway_id, document) or self._new(document)
        version = int(document["version"])
        if version <= event.version:
            return Outcome("perimee", event.sinus_id, event.version)
        event.gateway_id, event.version, event.document = gateway_id, version, document
        event.name = document["nom"]
        return Outcome("prise", event.sinus_id, version)

    def _linked(self, gateway_id: str, document: dict[str, Any]) -> HeldEvent | None:
        """The event that the document speaks of, if it is already there."""
        named = document.get("idSinus")
        if document["action"] == "lier" and not named:
            raise RefusedError(422, Code.CHAMP_REQUIS, "idSinus")
        known = next((event for event in self._events.values() if event.gateway_id == gateway_id), None)
        if known and named not in {None, known.sinus_id}:
            raise RefusedError(409, Code.EVENEMENT_DEJA_LIE, "idSinus")
        if known or not named:
            return known
        target = self.event(named)
        if target.gateway_id is not None:
            raise RefusedError(409, Code.EVENEMENT_DEJA_LIE, "idSinus")
        return target

    def _new(self, document: dict[str, Any]) -> HeldEvent:
        return self._events[self.open_in_the_field(document["nom"])]

    def tell_victim(self, sinus_event: str, victim_id: str, record: dict[str, Any]) -> Outcome:
        """The whole record of a victim; an older one changes nothing."""
        event, version = self.event(sinus_event), int(record["version"])
        victim = event.victims.get(victim_id)
        if victim and version <= victim.version:
            return Outcome("perimee", victim.sinus_id, victim.version)
        numbers = _borne(record)
        victim = self._joined(event, victim_id, record) or victim
        if any(event.bearers.get(number, victim_id) != victim_id for number in numbers):
            raise RefusedError(409, Code.NUMERO_DEJA_ATTRIBUE, "numero")
        if victim is None:
            sinus_id = f"{event.sinus_id}-V{event.next_victim():04d}"
            victim = event.victims[victim_id] = HeldVictim(sinus_id, version, record)
        victim.version, victim.record = version, record
        victim.numbers |= numbers
        event.bearers |= dict.fromkeys(numbers, victim_id)
        return Outcome("prise", victim.sinus_id, version)

    def _joined(self, event: HeldEvent, victim_id: str, record: dict[str, Any]) -> HeldVictim | None:
        """The record of the field that a person said to be this victim's, from now on this victim's; a portal's own is never taken."""
        bearer = event.bearers.get(record.get("ficheDuNumero", ""), victim_id)
        field_record = event.victims.get(bearer)
        if bearer == victim_id or field_record is None or not field_record.of_the_field:
            return None
        del event.victims[bearer]
        known = event.victims.get(victim_id)
        joined = known or field_record
        joined.numbers |= field_record.numbers
        joined.of_the_field = False
        event.victims[victim_id] = joined
        event.bearers |= dict.fromkeys(field_record.numbers, victim_id)
        return joined

    def detach(self, sinus_event: str, document: dict[str, Any]) -> Outcome:
        """Free a number, unless a newer record of the victim bears it again."""
        event, version = self.event(sinus_event), int(document["version"])
        victim = event.victims.get(document["victime"])
        if victim is None:
            return Outcome("sansObjet", event.sinus_id, version)
        if version < victim.version and document["numero"] in _borne(victim.record):
            return Outcome("perimee", victim.sinus_id, victim.version)
        if document["numero"] not in victim.numbers:
            return Outcome("sansObjet", victim.sinus_id, victim.version)
        victim.numbers.discard(document["numero"])
        del event.bearers[document["numero"]]
        event.detached.append(document)
        return Outcome("prise", victim.sinus_id, victim.version)

    def tell_counts(self, sinus_event: str, document: dict[str, Any]) -> Outcome:
        """The last count said by the gateway."""
        event, version = self.event(sinus_event), int(document["version"])
        _check_sums(document)
        held = int(event.counts["version"]) if event.counts else -1
        if version <= held:
            return Outcome("perimee", event.sinus_id, held)
        event.counts = document
        return Outcome("prise", event.sinus_id, version)

    def recount(self, sinus_event: str) -> dict[str, Any]:
        """The count of the records held, whatever was said of it; withdrawn victims are left out."""
        records = [victim.record for victim in self.event(sinus_event).victims.values()]
        seen = Counter(record.get("categorie") for record in records if record["retiree"] not in {"true", "1"})
        counts = {name: seen[category] for category, name in COUNTED.items()}
        total = sum(counts.values())
        return {**counts, "@total": total, "@totalSansImp": total - counts["@imp"]}

    def records(self, sinus_event: str) -> list[dict[str, Any]]:
        """Everybody held, as `fiche` of the contract, in the order they were first told; withdrawn ones are left out."""
        return [
            {
                "@idSinus": victim.sinus_id,
                "@idPasserelle": None if victim.of_the_field else id_,
                "@version": victim.version,
                "@categorie": victim.record.get("categorie"),
                "@numero": victim.record.get("numero"),
                "@lieu": victim.record.get("lieu", {}).get("@id"),
                "@finess": victim.record.get("destination", {}).get("@finess"),
            }
            for id_, victim in self.event(sinus_event).victims.items()
            if victim.record["retiree"] not in {"true", "1"}
        ]

    def event(self, sinus_id: str) -> HeldEvent:
        """One event, or a refusal."""
        if sinus_id not in self._events:
            raise RefusedError(404, Code.EVENEMENT_INCONNU, "idSinus")
        return self._events[sinus_id]

    def snapshot(self) -> dict[str, Any]:
        """Everything held, as JSON-safe values."""
        return {"mode": self.mode, "evenements": {id_: self._shown(event) for id_, event in self._events.items()}}

    def _shown(self, event: HeldEvent) -> dict[str, Any]:
        victims = {
            id_: {"idSinus": victim.sinus_id, "numeros": sorted(victim.numbers), "fiche": victim.record}
            for id_, victim in event.victims.items()
        }
        return {
            "nom": event.name,
            "idPasserelle": event.gateway_id,
            "evenement": event.document,
            "victimes": victims,
            "detachements": event.detached,
            "denombrement": event.counts,
            "recomptage": self.recount(event.sinus_id),
        }


def _borne(record: dict[str, Any]) -> set[str]:
    return {record[key] for key in ("numero", "numeroEtablissement") if key in record}


def _check_sums(document: dict[str, Any]) -> None:
    """Each line must be the sum of its categories; the schema cannot add."""
    names = ("parLocalisation", "parDestination", "parTrancheAge", "parNationalite")
    for name, line in [("total", document["total"]), *((n, line) for n in names for line in document.get(n, []))]:
        total = sum(int(line[key]) for key in COUNTED.values())
        if int(line["@total"]) != total or int(line["@totalSansImp"]) != total - int(line["@imp"]):
            raise RefusedError(422, Code.TOTAL_INCOHERENT, name)
