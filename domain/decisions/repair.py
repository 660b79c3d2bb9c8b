"""Two mistakes that disasters make, mended as one act each: two people taken for each other, a bracelet on the wrong person.

Each gives observations for both victims: they are appended together or not at all. What was said before is kept in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.decisions.situation import Situation, Surroundings, identifiers_fact
from domain.errors import ConflictError, InvalidError, UnknownError
from domain.numbers.identifier import SINUS_KINDS
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.rules import DEFAULT_RULES
from domain.victim.fields import IDENTITY
from domain.victim.observation import Observation, ObservationKind, Stamp

if TYPE_CHECKING:
    from domain.event import Event
    from domain.numbers.identifier import Identifier
    from domain.victim.victim import Victim

_ALONE = Surroundings(holder_of_number=lambda _number: None, next_cata_serial=lambda _letter: 0)


def swap_identities(event: Event, a: Victim, b: Victim, reason: str, stamp: Stamp) -> tuple[Observation, Observation]:
    """F7: each takes the identity that the record shows for the other; numbers, triage and care path stay with the body.

    Every source that had named either of them is taken to have mistaken them, so none of its old words wins again. The same
    act once more undoes it. Raises `RuleError` without a reason, or where neither has an identity.
    """
    _two_of(event, a, b)
    if not reason.strip():
        raise InvalidError("F7", "reason", "Le motif de l’échange manque.", "un texte")
    fields = [name for name in IDENTITY if name in a.words or name in b.words]
    sources = {word.stamp.source.value for each in (a, b) for name in fields for word in each.words.get(name, ())}
    if not fields:
        raise ConflictError("F7", "identity", "Aucune des deux victimes n’a d’identité à échanger.")
    said_by = sorted(sources | {stamp.source.value})
    facts = {"sources": said_by, "reason": reason.strip()}
    return (_takes(event, a, b, stamp, fields, facts), _takes(event, b, a, stamp, fields, facts))


def rebind_number(  # noqa: PLR0913 - an act on two people, with its reason
    event: Event, number: str, giver: Victim, taker: Victim, reason: str, stamp: Stamp
) -> tuple[Observation, Observation]:
    """F14: a SINUS number leaves the one it was wrongly on for the one who wears the bracelet; the reason is kept."""
    _two_of(event, giver, taker)
    if not reason.strip():
        raise InvalidError("F14", "reason", "Le motif du changement de porteur manque.", "un texte")
    held = _held(giver, number)
    if held is None:
        raise ConflictError("F14", "sinus_number", "Ce numéro n’est pas porté par la première victime.")
    if any(identifier.holds and identifier.kind is held.kind for identifier in taker.identifiers):
        raise ConflictError(
            "F14", "sinus_number", "La seconde victime porte déjà un numéro de cette origine : videz-le d’abord."
        )
    leaves, comes = _situation(event, giver, stamp), _situation(event, taker, stamp)
    return (
        leaves.observed(
            ObservationKind.REBOUND,
            {"identifiers": identifiers_fact([leaves.end(held, "rebound")]), "reason": reason.strip()},
        ),
        comes.observed(
            ObservationKind.REBOUND,
            {"identifiers": identifiers_fact([comes.gift(held.kind, held.value)]), "reason": reason.strip()},
        ),
    )


def _takes(  # noqa: PLR0913 - one half of an exchange
    event: Event, victim: Victim, other: Victim, stamp: Stamp, fields: list[str], why: dict[str, Any]
) -> Observation:
    # A repair holds from when it is made: back-dated, it would lose to the very words it mends.
    stamp = Stamp(stamp.source, stamp.author, stamp.received_at, stamp.received_at)
    facts: dict[str, Any] = {
        # Whoever took one for the other had not established who they are: neither identity is sure any more.
        "fields": {name: other.value(name) for name in fields} | {"identity_status": None},
        "with": other.id,
        **why,
    }
    return _situation(event, victim, stamp).observed(ObservationKind.SWAPPED, facts)


def _situation(event: Event, victim: Victim, stamp: Stamp) -> Situation:
    return Situation(event, victim.id, victim, stamp, _ALONE, DEFAULT_RULES)


def _held(victim: Victim, raw: str) -> Identifier | None:
    number = read_sinus_number(raw)
    if not isinstance(number, SinusNumber):
        raise InvalidError(
            "R-17", "sinus_number", "Ce numéro SINUS n’est pas lisible.", "CC NNN NOVI - AAAA TR - NNNNNN"
        )
    for identifier in victim.identifiers:
        if identifier.holds and identifier.kind in SINUS_KINDS and identifier.value == number.canonical:
            return identifier
    return None


def _two_of(event: Event, a: Victim, b: Victim) -> None:
    if a.id == b.id:
        raise InvalidError("F7", "victim_id", "Il faut deux victimes différentes.")
    if {a.event_id, b.event_id} != {event.id}:
        raise UnknownError("F7", "victim_id", "Les deux victimes ne sont pas de cet événement.")
    if a.deleted or b.deleted:
        raise ConflictError("R-36", "status", "Ce patient a été supprimé.")
