"""What the simulated SI-VIC holds, and its rules; no XML, no HTTP.

A version that is not newer changes nothing, a message taken twice is answered as the first time, a withdrawal is
remembered so that an older announcement cannot undo it, a number names one person per event, and a person who comes
without a number is given one of the HP range. It refuses to invent what hospitals do: nobody is admitted here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from adapters.sivic.faults import FaultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

CATEGORIES = ("UA", "UR", "IMP", "DCD", "NC")
PAGE = 500
"""Persons in one page of `ConsulterPersonnesReponse`: the most that the contract allows."""
NUMBERS = ("numeroSinus", "numeroSinusHp")
HP_DEPARTMENT = "999"
"""No département has this radio code: a number of the simulator is seen at once."""


class RefusedError(Exception):
    """What SI-VIC does not take, by a code of its contract."""

    def __init__(self, code: FaultCode, *fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


@dataclass
class HeldEvent:
    """A SI-VIC event and the portal's events it stands for."""

    id: str
    portal: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Open as long as one of the portal's is."""
        return "OUVERT" if any(event["statut"] == "OUVERT" for event in self.portal.values()) else "CLOS"


@dataclass(frozen=True)
class Fiche:
    """A person: as last said, or withdrawn (`person` is None) since a version."""

    version: int
    event: str
    """The portal's."""
    id: str | None = None
    person: dict[str, Any] | None = None
    given_number: str | None = None
    own: bool = False
    """Made by SI-VIC itself (an établissement, another SAMU): no person of the portal, until somebody joins the two."""

    def numbers(self) -> Iterator[str]:
        """The SINUS numbers that name this person here."""
        if self.person is not None:
            yield from (self.person[name] for name in NUMBERS if name in self.person)
            if self.given_number:
                yield self.given_number


