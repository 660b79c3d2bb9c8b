"""The first draft of a mapping from a contract: every element in its order, what must be there first to be filled.

Paths of canon are proposed where a name is near; the rest is left as a fault that `check` tells, never as a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapping.faults import did_you_mean
from mapping.language.paths import topic_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapping.contracts import Part

MOST_LEVELS = 6


def draft(name: str, recipient: str, topic: str, target: str, root: Part) -> str:
    """A mapping file, to be finished by hand."""
    shape = topic_shape(topic)
    shapes = {path: shape.find(path) for path in shape.paths()} if shape else {}
    known = [path for path, leaf in shapes.items() if leaf and leaf.kind not in {"object", "list"}]
    head = f"mapping: {name}\nrecipient: {recipient}\ntopic: {topic}\ntarget: {target}\nrules:\n"
    return head + "".join(f"  - {line}\n" for line in _lines(root, "", known, 0))


def _lines(part: Part, before: str, known: list[str], depth: int) -> Iterator[str]:
    level = part.level
    for below in level.parts.values() if level and depth < MOST_LEVELS else ():
        if below.name.startswith("_"):
            continue
        to = before + below.name
        if below.many and below.inside is None and level and level.lists:
            yield _rule(below, to + "[0]", known)
        elif below.many:
            inner = "; ".join(inner_part.name for inner_part in below.level.parts.values()) if below.level else ""
            yield f"{{to: {_word(to)}, each: À-COMPLÉTER, rules: []}}  # répété : {inner or 'une valeur'}"
        elif below.inside is not None:
            yield from _lines(below, to + ".", known, depth + 1)
        else:
            yield _rule(below, to, known)


def _rule(part: Part, to: str, known: list[str]) -> str:
    wanted = "obligatoire" if part.required else "facultatif"
    listed = f", codes : {', '.join(sorted(part.codes)[:12])}" if part.codes else ""
    optional = "" if part.required else ", optional: true"
    return f"{{to: {_word(to)}, from: {_near(part.name, known)}{optional}}}  # {wanted}{listed}"


def _word(to: str) -> str:
    return f'"{to}"' if to.startswith(("@", "#")) or "[" in to else to


def _near(name: str, known: list[str]) -> str:
    """The canon path whose last word is nearest to a name."""
    last = {path.rpartition(".")[2]: path for path in reversed(known)}
    hint = did_you_mean(name.lstrip("@").lower(), last)
    return last[hint.split("« ")[1].split(" »")[0]] if hint else "À-COMPLÉTER"
