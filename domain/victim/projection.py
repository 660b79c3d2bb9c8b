"""Folds observations into the current record; the record as JSON comes from `domain.victim.record`.

The fold never judges and never fails on an order: observations that arrive late, twice or before the creation give the same
victim. A word holds from when it happened, not from when it came; the steps of the care path alone keep the order of receipt.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from domain.numbers.identifier import identifier_from_json, merge
from domain.rules import DEFAULT_RULES
from domain.severity import Severity
from domain.source import BY_HAND, Source
from domain.victim.care_path import CareStatus, Step
from domain.victim.observation import Observation, ObservationKind, Stamp
from domain.victim.record import from_record, to_record
from domain.victim.victim import StepTaken, TriageEntry, Victim, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from domain.rules import Rules

__all__ = ["as_of", "from_record", "observe", "replay", "to_record"]


def observe(victim: Victim | None, observation: Observation, rules: Rules = DEFAULT_RULES) -> Victim:
    """The victim with one more observation; the very same victim when it teaches nothing (a replay, an older word)."""
    if victim is not None and victim.id != observation.victim_id:
        raise ValueError("An observation of another victim cannot be folded into this one.")
    facts = observation.facts
    known = victim or _nobody(observation)
    words, triage, identifiers, steps = known.words, known.triage, known.identifiers, known.steps
    if "fields" in facts:
        words = _said(words, facts["fields"], facts.get("sources"), observation, rules)
    if "triage" in facts:
        words, triage = _triaged(words, triage, observation, rules)
    if "identifiers" in facts:
        identifiers = merge(identifiers, map(identifier_from_json, facts["identifiers"]))
    if "step" in facts:
        steps = _stepped(steps, facts["step"], observation.stamp)
    created, creation_known = _creation(known, observation)
    folded = Victim(
        known.id, known.event_id, known.revision, created, creation_known, words, identifiers, triage, steps
    )
    if victim is not None and folded == victim:
        return victim
    return Victim(
        known.id, known.event_id, known.revision + 1, created, creation_known, words, identifiers, triage, steps
    )


def replay(observations: Iterable[Observation], rules: Rules = DEFAULT_RULES) -> Victim:
    """The victim that these observations, all of one victim, make together."""
    victim: Victim | None = None
    for observation in observations:
        victim = observe(victim, observation, rules)
    if victim is None:
        raise ValueError("No observation, no victim.")
    return victim


def as_of(
    observations: Iterable[Observation],
    instant: datetime,
    source: Source | None = None,
    rules: Rules = DEFAULT_RULES,
    by: Literal["received_at", "happened_at"] = "received_at",
) -> dict[str, Victim]:
    """The victims by id, as was known at an instant, or as one source alone said.

    By `received_at` it is what could be shown then; by `happened_at` it is what was true then, as we know now.
    """
    victims: dict[str, Victim] = {}
    for observation in observations:
        at = observation.stamp.received_at if by == "received_at" else observation.stamp.happened_at
        if at <= instant and source in {None, observation.stamp.source}:
            victims[observation.victim_id] = observe(victims.get(observation.victim_id), observation, rules)
    return victims


def _nobody(observation: Observation) -> Victim:
    return Victim(observation.victim_id, observation.event_id, 0, observation.stamp, creation_known=False, words={})


def _creation(known: Victim, observation: Observation) -> tuple[Stamp, bool]:
    creates = observation.kind is ObservationKind.CREATED
    if creates is not known.creation_known:
        return (observation.stamp, True) if creates else (known.created, True)
    earliest = min(known.created, observation.stamp, key=_moment)
    return earliest, creates


def _moment(stamp: Stamp) -> tuple[datetime, datetime, str, str]:
    return (stamp.happened_at, stamp.received_at, stamp.source.value, stamp.author)


def _said(
    words: Mapping[str, tuple[Word, ...]],
    fields: Mapping[str, Any],
    sources: Iterable[str] | None,
    observation: Observation,
    rules: Rules,
) -> Mapping[str, tuple[Word, ...]]:
    stamp = observation.stamp
    stamps = [stamp] if sources is None else [_as_said_by(Source(source), stamp) for source in sources]
    changed = dict(words)
    for name, value in fields.items():
        for of_field in stamps:
            changed[name] = _heard(changed.get(name, ()), Word(value, of_field, observation.after), name, rules)
    return changed


def _as_said_by(source: Source, stamp: Stamp) -> Stamp:
    return Stamp(source, stamp.author, stamp.happened_at, stamp.received_at)


def _heard(words: tuple[Word, ...], word: Word, name: str, rules: Rules) -> tuple[Word, ...]:
    if not words:
        return (word,)
    source = word.stamp.source
    for known in words:
        if known.stamp.source is source:
            if not _later(word, known):
                return words
            words = tuple(each for each in words if each is not known)
            break
    ranks = rules.ranks_for(name)
    ordered = sorted((*words, word), key=lambda each: (ranks[each.stamp.source], each.stamp.source.value))
    return tuple(_hand_first(ordered, rules))


def _hand_first(words: list[Word], rules: Rules) -> list[Word]:
    """The same order, except that no neighbour comes before what a person said after it, or shortly before."""
    first = words[0].stamp
    if first.source in BY_HAND:
        return words
    for word in words[1:]:
        stamp = word.stamp
        if stamp.source in BY_HAND and first.counts_from <= stamp.counts_from + rules.hand_holds:
            return [word, *(each for each in words if each is not word)]
    return words


def _later(word: Word, known: Word) -> bool:
    ours, other = word.stamp, known.stamp
    mine = (ours.counts_from, ours.received_at, word.after, ours.happened_at, ours.author)
    theirs = (other.counts_from, other.received_at, known.after, other.happened_at, other.author)
    if mine != theirs:
        return mine > theirs
    # Two words of one instant, decided upon one same state: any total order will do, so long as it is always the same.
    return json.dumps(word.value, sort_keys=True) > json.dumps(known.value, sort_keys=True)


def _triaged(
    words: Mapping[str, tuple[Word, ...]], triage: tuple[TriageEntry, ...], observation: Observation, rules: Rules
) -> tuple[Mapping[str, tuple[Word, ...]], tuple[TriageEntry, ...]]:
    for act in observation.facts["triage"]:
        severity = act["severity"]
        entry = TriageEntry(
            act["stage"], Severity(severity) if severity else None, observation.stamp, observation.after
        )
        if entry not in triage:
            triage = tuple(sorted((*triage, entry), key=_act))
        words = _said(words, {f"severity_{act['stage']}": severity}, None, observation, rules)
    return words, triage


def _act(entry: TriageEntry) -> tuple[Any, ...]:
    return (*_moment(entry.stamp), entry.after, entry.stage, entry.severity or "")


def _stepped(steps: tuple[StepTaken, ...], fact: Mapping[str, Any], stamp: Stamp) -> tuple[StepTaken, ...]:
    step = StepTaken(
        fact["n"], Step(fact["step"]), CareStatus(fact["from"]), CareStatus(fact["to"]), stamp, fact.get("decided", {})
    )
    if step in steps:
        return steps
    return tuple(sorted((*steps, step), key=lambda each: (each.n, each.stamp.received_at, each.step.value)))