class HeldSivic:
    """The whole memory of one simulated SI-VIC."""

    def __init__(self, mode: str, clock: Callable[[], datetime]) -> None:
        """`mode` in the words of the contract: REEL or EXERCICE."""
        self._mode = mode
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._events: dict[str, HeldEvent] = {}
        self._event_of: dict[str, str] = {}
        self._fiches: dict[str, Fiche] = {}
        self._bearers: dict[tuple[str, str], str] = {}
        """(SI-VIC event, SINUS number) → the person it names."""
        self._answers: dict[str, tuple[str, dict[str, Any]]] = {}
        self._given = Counter[str]()

    def snapshot(self) -> dict[str, Any]:
        """Events, persons by identifier, and counts by event."""
        return {
            "mode": self._mode,
            "events": {id_: {"portal": event.portal, "status": event.status} for id_, event in self._events.items()},
            "persons": {
                id_: {
                    "fiche": fiche.id,
                    "version": fiche.version,
                    "event": self._event_of.get(fiche.event),
                    "withdrawn": fiche.person is None,
                    "given_number": fiche.given_number,
                    "person": fiche.person,
                }
                for id_, fiche in self._fiches.items()
            },
            "counts": {id_: self._count(id_) for id_ in self._events},
        }

    def once(self, request: dict[str, Any], work: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Do the work of a message once; later, answer what was answered. A refusal is not remembered."""
        self._check_mode(request)
        message_id = request["idMessage"]
        digest = hashlib.sha256(repr(request).encode()).hexdigest()
        known, answer = self._answers.get(message_id, (digest, None))
        if known != digest:
            raise RefusedError(FaultCode.CONFLIT, "idMessage")
        if answer is not None:
            return {**answer, "doublon": True}
        answer = work(request)
        self._answers[message_id] = (digest, answer)
        return {**answer, "doublon": False}

    def open_or_link(self, request: dict[str, Any]) -> dict[str, Any]:
        """CREER makes an event at the first time; LIER needs one; both keep it up to date afterwards."""
        event = request["evenement"]
        known = self._event_of.get(event["idPortail"])
        if known is not None and request.get("quitte") == known:
            self._refuse_persons_of(event["idPortail"])
            del self._events[known].portal[event["idPortail"]]
            del self._event_of[event["idPortail"]]
            known = None
        if known is not None and int(event["version"]) <= int(
            self._events[known].portal[event["idPortail"]]["version"]
        ):
            return {"idEvenement": known, "etat": "PERIME"}
        wanted = self._wanted_event(request, known)
        if known == wanted:
            self._events[wanted].portal[event["idPortail"]] = event
            return {"idEvenement": wanted, "etat": "MIS_A_JOUR"}
        if known is not None:
            self._refuse_persons_of(event["idPortail"])
            del self._events[known].portal[event["idPortail"]]
        created = wanted not in self._events
        self._events.setdefault(wanted, HeldEvent(wanted)).portal[event["idPortail"]] = event
        self._event_of[event["idPortail"]] = wanted
        return {"idEvenement": wanted, "etat": "CREE" if created else "LIE"}

    def announce(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create the fiche, or replace it by a newer version."""
        return self._hold(request, "ANNONCEE")

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """Replace the fiche of a person who was announced and is not withdrawn."""
        fiche = self._fiches.get(request["personne"]["idPersonne"])
        if fiche is None or fiche.person is None:
            raise RefusedError(FaultCode.PERSONNE_INCONNUE, "personne.idPersonne")
        return self._hold(request, "MISE_A_JOUR")

    def withdraw(self, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing to do is not a fault, and is remembered: an older announcement may still be on its way."""
        id_, version = request["idPersonne"], int(request["version"])
        fiche = self._fiches.get(id_, Fiche(0, request["evenement"]))
        if version <= fiche.version:
            return self._told(fiche, "PERIMEE" if fiche.person is not None else "SANS_OBJET")
        self._keep(id_, replace(fiche, version=version, person=None))
        return self._told(self._fiches[id_], "RETIREE" if fiche.person is not None else "SANS_OBJET")

    def detach(self, request: dict[str, Any]) -> dict[str, Any]:
        """The number leaves the fiche, unless a newer state already said which numbers there are."""
        id_, number = request["idPersonne"], request["numeroSinus"]
        fiche = self._fiches.get(id_)
        if fiche is None or fiche.person is None:
            return self._told(fiche or Fiche(0, ""), "SANS_OBJET")
        if int(request["version"]) <= fiche.version:
            return self._told(fiche, "PERIMEE")
        kept = {name: value for name, value in fiche.person.items() if name not in NUMBERS or value != number}
        self._keep(id_, replace(fiche, person=kept))
        return self._told(fiche, "DETACHE" if kept != fiche.person else "SANS_OBJET")

    def consult(self, request: dict[str, Any]) -> dict[str, Any]:
        """How many persons an event holds."""
        self._check_mode(request)
        id_ = request["idEvenement"]
        if id_ not in self._events:
            raise RefusedError(FaultCode.EVENEMENT_SIVIC_INCONNU, "idEvenement")
        counts = {name.lower(): number for name, number in self._count(id_).items()}
        return {"idEvenement": id_, "statut": self._events[id_].status, **counts}

    def people(self, request: dict[str, Any]) -> dict[str, Any]:
        """One page of whom an event holds; the cursor is the rank of its first person."""
        self._check_mode(request)
        id_, first = request["idEvenement"], request.get("apres", "0")
        if id_ not in self._events:
            raise RefusedError(FaultCode.EVENEMENT_SIVIC_INCONNU, "idEvenement")
        if not (first.isdecimal() and len(first) < 10):  # noqa: PLR2004 - a rank, not an attack
            raise RefusedError(FaultCode.SCHEMA, "apres")
        held = [(person, fiche) for person, fiche in self._fiches.items() if self._event_of.get(fiche.event) == id_]
        there = [_listed(person, fiche) for person, fiche in held if fiche.person is not None]
        start, end = int(first), int(first) + PAGE
        more = str(end) if end < len(there) else None
        return {"idEvenement": id_, "personne": there[start:end], "suite": more}

    def _refuse_persons_of(self, portal_event: str) -> None:
        """An event with persons of the portal cannot be left: they are withdrawn first. SI-VIC's own do not count."""
        held = [fiche for fiche in self._fiches.values() if fiche.event == portal_event and not fiche.own]
        if any(fiche.person is not None for fiche in held):
            raise RefusedError(FaultCode.EVENEMENT_DEJA_LIE, "idEvenement")

    def _check_mode(self, request: dict[str, Any]) -> None:
        if request["mode"] != self._mode:
            raise RefusedError(FaultCode.MODE, "mode")

    def _wanted_event(self, request: dict[str, Any], known: str | None) -> str:
        if request["action"] == "CREER":
            self._given["event"] += known is None
            return known or f"EVT-{self._given['event']:06d}"
        wanted: str = request.get("idEvenement", "")
        if wanted not in self._events:
            raise RefusedError(FaultCode.EVENEMENT_SIVIC_INCONNU, "idEvenement")
        return wanted

    def _hold(self, request: dict[str, Any], state: str) -> dict[str, Any]:
        person, portal_event = request["personne"], request["evenement"]
        if portal_event not in self._event_of:
            raise RefusedError(FaultCode.EVENEMENT_INCONNU, "evenement")
        fiche = self._fiches.get(person["idPersonne"], Fiche(0, portal_event))
        if int(person["version"]) <= fiche.version:
            return self._told(fiche, "PERIMEE")
        if fiche.event != portal_event and fiche.person is not None:
            raise RefusedError(FaultCode.PERSONNE_AUTRE_EVENEMENT, "evenement")
        taken_over = self._joined(person, portal_event)
        self._refuse_numbers_of_others(person, portal_event)
        number = fiche.id or taken_over or self._next_fiche()
        fiche = Fiche(int(person["version"]), portal_event, number, person, fiche.given_number)
        if not any(fiche.numbers()):
            fiche = replace(fiche, given_number=self._next_number())
        self._keep(person["idPersonne"], fiche)
        return self._told(fiche, state)

    def _keep(self, id_: str, fiche: Fiche) -> None:
        """Replace a fiche: the numbers of the former name nobody, those of the new one name this person."""
        if former := self._fiches.get(id_):
            for number in former.numbers():
                self._bearers.pop((self._event_of[former.event], number), None)
        for number in fiche.numbers():
            self._bearers[self._event_of[fiche.event], number] = id_
        self._fiches[id_] = fiche

    def _joined(self, person: dict[str, Any], portal_event: str) -> str | None:
        """SI-VIC's own fiche that somebody said to be this person's: it ends, and its number of fiche goes on."""
        place = (self._event_of[portal_event], person.get("ficheDuNumero", ""))
        bearer = self._bearers.get(place)
        if bearer in {None, person["idPersonne"]} or not self._fiches[str(bearer)].own:
            return None
        ended = self._fiches.pop(str(bearer))
        for number in ended.numbers():
            self._bearers.pop((place[0], number), None)
        return ended.id

    def admit(self, event: str, number: str, category: str) -> str:
        """A fiche that SI-VIC has of its own, under a number that the portal may come with later."""
        portal_event = next((id_ for id_, known in self._event_of.items() if known == event), None)
        if portal_event is None:
            raise RefusedError(FaultCode.EVENEMENT_SIVIC_INCONNU, "idEvenement")
        if (event, number) in self._bearers:
            raise RefusedError(FaultCode.NUMERO_PORTE_AILLEURS, "numeroSinus")
        fiche = self._next_fiche()
        person = {"numeroSinus": number, "categorie": category}
        self._keep(f"sivic-{fiche}", Fiche(0, portal_event, fiche, person, own=True))
        return fiche

    def _refuse_numbers_of_others(self, person: dict[str, Any], portal_event: str) -> None:
        for name in NUMBERS:
            bearer = self._bearers.get((self._event_of[portal_event], person.get(name, "")))
            if bearer not in {None, person["idPersonne"]}:
                raise RefusedError(FaultCode.NUMERO_PORTE_AILLEURS, f"personne.{name}")

    def _next_fiche(self) -> str:
        self._given["fiche"] += 1
        return f"{self._given['fiche']:012d}"

    def _next_number(self) -> str:
        self._given["number"] += 1
        return f"FR{HP_DEPARTMENT}NOVI{self._clock().year:04d}HP{self._given['number']:06d}"

    def _told(self, fiche: Fiche, state: str) -> dict[str, Any]:
        answer = {"idFiche": fiche.id, "etat": state, "numeroSinusHp": fiche.given_number}
        return {name: value for name, value in answer.items() if value is not None}

    def _count(self, event: str) -> dict[str, int]:
        held = Counter(
            fiche.person["categorie"]
            for fiche in self._fiches.values()
            if fiche.person is not None and self._event_of.get(fiche.event) == event
        )
        return {category: held[category] for category in CATEGORIES} | {"total": held.total()}


def _listed(person: str, fiche: Fiche) -> dict[str, Any]:
    """One person as `PersonneTenue` of the contract."""
    held_person = fiche.person or {}
    listed = {
        "idFiche": fiche.id,
        "idPersonne": None if fiche.own else person,
        "version": fiche.version,
        "categorie": held_person["categorie"],
        "numeroSinus": held_person.get("numeroSinus") or held_person.get("numeroSinusHp") or fiche.given_number,
        "finess": held_person.get("destination", {}).get("finess"),
    }
    return {name: value for name, value in listed.items() if value is not None}
