"""A mapping file as data: what each line says and where, before anybody asks whether it is true.

It checks the grammar (known keys, the right sort of value, one origin per rule) and refuses to look at canon, tables or
recipients.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from mapping.faults import Faults, Spot, did_you_mean
from mapping.language.source import Branch, Items, Leaf, Node, Scalar
from mapping.language.targets import TARGET

if TYPE_CHECKING:
    from collections.abc import Iterable

Origin: TypeAlias = Literal["from", "first", "value", "compute", "each", "rules"]

ORIGINS: tuple[Origin, ...] = ("from", "first", "value", "compute", "each")
"""What a rule writes from; `rules` alone is a group, written whole or not at all."""
RULE_KEYS = ("to", *ORIGINS, "table", "format", "optional", "when", "uses", "default", "rules")
FILE_KEYS = ("mapping", "recipient", "topic", "source", "target", "provided", "extends", "without", "rules")

NAME = re.compile(r"[a-z][a-z0-9_-]*/[a-z][a-z0-9_.-]*@[1-9][0-9]*")

_GOES_WITH: dict[str, frozenset[Origin]] = {
    "table": frozenset({"from", "first", "compute"}),
    "format": frozenset({"from", "first", "compute"}),
    "default": frozenset({"from", "first", "compute"}),
    "optional": frozenset({"from", "first", "compute", "each"}),
    "rules": frozenset({"each", "rules"}),
}
"""Keys that mean something only beside these origins; `when` and `uses` go with all of them."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, and where it was said."""

    text: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Default:
    """What goes on the wire when there is nothing to say, and why that is right."""

    value: Scalar
    because: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a mapping."""

    to: Token
    origin: Origin
    paths: tuple[Token, ...] = ()
    """What it reads: one for `from` and `each`, several for `first`."""
    constant: Scalar = None
    compute: Token | None = None
    table: Token | None = None
    format: Token | None = None
    optional: bool = False
    when: Token | None = None
    uses: tuple[Token, ...] = ()
    """What its expressions may see besides `paths`."""
    default: Default | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def reads(self) -> str:
        """Where its value comes from, for people."""
        if self.compute:
            return self.compute.text
        return " | ".join(path.text for path in self.paths)

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.to.spot.file}:{self.to.spot.line}"


@dataclass(frozen=True, slots=True)
class MappingFile:
    """One file, as written. Empty texts where it counts on what it extends."""

    name: Token
    recipient: Token
    topic: Token
    """The canon document that it reads, when it maps what goes out."""
    source: Token
    """The neighbour's document that it reads, when it maps what comes in: a contract, as `target` says one."""
    target: Token
    provided: tuple[Token, ...]
    """Parts of the target that the client writes itself."""
    extends: Token | None
    without: tuple[Token, ...]
    rules: tuple[Rule, ...]


def read_mapping_file(node: Node, faults: Faults) -> MappingFile | None:
    """The file that a tree says, or None when it is not one; every fault of its grammar is noted."""
    if not isinstance(node, Branch):
        faults.add(node.spot, "un fichier de correspondance commence par « mapping: »")
        return None
    _known_keys(node, FILE_KEYS, faults)
    extends = _word(node, "extends", faults)
    missing = Token("", node.spot)
    incoming = "source" in node.entries
    needed = ("mapping", "target", "rules") if incoming else ("mapping", "recipient", "topic", "rules")
    for key in ("mapping",) if extends else needed:
        if key not in node.entries:
            faults.add(node.spot, f"« {key}: » manque")
    for key in ("recipient", "topic") if incoming else ():
        if key in node.entries:
            faults.add(
                node.entries[key].key, f"« source » et « {key} » dans le même fichier", "l'un entre, l'autre sort"
            )
    name = _word(node, "mapping", faults) or missing
    if name.text and not NAME.fullmatch(name.text):
        faults.add(
            name.spot, f"nom « {name.text} »", "un nom s'écrit destinataire/nom@version, par exemple sivic/personne@1"
        )
    return MappingFile(
        name=name,
        recipient=_word(node, "recipient", faults) or missing,
        topic=_word(node, "topic", faults) or missing,
        source=_word(node, "source", faults) or missing,
        target=_word(node, "target", faults) or missing,
        provided=_words(node, "provided", faults),
        extends=extends,
        without=_words(node, "without", faults),
        rules=_rules(node, faults),
    )


def _known_keys(branch: Branch, keys: Iterable[str], faults: Faults) -> None:
    for key, entry in branch.entries.items():
        if key not in keys:
            faults.add(entry.key, f"clé inconnue « {key} »", did_you_mean(key, keys))


def _word(branch: Branch, key: str, faults: Faults) -> Token | None:
    entry = branch.entries.get(key)
    if entry is None:
        return None
    if isinstance(entry.node, Leaf) and isinstance(entry.node.value, str) and entry.node.value:
        return Token(entry.node.value, entry.node.spot)
    faults.add(entry.node.spot, f"« {key} » attend un texte")
    return None


