"""What a play came to, as text for people and as one JSON object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.cli.play.judge import by_category, totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.cli.play.judge import Findings
    from gateway.cli.play.player import Outcome
    from gateway.cli.play.scenario import Scenario
    from gateway.cli.play.stage import Stage

NAMES: Final = {"portal": "Portail", "sinus": "SINUS", "sivic": "SI-VIC"}
COLUMNS: Final = ("missing", "duplicate", "falsely_merged", "wrong_category", "unknown")
HEADINGS: Final = ("détenues", "manquent", "doubles", "confondues", "catégorie", "à personne")


def document(scenario: Scenario, seed: int, speed: float, stage: Stage, outcome: Outcome) -> dict[str, Any]:
    """One object: counts of persons, seconds of real time, messages a change."""
    people = stage.crowd.people
    return {
        "scenario": scenario.name,
        "seed": seed,
        "speed": speed,
        "people": sum(1 for person in people if person.records),
        "counts": by_category(people),
        "changes": stage.changes,
        "refused": stage.refused,
        "acts_failed": outcome.failures,
        "seconds": round(outcome.seconds, 1),
        **totals(outcome.findings),
        "seconds_to_agreement": _rounded(outcome.seconds_to_agreement),
        "messages_per_change": round(outcome.messages / max(stage.changes, 1), 2),
        "systems": {
            finding.system: {"held": finding.held, **{name: len(getattr(finding, name)) for name in COLUMNS}}
            for finding in outcome.findings
        },
        "failure_modes": {question.number: right for question, right in outcome.answers},
        "right": is_right(outcome),
    }


def is_right(outcome: Outcome) -> bool:
    """Whether every side agreed in time, on the truth, and every question was answered yes."""
    return (
        outcome.seconds_to_agreement is not None
        and not outcome.failures
        and all(finding.right for finding in outcome.findings)
        and all(right for _, right in outcome.answers)
    )


def text(scenario: Scenario, stage: Stage, outcome: Outcome) -> str:
    """The report that a trainer reads out."""
    return "\n".join(_lines(scenario, stage, outcome))


def _lines(scenario: Scenario, stage: Stage, outcome: Outcome) -> Iterator[str]:
    people = [person for person in stage.crowd.people if person.records]
    yield f"{scenario.title} : {len(people)} personnes, {stage.changes} changements en {outcome.seconds:.0f} s"
    yield ""
    yield f"{'':10}" + "".join(f"{heading:>12}" for heading in HEADINGS)
    for finding in outcome.findings:
        numbers = (finding.held, *(len(getattr(finding, name)) for name in COLUMNS))
        yield f"{NAMES[finding.system]:10}" + "".join(f"{number:>12}" for number in numbers)
    yield ""
    yield _agreement_line(outcome)
    yield f"Messages par changement : {outcome.messages / max(stage.changes, 1):.2f}"
    for code, times in sorted(stage.refused.items()):
        yield f"Refusé par une porte : {code}, {times} fois"
    if outcome.failures:
        causes = ", ".join(f"{number} {error}" for error, number in sorted(outcome.failures.items()))
        yield f"Actes qui n’ont pas pu être joués : {causes}"
    for question, right in outcome.answers:
        yield f"  {'oui' if right else 'NON'}  {question.number:4} {question.asks}"
    yield ""
    yield "Tout est juste." if is_right(outcome) else _faults(outcome.findings)


def _agreement_line(outcome: Outcome) -> str:
    if outcome.seconds_to_agreement is None:
        return "Les côtés ne sont pas d’accord à la fin de l’attente."
    return f"D’accord partout {outcome.seconds_to_agreement:.1f} s après le dernier acte."


def _faults(findings: list[Findings]) -> str:
    """Which persons, by their key: enough to look them up, and no name."""
    lines = ["Ce n’est pas juste."]
    for finding in findings:
        for name, heading in zip(COLUMNS, HEADINGS[1:], strict=True):
            keys = getattr(finding, name)
            if keys:
                more = " …" if len(keys) > 10 else ""  # noqa: PLR2004 - enough to begin with
                lines.append(f"  {NAMES[finding.system]}, {heading} : {', '.join(keys[:10])}{more}")
    return "\n".join(lines)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
