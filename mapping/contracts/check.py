"""Whether what a mapping writes is a document of its neighbour's contract: names, shapes, order, codes, what must be there.

It looks at rules, never at documents: what depends on values (patterns, lengths) is seen by the schema when one is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapping.faults import Faults, Spot, did_you_mean
from mapping.language.targets import steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapping.codes.tables import CodeTable
    from mapping.contracts.part import Level, Part
    from mapping.language.extends import WholeMapping
    from mapping.language.rules import Rule, Token
    from mapping.language.targets import Step
    from mapping.proof.checks import WrittenTargets


@dataclass(slots=True)
class _WrittenElement:
    """One element that the rules write: by rules of its own, or by what they write inside."""

    part: Part | None
    spot: Spot
    rules: list[Rule] = field(default_factory=list)
    below: dict[Step, _WrittenElement] = field(default_factory=dict)

    def of(self, name: str) -> list[_WrittenElement]:
        """What is written under a name: one, or one for each number or slice."""
        return [written for (key, _), written in self.below.items() if name in {key, key.partition(":")[0]}]


@dataclass(frozen=True, slots=True)
class _Target:
    """One mapping under examination."""

    tables: Mapping[str, CodeTable]
    learnt: WrittenTargets
    incoming: bool
    """Tables are read backwards."""
    faults: Faults


def check_target(
    mapping: WholeMapping,
    root: Part,
    tables: Mapping[str, CodeTable],
    learnt: WrittenTargets,
    faults: Faults,
) -> None:
    """Note every fault of the rules against the contract."""
    target = _Target(tables, learnt, bool(mapping.source.text), faults)
    top = _WrittenElement(root, mapping.target.spot)
    for rule in mapping.rules:
        _place(rule, top, target)
    given = {token.text for token in mapping.provided}
    for token in mapping.provided:
        _check_provided(token, root, faults)
    _check_written(top, "", given, target, always=True)


def _place(rule: Rule, top: _WrittenElement, target: _Target) -> None:
    """Put a rule where it writes; a step that the contract does not have is a fault, and ends there."""
    here, path = top, ""
    for name, number in steps(rule.to.text):
        path = f"{path}.{name}".lstrip(".")
        level = _level(here)
        part = _named(name, level)
        if part is None and not (level and level.open):
            target.faults.add(rule.to.spot, *_why_not(here, name, path, level))
            return
        if number is not None and part and not (part.many and level and level.lists):
            target.faults.add(rule.to.spot, f"« {path} » n'est pas une liste au contrat", "retirez le numéro")
            return
        path += "" if number is None else f"[{number}]"
        here = here.below.setdefault((name, number), _WrittenElement(part, rule.to.spot))
        if part is None:
            here.rules.append(rule)
            return
    here.rules.append(rule)
    for inner in rule.rules:
        _place(inner, here, target)


def _named(name: str, level: Level | None) -> Part | None:
    """The part that a step writes; a slice is one of a part that repeats."""
    if level is None:
        return None
    plain, _, slice_name = name.partition(":") if level.slices else (name, "", "")
    part = level.parts.get(plain)
    return part if part is None or part.many or not slice_name else None


def _level(here: _WrittenElement) -> Level | None:
    """What stands there; where a `resourceType` decides, the level that the rules name."""
    level = here.part.level if here.part else None
    if level and level.of:
        named = [rule for written in here.of("resourceType") for rule in written.rules]
        constant = named[0].constant if named else None
        chosen = level.of(constant) if isinstance(constant, str) else None
        return chosen or level
    return level


def _why_not(here: _WrittenElement, name: str, path: str, level: Level | None) -> tuple[str, str]:
    if level is None:
        above = here.part.name if here.part else ""
        return f"« {above} » est une valeur simple au contrat", f"« {path} » ne peut pas y être"
    return f"« {path} » n'est pas au contrat", did_you_mean(
        name, level.parts
    ) or f"il a : {', '.join(list(level.parts)[:12])}"


def _check_provided(token: Token, root: Part, faults: Faults) -> None:
    part: Part | None = root
    for name, _ in steps(token.text):
        known = part.level.parts if part and part.level else {}
        if name not in known:
            faults.add(token.spot, f"« {token.text} » n'est pas au contrat", did_you_mean(name, known))
            return
        part = known[name]


def _check_written(here: _WrittenElement, path: str, given: set[str], target: _Target, *, always: bool) -> None:
    """`always`: the element is in every document, so what it requires must be too."""
    level = _level(here)
    if level is None:
        return
    _check_missing(here, level, path, given, target, always=always)
    if level.ordered:
        _check_order(here, level, path, target.faults)
    for (name, number), below in here.below.items():
        inner = f"{path}{name}" if number is None else f"{path}{name}[{number}]"
        if below.part is None:
            continue
        whole = number is not None or any(rule.to in target.learnt.lists for rule in below.rules)
        _check_shape(below, inner, level, target, numbered=whole)
        if not below.part.many and whole and number is None:
            target.faults.add(below.spot, f"« {inner} » n'est pas une liste au contrat", "la source en est une")
        for rule in below.rules:
            _check_codes(rule, below.part, target)
        repeated = any(rule.rules for rule in below.rules)
        _check_written(below, inner + ".", given, target, always=repeated or (always and _always(below, target)))


def _check_missing(  # noqa: PLR0913 - where, by which contract, in which document
    here: _WrittenElement, level: Level, path: str, given: set[str], target: _Target, *, always: bool
) -> None:
    for name in level.required:
        part = here.of(name)
        if not part:
            if f"{path}{name}" not in given:
                hint = f"ajoutez une règle, ou « provided: [{path}{name}] » si l'adaptateur l'écrit"
                target.faults.add(here.spot, f"« {path}{name} » est obligatoire au contrat et jamais écrit", hint)
        elif always and not any(_always(written, target) for written in part):
            message = f"« {path}{name} » est obligatoire au contrat et parfois absent"
            target.faults.add(part[0].spot, message, "retirez « optional », ou donnez un « default » justifié")
    for choice in level.choices:
        if not any(here.of(name) for name in choice):
            message = f"il faut l'un de : {', '.join(sorted(path + name for name in choice))}"
            target.faults.add(here.spot, message, "aucune règle ne l'écrit")


def _always(written: _WrittenElement, target: _Target) -> bool:
    """Whether it is in every document: by a rule that always gives, by alternatives, or by something inside."""
    if len(written.rules) > 1 and not any(rule.to in target.learnt.gaps for rule in written.rules):
        return any(not rule.optional for rule in written.rules)
    if written.rules:
        return any(not rule.optional and not rule.when for rule in written.rules)
    return any(_always(below, target) for below in written.below.values())


def _check_order(here: _WrittenElement, level: Level, path: str, faults: Faults) -> None:
    """An XML sequence: rules are written in its order, so that the file reads as the document."""
    rank = {name: number for number, name in enumerate(level.parts) if not name.startswith("@")}
    highest, last = -1, ""
    for (name, _), written in here.below.items():
        at = rank.get(name)
        if at is None:
            continue
        if at < highest:
            faults.add(written.spot, f"« {path}{name} » vient avant « {path}{last} » au contrat", "déplacez la règle")
        else:
            highest, last = at, name


def _check_shape(written: _WrittenElement, path: str, level: Level, target: _Target, *, numbered: bool) -> None:
    part = written.part
    if part is None:
        return
    is_group = part.inside is not None
    for rule in written.rules:
        if rule.origin == "each" and not part.many:
            target.faults.add(rule.to.spot, f"« {path} » n'est pas répété au contrat")
        elif not rule.rules and is_group and not (part.level and part.level.plain):
            target.faults.add(rule.to.spot, f"« {path} » est un groupe au contrat", "nommez un de ses éléments")
        elif rule.rules and not is_group:
            target.faults.add(rule.to.spot, f"« {path} » est une valeur simple au contrat, pas un groupe")
    repeats = numbered or any(rule.origin == "each" for rule in written.rules)
    if part.many and level.lists and not repeats:
        target.faults.add(written.spot, f"« {path} » est une liste au contrat", f"écrivez « {path}[0] », ou « each »")


def _check_codes(rule: Rule, part: Part, target: _Target) -> None:
    """Everything that a rule can write is one of the codes that the contract lists."""
    if part.codes is None or rule.rules:
        return
    if rule.default is not None:
        _check_said({_text(rule.default.value)}, rule.to, part, target)
    if rule.origin == "value":
        _check_said({_text(rule.constant)}, rule.to, part, target)
    elif rule.table:
        table = target.tables.get(rule.table.text)
        if table is not None:
            _check_pairs(table, rule, part, target)
    elif not rule.format and not rule.when:
        _check_said(set(target.learnt.codes.get(rule.to, ())), rule.to, part, target)


def _check_pairs(table: CodeTable, rule: Rule, part: Part, target: _Target) -> None:
    for pair in table.pairs:
        code = pair.canon if target.incoming else pair.wire
        if code not in (part.codes or ()):
            message = f"le contrat ne connaît pas le code « {code} » de « {rule.to.text} »"
            target.faults.add(pair.spot, message, did_you_mean(code, part.codes or ()))


def _check_said(codes: set[str], to: Token, part: Part, target: _Target) -> None:
    for code in sorted(codes - (part.codes or frozenset())):
        known = f"il connaît : {', '.join(sorted(part.codes or ())[:12])}"
        message = f"le contrat ne connaît pas le code « {code} » de « {to.text} »"
        target.faults.add(to.spot, message, did_you_mean(code, part.codes or ()) or known)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
