"""Writes what is made from the code: the reference pages (settings, doors, codes) and the contract of the portal's doors.

Tests hold both to the code.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from domain.intervention import ins as identity
from domain.intervention import professionals
from domain.intervention.remarks import TITLES as REMARKS
from domain.intervention.status import REFUSALS, InterventionStatus
from gateway.doors.interventions.soap_faults import MEANINGS, RETRYABLE
from gateway.doors.portal import contract
from gateway.doors.rights import named, shown
from gateway.doors.table import DOORS
from gateway.security.keys import Scope
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[1]
HEAD = "<!-- Made from the code by scripts/write_reference.py; edit the code. -->\n"


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → text."""
    return {
        "reglages.md": settings_page(),
        "portes.md": doors_page(),
        "codes.md": codes_page(),
        "rights.md": rights_page(),
    }


def rights_page() -> str:
    """Every door, and what each scope is shown there."""
    lines = [
        HEAD,
        "# Droits",
        "",
        "Ce que chaque portée est montrée, porte par porte ; vide : la porte est fermée (403). Un portail voit les événements qu'il a ouverts et ceux qu'on lui a ouverts",
        "(`POST /v1/events/{event_id}/shares`, `passerelle event share`) ; le reste lui est répondu comme ce qui n'existe pas. Tout est du seul mode de la passerelle.",
        "",
        f"| porte | {' | '.join(Scope)} |",
        f"|---|{'---|' * len(Scope)}",
    ]
    lines += [f"| {named(door)} | {' | '.join(shown(door, scope) for scope in Scope)} |" for door in DOORS]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every key, its default, its meaning."""
    lines = [HEAD, "# Réglages", "", "`passerelle.toml`, ou l'environnement : `PASSERELLE_SERVER__PORT=8443`.", ""]
    lines += ["| clé | défaut | sens |", "|---|---|---|"]
    lines += [f"| `{path}` | {_default(info)} | {info.description} |" for path, info in keys(Settings)]
    return "\n".join(lines) + "\n"


def doors_page() -> str:
    """Every door, who may use it."""
    lines = [
        HEAD,
        "# Portes",
        "",
        "Contrat complet avec exemples : `/openapi.json`. Portées : voir le guide de l'exploitant.",
        "",
    ]
    for tag in dict.fromkeys(door.tag for door in DOORS):
        lines += [f"## {tag}", "", "| méthode | adresse | portées | ce qu'elle fait |", "|---|---|---|---|"]
        lines += [
            f"| {door.method} | `{door.path}` | {', '.join(sorted(door.scopes))} | {door.summary} |"
            for door in DOORS
            if door.tag == tag
        ]
        lines.append("")
    return "\n".join(lines)


def codes_page() -> str:
    """Every state, warning, reason and fault that a platform may be told."""
    states = {one.value: f"{one.label} (Task : {one.task_status})" for one in InterventionStatus}
    faults = {
        code: f"{meaning} Réessayable : {'oui' if code in RETRYABLE else 'non'}." for code, meaning in MEANINGS.items()
    }
    warnings = {**identity.TITLES, **professionals.TITLES, **REMARKS}
    tables = (
        ("États d'une demande", "Seuls ces mots reviennent à l'émetteur, jamais une décision médicale.", states),
        (
            "Motifs de refus du SAMU",
            "Quels que soient les mots du logiciel du SAMU, l'émetteur lit un de ceux-ci.",
            REFUSALS,
        ),
        ("Avertissements", "Ils accompagnent une demande acceptée ; aucun ne l'arrête.", warnings),
        ("Fautes SOAP", "`DemandeFault/code` ; `consigne` dit toujours quoi faire.", faults),
    )
    lines = [HEAD, "# Codes des demandes d'intervention", ""]
    for title, about, table in tables:
        lines += [f"## {title}", "", about, "", "| code | sens |", "|---|---|"]
        lines += [f"| `{code}` | {meaning} |" for code, meaning in table.items()]
        lines.append("")
    return "\n".join(lines)


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every leaf of the settings, by its dotted path."""
    for name, info in model.model_fields.items():
        candidates: tuple[Any, ...] = (info.annotation, *get_args(info.annotation))
        inner = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
        if inner:
            yield from keys(inner[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", info


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "obligatoire"
    if info.default is None or info.default in ((), {}):
        return "–"
    if isinstance(info.default, dict):
        return "voir `passerelle.toml`"
    return f"`{info.default}`"


def main() -> int:
    """Write the pages; with --check say which are stale."""
    folder = ROOT / "docs/reference"
    folder.mkdir(parents=True, exist_ok=True)
    stale = [
        name
        for name, text in pages().items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        return 1 if stale else 0
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    (ROOT / "adapters/portal/contract" / contract.FILE).write_bytes(contract.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
