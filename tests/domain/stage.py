"""One event and its victims in memory, moved by the real rules: what every test of the domain starts from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain.decisions.commands import CreatePatient, PatientCommand
from domain.decisions.decide import Surroundings, decide
from domain.event import Event, open_event
from domain.numbers.cata import CATA_CODE
from domain.numbers.identifier import SINUS_KINDS, IdentifierKind
from domain.rules import DEFAULT_RULES, Rules
from domain.source import Source
from domain.victim.observation import Observation, Stamp
from domain.victim.projection import observe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.victim.victim import Victim

NOON = datetime(2020, 9, 1, 12, 0, tzinfo=UTC)
PLACES = (
    ("amb", "Ambulance"),
    ("cyan", "Parking Cyan"),
    ("mag", "Parking Magenta"),
    ("pma", "PMA"),
    ("stade", "Stade"),
)
HOSPITAL = {"finess": "820000016", "name": "CH Essai", "service": None}
TR = "FR825NOVI0000TR123123"
TR_2 = "FR825NOVI0000TR123124"
HP = "FR825NOVI2023HP000001"


class Stage:
    """A register small enough to be read: an event, a log, the current victims."""

    def __init__(self, places: Iterable[tuple[str, str]] = PLACES, rules: Rules = DEFAULT_RULES) -> None:
        self.rules = rules
        self.event: Event = open_event("evt", "ESSAI", "ACEL", "Exercise", NOON, places, rules=rules)
        self.victims: dict[str, Victim] = {}
        self.log: list[Observation] = []
        self.now = NOON

    def stamp(self, source: Source = Source.PORTAL, late: float = 0) -> Stamp:
        """The next instant, said `late` seconds after it happened."""
        self.now += timedelta(seconds=1)
        return Stamp(source, "arm-essai", self.now - timedelta(seconds=late), self.now)

    def do(
        self,
        victim_id: str,
        command: PatientCommand,
        source: Source = Source.PORTAL,
        late: float = 0,
        stamp: Stamp | None = None,
    ) -> Victim:
        """Decide, append, fold; the victim as it is then."""
        self.hear(*self.decided(victim_id, command, stamp or self.stamp(source, late)))
        return self.victims[victim_id]

    def decided(self, victim_id: str, command: PatientCommand, stamp: Stamp) -> tuple[Observation, ...]:
        """What the rules make of a command, appended nowhere."""
        return decide(self.event, self.victims.get(victim_id), command, stamp, self.around, self.rules)

    def hear(self, *observations: Observation) -> None:
        """Append and fold."""
        for observation in observations:
            self.log.append(observation)
            known = self.victims.get(observation.victim_id)
            self.victims[observation.victim_id] = observe(known, observation, self.rules)

    def create(self, victim_id: str = "p1", source: Source = Source.PORTAL, **fields: Any) -> Victim:
        """A victim, UA at the first place unless said otherwise."""
        return self.do(victim_id, CreatePatient(victim_id, {"severity_entry": "UA", **fields}), source)

    @property
    def around(self) -> Surroundings:
        """The two questions, answered from the victims here."""
        return Surroundings(self._holder, self._next_serial)

    def _holder(self, number: str) -> str | None:
        for victim in self.victims.values():
            if any(one.holds and one.kind in SINUS_KINDS and one.value == number for one in victim.identifiers):
                return victim.id
        return None

    def _next_serial(self, letter: str) -> int:
        given = [
            int(one.value[1:])
            for victim in self.victims.values()
            for one in victim.identifiers
            if one.kind is IdentifierKind.CATA and CATA_CODE.fullmatch(one.value) and one.value[0] == letter
        ]
        return max(given, default=0) + 1
