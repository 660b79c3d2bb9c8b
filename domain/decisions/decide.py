"""The one door to change a victim: a command, judged by the rules, becomes observations or an error that names the rule.

It is pure apart from the two questions of `Surroundings`, and it stores nothing: who calls it appends what it returns and
folds it with `domain.victim.projection.observe`. Nothing decided means nothing new: a command that repeats what is known returns ().
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from domain.decisions import care
from domain.decisions import commands as c
from domain.decisions.bearer import decide_number
from domain.decisions.by_hand import kept_beside
from domain.decisions.number import drawn_cata, named, numbers_of, unrepeated_numbers
from domain.decisions.situation import Situation, Surroundings, identifiers_fact
from domain.errors import ConflictError, InvalidError, UnknownError
from domain.event import open_localisation
from domain.numbers.identifier import Identifier, IdentifierKind
from domain.rules import DEFAULT_RULES
from domain.severity import Severity
from domain.victim.care_path import CareStatus, Step
from domain.victim.fields import DESCRIBED, IDENTIFIER_FIELDS, read_fields, severity
from domain.victim.observation import Observation, ObservationKind, Stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.event import Event
    from domain.rules import Rules
    from domain.victim.victim import Victim

__all__ = ["Surroundings", "decide"]

Said = dict[str, Any]
TRIAGE_FIELDS: Final = {"severity_entry": "entry", "severity_exit": "exit"}


def decide(  # noqa: PLR0913 - a decision looks at all of this
    event: Event,
    victim: Victim | None,
    command: c.PatientCommand,
    stamp: Stamp,
    around: Surroundings,
    rules: Rules = DEFAULT_RULES,
) -> tuple[Observation, ...]:
    """What the command makes happen, or a `RuleError`."""
    if _after_the_end(event, stamp) and stamp.source in rules.closed_event_refuses:
        raise ConflictError(
            "R-06",
            "happened_at",
            "L’événement est clos : rouvrez-le, ou donnez la date du fait.",
            "une date qui ne dépasse pas la fin de l’événement",
        )
    if isinstance(command, c.CreatePatient):
        if victim is not None:
            raise ConflictError("R-09", "patient_id", "Un patient porte déjà cet identifiant.")
        return _create(Situation(event, command.patient_id, None, stamp, around, rules), command)
    if victim is None or victim.event_id != event.id:
        raise UnknownError("R-09", "patient_id", "Ce patient n’est pas de cet événement.")
    if victim.deleted and not isinstance(command, c.StepBack):
        raise ConflictError("R-36", "status", "Ce patient a été supprimé.")
    situation = Situation(event, victim.id, victim, stamp, around, rules)
    step = STEPS.get(type(command))
    if step is not None:
        beside = None if situation.by_hand else kept_beside(victim, command)
        if beside is not None:
            return _described(situation, victim, beside, [])
        return (situation.observed(ObservationKind.STEPPED, {"step": step(situation, victim, command)}),)
    return DECISIONS[type(command)](situation, victim, command)


def _after_the_end(event: Event, stamp: Stamp) -> bool:
    """R-06: a closed event is closed to what happened since; what happened before is late entry, and welcome."""
    return event.status == "closed" and (event.ended_at is None or stamp.happened_at > event.ended_at)


def _create(situation: Situation, command: c.CreatePatient) -> tuple[Observation, ...]:
    fields = read_fields(command.fields)
    if not command.patient_id.strip():
        raise InvalidError("R-09", "patient_id", "L’identifiant du patient est vide.", "un texte")
    if fields.get("severity_entry") is None:
        if situation.stamp.source in situation.rules.triage_required_of:
            raise InvalidError("R-14", "severity_entry", "La gravité en entrée manque.", "UA, UR, IMP, DCD ou NC")
        fields["severity_entry"] = "NC"
    _checked_exit(situation, fields)
    place = _place_at_creation(situation, fields.pop("localisation_id", None), command.filtered_localisation_id)
    if place is not None:
        fields["localisation_id"] = place
    known = {name: value for name, value in fields.items() if value is not None}
    return (situation.observed(ObservationKind.CREATED, _facts(known, named(situation, known))),)


def _place_at_creation(situation: Situation, named_id: str | None, filtered_id: str | None) -> str | None:
    event = situation.event
    if named_id is not None:
        return open_localisation(event, named_id).id
    if filtered_id is not None:
        return open_localisation(event, filtered_id, "filtered_localisation_id").id
    places = event.open_localisations
    if len(places) == 1 or (places and situation.stamp.source in situation.rules.places_by_default):
        return places[0].id
    return None


def _change(situation: Situation, victim: Victim, command: c.ChangePatient) -> tuple[Observation, ...]:
    return _described(situation, victim, read_fields(command.fields), [])


def _replace(situation: Situation, victim: Victim, command: c.ReplacePatient) -> tuple[Observation, ...]:
    fields = read_fields(command.fields)
    # What a form leaves blank of what it must not empty is left as it was.
    fields = {
        name: value
        for name, value in fields.items()
        if value is not None or name in DESCRIBED or name in IDENTIFIER_FIELDS
    }
    source = situation.stamp.source
    for name in DESCRIBED:
        if name not in fields and (word := victim.said_by(source, name)) is not None and word.value is not None:
            fields[name] = None
    silent = not fields.keys() & {"sinus_number", "sinus_number_hp"}
    return _described(situation, victim, fields, unrepeated_numbers(situation) if silent else [])


def _described(situation: Situation, victim: Victim, fields: Said, ended: list[Identifier]) -> tuple[Observation, ...]:
    for name in ("localisation_id", "severity_entry"):
        if name in fields and fields[name] is None and situation.stamp.source in situation.rules.triage_required_of:
            raise InvalidError("R-14", name, "Ce champ est obligatoire.", "une valeur de la liste")
    _checked_exit(situation, fields)
    news = {
        name: value
        for name, value in fields.items()
        if name not in IDENTIFIER_FIELDS and not _repeats(victim, situation.stamp, name, value)
    }
    place = news.get("localisation_id")
    identifiers = ended + named(situation, fields)
    if place is not None and place != victim.localisation_id:
        open_localisation(situation.event, place)
        if situation.rules.cata_follows_localisation and situation.holding(IdentifierKind.CATA):
            identifiers += drawn_cata(situation, place)
    facts = _facts(news, identifiers)
    if not facts:
        return ()
    kind = ObservationKind.DESCRIBED if news else ObservationKind.IDENTIFIED
    return (situation.observed(kind, facts),)


def _repeats(victim: Victim, stamp: Stamp, name: str, value: object) -> bool:
    """Whether its source has said so already; of what comes late, also whether it had said so as late as this.

    The same value at a later time is news: it rules out what was otherwise in between, and has yet to come.
    """
    for word in victim.words.get(name, ()):
        if word.stamp.source == stamp.source:
            late = stamp.happened_at < stamp.received_at
            return bool(word.value == value) and not (late and word.stamp.counts_from < stamp.counts_from)
    return value is None and victim.value(name) is None


def _facts(fields: Said, identifiers: list[Identifier]) -> Said:
    described = {
        name: value for name, value in fields.items() if name not in TRIAGE_FIELDS and name not in IDENTIFIER_FIELDS
    }
    triage = [{"stage": stage, "severity": fields[name]} for name, stage in TRIAGE_FIELDS.items() if name in fields]
    facts: Said = {}
    if described:
        facts["fields"] = described
    if triage:
        facts["triage"] = triage
    if identifiers:
        facts["identifiers"] = identifiers_fact(identifiers)
    return facts


def _checked_exit(situation: Situation, fields: Said) -> None:
    """A severity at exit that opened the path cannot be taken back while the victim is on it."""
    victim = situation.victim
    if "severity_exit" not in fields or victim is None or victim.status is CareStatus.ATTENTE_SOINS:
        return
    if not situation.by_hand:
        return  # A neighbour takes its own word back; what opened the path is a person's.
    severity_exit = fields["severity_exit"]
    if not care.enough_to_go_on(Severity(severity_exit) if severity_exit else None, situation.rules):
        raise ConflictError(
            "R-29", "severity_exit", "La gravité en sortie ne peut plus être retirée : annulez d’abord l’orientation."
        )


def _triage(situation: Situation, _victim: Victim, command: c.Triage) -> tuple[Observation, ...]:
    if command.stage not in {"entry", "exit"}:
        raise InvalidError("R-16", "stage", "Ce moment de triage n’existe pas.", "entry ou exit")
    field = f"severity_{command.stage}"
    severity_read = None if command.severity is None else severity(field)(command.severity)
    if severity_read is None and command.stage == "entry":
        raise InvalidError("R-14", field, "La gravité en entrée manque.", "UA, UR, IMP, DCD ou NC")
    _checked_exit(situation, {field: severity_read})
    act = {"stage": command.stage, "severity": severity_read}
    return (situation.observed(ObservationKind.TRIAGED, {"triage": [act]}),)


def _bilan(situation: Situation, victim: Victim, command: c.RecordBilan) -> tuple[Observation, ...]:
    recorded = {"bilan": command.text, "severity_exit": command.severity_exit}
    fields = read_fields({name: value for name, value in recorded.items() if value is not None})
    if not fields:
        raise InvalidError(
            "R-29", "severity_exit", "La gravité en sortie est le minimum d’un bilan.", "un texte ou une gravité"
        )
    return _described(situation, victim, fields, [])


def _cata(situation: Situation, victim: Victim, _command: c.AssignCata) -> tuple[Observation, ...]:
    if situation.holding(IdentifierKind.CATA):
        return ()
    facts = {"identifiers": identifiers_fact(drawn_cata(situation, victim.localisation_id))}
    return (situation.observed(ObservationKind.IDENTIFIED, facts),)


def _delete(situation: Situation, victim: Victim, command: c.DeletePatient) -> tuple[Observation, ...]:
    numbers = numbers_of(situation)
    if numbers and not situation.rules.delete_with_number:
        raise ConflictError(
            "R-40",
            "sinus_number",
            "Un patient qui porte un numéro SINUS ne peut pas être supprimé.",
            "videz d’abord le numéro SINUS",
        )
    reason = (command.reason or "").strip()
    facts: Said = {"step": care.step_fact(victim, Step.DELETE, {"reason": reason} if reason else None)}
    if numbers:
        facts["identifiers"] = identifiers_fact([situation.end(number, "deleted") for number in numbers])
    return (situation.observed(ObservationKind.DELETED, facts),)


STEPS: Final[dict[type, Callable[[Situation, Victim, Any], Said]]] = {
    c.AskOrientation: care.ask_orientation,
    c.DecideOrientation: care.decide_orientation,
    c.RequestEvacuation: care.request_evacuation,
    c.ConfirmEvacuation: care.confirm_evacuation,
    c.ConfirmExit: care.confirm_exit,
    c.StepBack: care.step_back,
}
DECISIONS: Final[dict[type, Callable[[Situation, Victim, Any], tuple[Observation, ...]]]] = {
    c.ChangePatient: _change,
    c.ReplacePatient: _replace,
    c.Triage: _triage,
    c.RecordBilan: _bilan,
    c.AssignCata: _cata,
    c.DecideNumber: decide_number,
    c.DeletePatient: _delete,
}
