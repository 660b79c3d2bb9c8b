"""A file that extends another: the same rules, some replaced, some removed, some added.

A rule of the child takes the place of the parent's rules with the same `to`; the others come after. It refuses a circle,
and a `without` that removes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapping.faults import Faults, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapping.language.rules import MappingFile, Rule, Token


@dataclass(frozen=True, slots=True)
class WholeMapping:
    """One mapping with what it inherits; each rule still says the file where it was written."""

    name: str
    recipient: Token
    topic: Token
    source: Token
    target: Token
    provided: tuple[Token, ...]
    rules: tuple[Rule, ...]


def inherit(files: Mapping[str, MappingFile], faults: Faults) -> dict[str, WholeMapping]:
    """Every file made whole. One that extends a missing or circular one is left out, with a fault."""
    whole: dict[str, WholeMapping] = {}
    for name in files:
        chain = _chain(files, name, faults)
        if not chain:
            continue
        done = _alone(files[chain[-1]])
        for child in reversed(chain[:-1]):
            done = _extended(done, files[child], faults)
        whole[name] = done
    return whole


def _chain(files: Mapping[str, MappingFile], name: str, faults: Faults) -> list[str]:
    chain = [name]
    while (extends := files[chain[-1]].extends) is not None:
        if extends.text not in files:
            faults.add(
                extends.spot,
                f"correspondance inconnue « {extends.text} »",
                did_you_mean(extends.text, files.keys() - set(chain)),
            )
            return []
        if extends.text in chain:
            circle = [*chain[chain.index(extends.text) :], extends.text]
            faults.add(extends.spot, f"« extends » tourne en rond : {' → '.join(circle)}")
            return []
        chain.append(extends.text)
    return chain


def _alone(file: MappingFile) -> WholeMapping:
    return WholeMapping(file.name.text, file.recipient, file.topic, file.source, file.target, file.provided, file.rules)


def _extended(parent: WholeMapping, child: MappingFile, faults: Faults) -> WholeMapping:
    targets = {rule.to.text for rule in parent.rules}
    for gone in child.without:
        if gone.text not in targets:
            faults.add(
                gone.spot, f"« {parent.name} » n'a pas de règle « {gone.text} »", did_you_mean(gone.text, targets)
            )
    removed = {gone.text for gone in child.without}
    replaced = {rule.to.text for rule in child.rules}
    placed: set[str] = set()
    rules: list[Rule] = []
    for rule in parent.rules:
        target = rule.to.text
        if target in removed | placed:
            continue
        if target in replaced:
            placed.add(target)
            rules.extend(mine for mine in child.rules if mine.to.text == target)
        else:
            rules.append(rule)
    rules.extend(rule for rule in child.rules if rule.to.text not in placed)
    return WholeMapping(
        name=child.name.text,
        recipient=child.recipient if child.recipient.text else parent.recipient,
        topic=child.topic if child.topic.text else parent.topic,
        source=child.source if child.source.text else parent.source,
        target=child.target if child.target.text else parent.target,
        provided=(*parent.provided, *child.provided),
        rules=tuple(rules),
    )
