"""Who may see what: for each recipient, the canon paths it may receive, with the law or the dossier that says so.

Used twice: the compiler refuses a rule that reads anything else, and `restrict` removes it from the document before it
is queued, so that what a neighbour may not have is not even kept in its messages.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from domain.canon.documents import DOCUMENTS
from mapping.errors import MappingError
from mapping.faults import Faults, did_you_mean
from mapping.language.paths import Shape, topic_shape
from mapping.language.source import Branch, Items, Leaf, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree: TypeAlias = "dict[str, Tree | None]"
"""Keys that pass; None under a key lets its whole subtree pass."""

_KEYS = ("recipient", "source", "unknown_codes", "allow")
LOCAL = ".local"
"""`recipients/sivic.local.yaml`: what a deployment decides for a recipient of the product: its policy, never its list."""
POLICIES = ("hold", "raw", "refuse")
"""What becomes of a code that a table does not have: the message waits for a person, the code goes as it is, or the
document is refused for good."""


class AllowList:
    """The allow-list of one recipient, compiled once."""

    def __init__(
        self,
        recipient: str,
        source: str,
        allowed: Mapping[str, frozenset[str]],
        *,
        file: str = "",
        unknown_codes: Mapping[str, str] | None = None,
    ) -> None:
        """`unknown_codes` is by table, with `default` for the others."""
        self.recipient = recipient
        self.unknown_codes = MappingProxyType(dict(unknown_codes or {}))
        self.source = " ".join(source.split())
        self.allowed = MappingProxyType(dict(allowed))
        self.file = file
        self._trees = {topic: _tree(paths) for topic, paths in allowed.items()}

    def allows(self, topic: str, path: str) -> bool:
        """Whether all that stands at a path may go: the path or one above it is listed."""
        listed = self.allowed.get(topic, frozenset())
        parts = path.split(".")
        return any(".".join(parts[:end]) in listed for end in range(1, len(parts) + 1))

    def policy(self, table: str) -> str:
        """What becomes of a code that this table does not have: one of `POLICIES`."""
        return self.unknown_codes.get(table) or self.unknown_codes.get("default") or POLICIES[0]

    def enters(self, topic: str, path: str) -> bool:
        """Whether something at or below a path may go."""
        below = path + "."
        return self.allows(topic, path) or any(listed.startswith(below) for listed in self.allowed.get(topic, ()))

    def restrict(self, topic: str, canon: Mapping[str, Any]) -> dict[str, Any]:
        """The document without what is not listed. The input is not changed; raises `MappingError` for a topic not listed."""
        tree = self._trees.get(topic)
        if tree is None:
            raise MappingError(topic, f"ce sujet n'est pas sur la liste d'accès de {self.recipient}", self.file)
        return _restricted(tree, canon)


def _tree(paths: frozenset[str]) -> Tree:
    root: Tree = {}
    for path in sorted(paths):
        *above, last = path.split(".")
        node: Tree | None = root
        for part in above:
            if node is not None:
                node = node.setdefault(part, {})
        if node is not None:
            node[last] = None
    return root


def _restricted(tree: Tree, canon: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, below in tree.items():
        if key in canon:
            value = canon[key]
            if below is None or value is None:
                kept[key] = value
            elif isinstance(value, list):
                kept[key] = [_restricted(below, item) for item in value]
            else:
                kept[key] = _restricted(below, value)
    return kept


def read_allow_list(node: Node, name: str, faults: Faults) -> AllowList | None:
    """The allow-list that a recipient file says, or None when a fault was noted."""
    before = len(faults)
    if not isinstance(node, Branch):
        faults.add(node.spot, "une liste d'accès commence par « recipient: »")
        return None
    for key, entry in node.entries.items():
        if key not in _KEYS:
            faults.add(entry.key, f"clé inconnue « {key} »", did_you_mean(key, _KEYS))
    recipient = _needed_text(node, "recipient", faults)
    source = _needed_text(node, "source", faults)
    if recipient and recipient != name:
        faults.add(node.entries["recipient"].node.spot, f"le fichier s'appelle « {name} », pas « {recipient} »")
    allowed = _read_allow(node, faults)
    policies = _read_policies(node, faults)
    if len(faults) > before:
        return None
    return AllowList(name, source, allowed, file=node.spot.file, unknown_codes=policies)


def read_local(node: Node, listed: AllowList, faults: Faults) -> AllowList:
    """The same list with the policy of a deployment, which says why."""
    if not isinstance(node, Branch):
        faults.add(node.spot, "ce fichier commence par « recipient: »")
        return listed
    known = ("recipient", "source", "unknown_codes")
    for key, entry in node.entries.items():
        if key not in known:
            hint = "la liste d'accès du produit ne se change pas ici" if key == "allow" else did_you_mean(key, known)
            faults.add(entry.key, f"clé inconnue « {key} »", hint)
    recipient = _needed_text(node, "recipient", faults)
    _needed_text(node, "source", faults)
    if recipient and recipient != listed.recipient:
        faults.add(node.entries["recipient"].node.spot, f"ce fichier est celui de « {listed.recipient} »")
    policies = {**listed.unknown_codes, **_read_policies(node, faults)}
    return AllowList(listed.recipient, listed.source, listed.allowed, file=listed.file, unknown_codes=policies)


def _read_policies(branch: Branch, faults: Faults) -> dict[str, str]:
    """`unknown_codes: raw`, or by table: `unknown_codes: {default: hold, sivic/sexe: raw}`."""
    entry = branch.entries.get("unknown_codes")
    if entry is None:
        return {}
    entry_node = entry.node
    nodes = (
        {table: slot.node for table, slot in entry_node.entries.items()}
        if isinstance(entry_node, Branch)
        else {"default": entry_node}
    )
    policies: dict[str, str] = {}
    for table, node in nodes.items():
        policy = node.value if isinstance(node, Leaf) else None
        if policy in POLICIES:
            policies[table] = str(policy)
        else:
            faults.add(node.spot, f"politique inconnue « {policy} »", f"connues : {', '.join(POLICIES)}")
    return policies


def _needed_text(branch: Branch, key: str, faults: Faults) -> str:
    entry = branch.entries.get(key)
    if entry is None:
        faults.add(branch.spot, f"« {key}: » manque")
    elif isinstance(entry.node, Leaf) and isinstance(entry.node.value, str) and entry.node.value.strip():
        return entry.node.value
    else:
        faults.add(entry.node.spot, f"« {key} » attend un texte")
    return ""


def _read_allow(branch: Branch, faults: Faults) -> dict[str, frozenset[str]]:
    entry = branch.entries.get("allow")
    if entry is None or not isinstance(entry.node, Branch):
        faults.add(entry.node.spot if entry else branch.spot, "« allow: » attend des sujets et leurs champs")
        return {}
    allowed: dict[str, frozenset[str]] = {}
    for topic, listed in entry.node.entries.items():
        shape = topic_shape(topic)
        if shape is None:
            faults.add(listed.key, f"sujet inconnu « {topic} »", did_you_mean(topic, DOCUMENTS))
        elif not isinstance(listed.node, Items):
            faults.add(listed.node.spot, f"« {topic} » attend une liste de champs")
        else:
            allowed[topic] = frozenset(_paths(listed.node, shape, faults))
    return allowed


def _paths(items: Items, shape: Shape, faults: Faults) -> list[str]:
    paths: list[str] = []
    for node in items.nodes:
        path = node.value if isinstance(node, Leaf) else None
        if not isinstance(path, str):
            faults.add(node.spot, "un champ est un chemin pointé")
        elif not _listable(shape, path):
            faults.add(node.spot, *shape.why_not(path))
        elif path in paths:
            faults.add(node.spot, f"champ « {path} » écrit deux fois")
        else:
            paths.append(path)
    return paths


def _listable(shape: Shape, path: str) -> bool:
    """An allowed path may enter a list: `event.localisations.name` lets that field of each element pass."""
    node: Shape | None = shape
    for part in path.split("."):
        if node is not None and node.kind == "list":
            node = node.item
        node = node.fields.get(part) if node else None
    return node is not None