def _words(branch: Branch, key: str, faults: Faults) -> tuple[Token, ...]:
    entry = branch.entries.get(key)
    if entry is None:
        return ()
    nodes = entry.node.nodes if isinstance(entry.node, Items) else ()
    tokens = tuple(
        Token(node.value, node.spot) for node in nodes if isinstance(node, Leaf) and isinstance(node.value, str)
    )
    if not tokens or len(tokens) < len(nodes):
        faults.add(entry.node.spot, f"« {key} » attend une liste de champs")
    return tokens


def _rules(branch: Branch, faults: Faults) -> tuple[Rule, ...]:
    entry = branch.entries.get("rules")
    if entry is None:
        return ()
    if not isinstance(entry.node, Items) or not entry.node.nodes:
        faults.add(entry.node.spot, "« rules » attend une liste de règles")
        return ()
    rules: list[Rule] = []
    for node in entry.node.nodes:
        if not isinstance(node, Branch):
            faults.add(node.spot, "une règle commence par « to: »")
        elif rule := _rule(node, faults):
            rules.append(rule)
    return tuple(rules)


def _rule(branch: Branch, faults: Faults) -> Rule | None:
    before = len(faults)
    _known_keys(branch, RULE_KEYS, faults)
    to = _word(branch, "to", faults)
    if to is None:
        faults.add(branch.spot, "« to: » manque : où va cette valeur ?")
    elif not TARGET.fullmatch(to.text):
        faults.add(to.spot, f"cible « {to.text} »", "une cible est un chemin pointé, « @ » devant un attribut")
    origin = _origin(branch, faults)
    if to is None or origin is None:
        return None
    rule = Rule(
        to=to,
        origin=origin,
        paths=_origin_paths(branch, origin, faults),
        constant=_constant(branch, faults) if origin == "value" else None,
        compute=_word(branch, "compute", faults),
        table=_word(branch, "table", faults),
        format=_word(branch, "format", faults),
        optional=_flag(branch, "optional", faults),
        when=_word(branch, "when", faults),
        uses=_words(branch, "uses", faults),
        default=_default(branch, faults),
        rules=_rules(branch, faults),
    )
    _check_company(branch, rule, faults)
    return rule if len(faults) == before else None


def _origin(branch: Branch, faults: Faults) -> Origin | None:
    origins = [origin for origin in ORIGINS if origin in branch.entries]
    if not origins and "rules" in branch.entries:
        return "rules"
    if not origins:
        faults.add(branch.spot, "d'où vient la valeur ?", f"il faut l'un de : {', '.join(ORIGINS)}")
        return None
    for extra in origins[1:]:
        faults.add(
            branch.entries[extra].key, f"« {origins[0]} » et « {extra} » dans la même règle", "gardez-en un seul"
        )
    return origins[0]


def _origin_paths(branch: Branch, origin: Origin, faults: Faults) -> tuple[Token, ...]:
    if origin == "first":
        return _words(branch, "first", faults)
    path = _word(branch, origin, faults) if origin in {"from", "each"} else None
    return (path,) if path else ()


def _constant(branch: Branch, faults: Faults) -> Scalar:
    node = branch.entries["value"].node
    if isinstance(node, Leaf) and node.value is not None:
        return node.value
    faults.add(node.spot, "« value » attend un texte, un nombre ou un booléen")
    return None


def _flag(branch: Branch, key: str, faults: Faults) -> bool:
    entry = branch.entries.get(key)
    if entry is None:
        return False
    if isinstance(entry.node, Leaf) and isinstance(entry.node.value, bool):
        return entry.node.value
    faults.add(entry.node.spot, f"« {key} » attend true ou false")
    return False


def _default(branch: Branch, faults: Faults) -> Default | None:
    entry = branch.entries.get("default")
    if entry is None:
        return None
    if not isinstance(entry.node, Branch):
        faults.add(entry.node.spot, "« default » s'écrit {value: …, because: …}", "une valeur par défaut se justifie")
        return None
    _known_keys(entry.node, ("value", "because"), faults)
    because = _word(entry.node, "because", faults)
    if "value" not in entry.node.entries:
        faults.add(entry.node.spot, "« value: » manque à « default »")
    elif because is None:
        faults.add(entry.node.spot, "« because: » manque à « default »", "une valeur par défaut se justifie")
    else:
        return Default(_constant(entry.node, faults), because.text)
    return None


def _check_company(branch: Branch, rule: Rule, faults: Faults) -> None:
    for key, origins in _GOES_WITH.items():
        if key in branch.entries and rule.origin not in origins:
            faults.add(branch.entries[key].key, f"« {key} » n'a pas de sens avec « {rule.origin} »")
    if rule.origin == "each" and "rules" not in branch.entries:
        faults.add(branch.spot, "« each » attend ses « rules »")
    if rule.table and rule.format:
        faults.add(rule.format.spot, "« table » et « format » dans la même règle", "la table donne déjà la forme")
    if rule.default and rule.optional:
        faults.add(
            branch.entries["default"].key,
            "« default » et « optional » dans la même règle",
            "l'un des deux ne sert jamais",
        )
    if rule.uses and not (rule.when or rule.compute):
        faults.add(branch.entries["uses"].key, "« uses » sans « when » ni « compute »")
