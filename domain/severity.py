"""The triage words of the trade. The French code is the master: this module knows no colour."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """R-16: how grave, as SINUS and the portal say it."""

    UA = "UA"
    """Urgence absolue: vital emergency."""
    UR = "UR"
    """Urgence relative: injured, not vital."""
    IMP = "IMP"
    """Impliqué: not injured, may need care, mostly medico-psychological."""
    DCD = "DCD"
    """Décédé."""
    NC = "NC"
    """Non codé: nobody has said yet."""


TRIAGE_ORDER: Final = (Severity.UA, Severity.UR, Severity.IMP, Severity.DCD, Severity.NC)
"""The order of the columns of every table."""

INJURED: Final = frozenset({Severity.UA, Severity.UR})
"""*Blessés*: UA and UR together."""
