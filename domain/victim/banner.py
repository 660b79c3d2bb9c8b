"""How a victim is named to a person at a screen (R-15, R-27). For people who may see identities, never for a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from domain.rules import DEFAULT_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.rules import Rules
    from domain.victim.victim import Victim

FRENCH_UNITS: Final = {"years": "ans", "months": "mois", "weeks": "sem.", "days": "jours"}


def display_name(victim: Victim, rules: Rules = DEFAULT_RULES) -> str:
    """`NOM Prénom`, or `? INCONNU` with the day and time of creation."""
    name = victim.value("used_name") or victim.value("birth_name")
    given = victim.value("given_name")
    if name or given:
        return " ".join(part for part in ((name or "").upper(), given or "") if part)
    created = victim.created.happened_at.astimezone(ZoneInfo(rules.timezone))
    return f"? INCONNU {created:%d/%m/%Y %H:%M}"


def banner(victim: Victim, rules: Rules = DEFAULT_RULES) -> str:
    """`NOM Prénom - âge - poids - gravité - statut`; what is unknown is left out."""
    parts = (
        display_name(victim, rules),
        french_age(victim.value("age")),
        french_weight(victim.value("weight_kg")),
        victim.severity.value,
        victim.status.label,
    )
    return " - ".join(part for part in parts if part)


def french_age(word: Mapping[str, Any] | None) -> str:
    """`34 ans`, `plus de 80 ans`, or the text as it was written; empty when nobody said."""
    if word is None:
        return ""
    if word["value"] is None:
        return str(word["raw"] or "")
    unit = "an" if word["unit"] == "years" and word["value"] <= 1 else FRENCH_UNITS[word["unit"]]
    return f"{'plus de ' if word['at_least'] else ''}{word['value']} {unit}"


def french_weight(kilograms: float | None) -> str:
    """`72,5 kg`; empty when nobody weighed."""
    return "" if kilograms is None else f"{kilograms:g} kg".replace(".", ",")
