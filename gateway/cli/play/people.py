"""Invented people of a scenario: the truth that every system is judged by. Nobody of this name exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from random import Random

GIVEN_NAMES: Final = ("Alix", "Camille", "Claude", "Dominique", "Eden", "Lou", "Maxime", "Noa", "Sacha", "Yaël")
SEVERITIES: Final = {"UA": 15, "UR": 35, "IMP": 45, "DCD": 5}
"""Category → its share of a crowd, in percent."""


@dataclass(slots=True)
class Person:
    """One human being of a scenario, and what is true of them now."""

    key: str
    """Stable over a play: `p-0042`. Also the identifier of their record in the portal."""
    family_name: str
    given_name: str
    age: int
    sex: str
    severity: str
    place: str
    """Identifier of a localisation of the event."""
    bracelet: str | None = None
    named: bool = True
    """Whether anybody knows the name yet."""
    hospital: str | None = None
    """FINESS number of the establishment where the person was admitted."""
    records: list[str] = field(default_factory=list)
    """Records of the portal that stand for this person: one, or more while a double is not yet seen."""

    def document(self) -> dict[str, Any]:
        """What the portal is told when the person is first seen."""
        document: dict[str, Any] = {
            "severity_entry": self.severity,
            "localisation_id": self.place,
            "sex": self.sex,
            "sinus_number": self.bracelet,
            **(self.identity() if self.named else {}),
        }
        return {name: value for name, value in document.items() if value is not None}

    def identity(self) -> dict[str, Any]:
        """What is learnt of the person later."""
        return {
            "used_name": self.family_name,
            "given_name": self.given_name,
            "age": {"value": self.age, "unit": "years"},
        }


class Crowd:
    """Makes people, each once, the same ones for the same seed."""

    def __init__(self, random: Random, places: tuple[str, ...], series: int) -> None:
        """`series`: the département's radio code in the numbers of the bracelets (three digits)."""
        self._random = random
        self._places = places
        self._series = series
        self.people: list[Person] = []

    def next(
        self,
        *,
        severity: str | None = None,
        place: str | None = None,
        bracelet: bool | None = None,
        named: bool | None = None,
    ) -> Person:
        """One more person; what is not given is drawn. People who are not hurt have a bracelet one time in three."""
        number = len(self.people) + 1
        category = severity or self._random.choices(list(SEVERITIES), list(SEVERITIES.values()))[0]
        with_bracelet = self._random.random() < (0.33 if category == "IMP" else 0.9) if bracelet is None else bracelet
        person = Person(
            key=f"p-{number:05d}",
            family_name=f"ESSAI-{number:05d}",
            given_name=self._random.choice(GIVEN_NAMES),
            age=self._random.randint(1, 95),
            sex=self._random.choice(("F", "M")),
            severity=category,
            place=place or self._random.choice(self._places),
            bracelet=self.bracelet(number) if with_bracelet else None,
            named=self._random.random() < 0.7 if named is None else named,  # noqa: PLR2004 - seven of ten can say it
        )
        self.people.append(person)
        return person

    def bracelet(self, number: int) -> str:
        """A number of the field's series, as it is printed."""
        return f"FR {self._series:03d} NOVI - 0000 TR - {number:06d}"
