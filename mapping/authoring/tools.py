"""What an integrator asks of the mappings: are they right, what do they say, what would this victim give.

Pure functions; the command line prints `text` or `data` and takes its exit code from `ok`. A preview shows values, since
that is its purpose: who may see them is decided by who calls it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from mapping.catalogue import Catalogue, Mapping, load_catalogue
from mapping.errors import MappingError
from mapping.faults import MappingFaultsError, did_you_mean
from mapping.kinds import KIND_IN_FRENCH
from mapping.language.paths import with_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Mapping as ReadOnly
    from pathlib import Path

    from mapping.engine.trace import Step
    from mapping.language.paths import Shape
    from mapping.language.rules import Rule


@dataclass(frozen=True, slots=True)
class ToolReport:
    """An answer, for people and for machines."""

    ok: bool
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    """JSON-safe."""


def check(*folders: Path, models: Path | None = None) -> ToolReport:
    """Whether the files of these folders can be used together; otherwise every fault.

    `models` is the folder of the official models of the Hub Santé.
    """
    try:
        catalogue = load_catalogue(*folders, models=models)
    except MappingFaultsError as error:
        count = len(error.faults)
        text = f"{error}\n{count} {'défaut' if count == 1 else 'défauts'}."
        return ToolReport(ok=False, text=text, data={"faults": [asdict(fault) for fault in error.faults]})
    names_by_kind = {
        "mappings": sorted(catalogue.mappings),
        "tables": sorted(catalogue.tables),
        "recipients": sorted(catalogue.recipients),
    }
    text = "Aucun défaut. Correspondances : {}, tables : {}, destinataires : {}.".format(
        *(len(names) for names in names_by_kind.values())
    )
    names_by_kind["unchecked"] = list(catalogue.unchecked)
    return ToolReport(ok=True, text=text + _unchecked(catalogue), data={"faults": [], **names_by_kind})


def _unchecked(catalogue: Catalogue) -> str:
    """The mappings that were held to no contract, by the reason."""
    reasons: dict[str, list[str]] = {}
    for name in catalogue.unchecked:
        reasons.setdefault(catalogue.contracts.why_absent(catalogue.mapping(name).target), []).append(name)
    text = ""
    for reason, names in reasons.items():
        head = "Cible non vérifiée" if len(names) == 1 else "Cibles non vérifiées"
        text += f"\n{head} : {', '.join(names)} ({reason})."
    return text


def show(catalogue: Catalogue, name: str) -> ToolReport:
    """The rules of a mapping, inherited ones included, one per line, with where each is written."""
    mapping = catalogue.mapping(name)
    rows = [_row(rule, before) for rule, before in walk(mapping.rules)]
    wide = max(len(row["to"]) for row in rows)
    lines = [f"{row['to']:<{wide}} ← {row['says']}  ({row['place']})" for row in rows]
    whom = f", pour {mapping.recipient}" if mapping.recipient else ""
    head = f"{name} : {mapping.topic or mapping.source} → {mapping.target}{whom}"
    data = {
        "mapping": name,
        "topic": mapping.topic,
        "source": mapping.source,
        "target": mapping.target,
        "recipient": mapping.recipient,
        "rules": rows,
    }
    return ToolReport(ok=True, text="\n".join([head, *lines]), data=data)


def preview(catalogue: Catalogue, name: str, canon: ReadOnly[str, Any]) -> ToolReport:
    """What one document gives: the result, and for each target the rule that made it. The allow-list is applied first."""
    mapping = catalogue.mapping(name)
    allowed = allowed_of(catalogue, mapping, canon)
    steps = mapping.explain(allowed)
    errors = [step for step in steps if step.error]
    lines = [_told(step) for step in steps]
    result = None
    if not errors:
        result = mapping.apply(allowed)
        lines += ["", json.dumps(result, ensure_ascii=False, indent=2)]
    data = {"mapping": name, "source": allowed, "result": result, "steps": [asdict(step) for step in steps]}
    return ToolReport(ok=not errors, text="\n".join(lines), data=data)


def allowed_of(catalogue: Catalogue, mapping: Mapping, document: ReadOnly[str, Any]) -> dict[str, Any]:
    """The document as its recipient may learn it; whole, when it comes in."""
    if not mapping.topic:
        return dict(document)
    return catalogue.allow_list(mapping.recipient).restrict(mapping.topic, document)


def diff(catalogue: Catalogue, old: str, new: str, documents: Iterable[tuple[str, ReadOnly[str, Any]]]) -> ToolReport:
    """What two mappings send differently over named documents. `ok` means that nothing differs."""
    return differences(old, catalogue.mapping(old), new, catalogue.mapping(new), documents)


def differences(
    old: str, before: Mapping, new: str, after: Mapping, documents: Iterable[tuple[str, ReadOnly[str, Any]]]
) -> ToolReport:
    """The same for two mappings at hand, which may be one name in two states of its files."""
    changed: dict[str, list[dict[str, Any]]] = {}
    count = 0
    for case, canon in documents:
        count += 1
        if changes := _changes(_flat(_sent(before, canon)), _flat(_sent(after, canon))):
            changed[case] = changes
    lines = [f"{old} → {new} : documents qui partent autrement : {len(changed)} sur {count}."]
    for case, changes in changed.items():
        lines += [
            f"{case} :",
            *(f"  {change['to']} : {_json(change, 'old')} → {_json(change, 'new')}" for change in changes),
        ]
    return ToolReport(
        ok=not changed, text="\n".join(lines), data={"old": old, "new": new, "documents": count, "changed": changed}
    )


def explain(catalogue: Catalogue, name: str, to: str) -> ToolReport:
    """Where one target comes from: each rule, the type of what it reads, the line of the allow-list, the pairs of its table."""
    mapping = catalogue.mapping(name)
    matches = [(rule, before) for rule, before in walk(mapping.rules) if before + rule.to.text == to]
    if not matches:
        known = [before + rule.to.text for rule, before in walk(mapping.rules)]
        return ToolReport(
            ok=False, text=f"« {to} » n'est pas une cible de {name}, {did_you_mean(to, known)}".rstrip(", ")
        )
    rows = [
        _row(rule, before) | {"reads": _reads(mapping, rule), "pairs": _pairs(catalogue, rule)}
        for rule, before in matches
    ]
    lines: list[str] = []
    for row in rows:
        lines.append(f"{row['to']} ← {row['says']}  ({row['place']})")
        lines += [f"  {path} : {reason}" for path, reason in row["reads"].items()]
        lines += [
            f"  {pair['canon']} → {pair['wire']}  {pair['label']}{' (sans retour)' if pair['lossy'] else ''}"
            for pair in row["pairs"]
        ]
    source = catalogue.allow_list(mapping.recipient).source if mapping.recipient else ""
    if source:
        lines.append(f"Liste d'accès de {mapping.recipient} : {source}")
    return ToolReport(ok=True, text="\n".join(lines), data={"mapping": name, "to": to, "rules": rows, "source": source})


def walk(rules: Sequence[Rule], before: str = "") -> Iterator[tuple[Rule, str]]:
    """Every rule, those of an `each` or a group after it, with the target path that stands before its own."""
    for rule in rules:
        yield rule, before
        yield from walk(rule.rules, f"{before}{rule.to.text}{'[]' if rule.origin == 'each' else ''}.")


def _row(rule: Rule, before: str) -> dict[str, Any]:
    kind = "groupe" if rule.origin == "rules" else f"{rule.origin} {rule.reads}"
    says = [json.dumps(rule.constant, ensure_ascii=False) if rule.origin == "value" else kind]
    says += [f"table {rule.table.text}"] if rule.table else []
    says += [f"format {rule.format.text}"] if rule.format else []
    says += [f"quand {rule.when.text}"] if rule.when else []
    says += ["facultatif"] if rule.optional else []
    if rule.default:
        says.append(f"sinon {json.dumps(rule.default.value, ensure_ascii=False)} : {rule.default.because}")
    return {"to": before + rule.to.text, "says": ", ".join(says), "place": rule.place}


def _reads(mapping: Mapping, rule: Rule) -> dict[str, str]:
    inside = _scope_of(mapping, rule)
    kinds: dict[str, str] = {}
    for token in (*rule.paths, *rule.uses):
        shape = inside.find(token.text) if inside else None
        if shape:
            kinds[token.text] = KIND_IN_FRENCH[shape.kind] + (", parfois absent" if shape.nullable else "")
    return kinds


def _scope_of(mapping: Mapping, wanted: Rule) -> Shape | None:
    def below(rules: Sequence[Rule], shape: Shape) -> Shape | None:
        for rule in rules:
            if rule is wanted:
                return shape
            leaf = shape.find(rule.paths[0].text) if rule.rules else None
            if leaf and leaf.item and (inner := below(rule.rules, with_item(shape, leaf.item))):
                return inner
        return None

    return below(mapping.rules, mapping.compiler.shape)


def _pairs(catalogue: Catalogue, rule: Rule) -> list[dict[str, Any]]:
    return [asdict(pair) for pair in catalogue.table(rule.table.text).pairs] if rule.table else []


def _told(step: Step) -> str:
    if step.error:
        return f"✗ {step.to} : {step.error}  ({step.place})"
    if step.value is None:
        return f"  {step.to} absent ← {step.reads}  ({step.place})"
    because = f", ou par défaut : {step.because}" if step.because else ""
    return f"  {step.to} = {json.dumps(step.value, ensure_ascii=False)} ← {step.reads or 'constante'}  ({step.place}){because}"


def _sent(mapping: Mapping, canon: ReadOnly[str, Any]) -> dict[str, Any]:
    try:
        return mapping.apply(canon)
    except MappingError as error:
        return {"refusé": f"{error.path} : {error.reason}"}


def _flat(value: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - any JSON-safe value
    if isinstance(value, dict):
        below = (_flat(inner, f"{path}.{key}" if path else key) for key, inner in value.items())
    elif isinstance(value, list) and value:
        below = (_flat(inner, f"{path}[{at}]") for at, inner in enumerate(value))
    else:
        return {path: value}
    return {key: inner for tree in below for key, inner in tree.items()}


def _changes(old: ReadOnly[str, Any], new: ReadOnly[str, Any]) -> list[dict[str, Any]]:
    """Each path that differs; a side that does not have it has no key."""
    changes: list[dict[str, Any]] = []
    for path in [*old, *(path for path in new if path not in old)]:
        sides = {side: tree[path] for side, tree in (("old", old), ("new", new)) if path in tree}
        if len(sides) == 1 or _json(sides, "old") != _json(sides, "new"):
            changes.append({"to": path, **sides})
    return changes


def _json(change: ReadOnly[str, Any], side: str) -> str:
    return json.dumps(change[side], ensure_ascii=False) if side in change else "absent"
