"""The doors of the integrator, with what they take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.doors.http.door import Door
from gateway.doors.http.schemas import Strict
from gateway.doors.studio import mappings
from gateway.doors.studio.table import STUDIO_DOORS
from gateway.security.keys import Scope

INTEGRATOR = frozenset({Scope.INTEGRATOR})
Use = Annotated[
    str,
    Field(
        pattern=r"^(files|[a-z_]+(\.[a-z_]+)+)$",
        max_length=80,
        description="Destination et sujet : sivic.victim ; files : tables et listes d’accès.",
    ),
]
Reason = Annotated[str, Field(min_length=3, max_length=255, description="Pourquoi ; gardé avec le nom de la clé.")]


class NewActivation(Strict):
    """Another version of a mapping."""

    use: Use
    mapping: Annotated[str, Field(max_length=120, description="Par exemple sivic/personne@2 ; vide pour files.")] = ""
    why: Reason
    force: bool = False
    """Mettre en vigueur même une version qui refuse un des derniers messages."""


class RolledBack(Strict):
    """Back to the version before."""

    use: Use
    why: Reason


Cell = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class NewPair(Strict):
    """One more line of a code table."""

    table: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*/[a-z][a-z0-9_.-]*$", max_length=120)]
    canon: Cell
    wire: Cell
    label: Cell
    source: Cell
    version: Annotated[str, Field(max_length=200, pattern=r"^[^\r\n]*$")] = ""
    valid_from: Day = ""
    valid_to: Day = ""
    lossy: bool = False


MAPPING_DOORS = (
    Door(
        "GET",
        "/v1/mappings",
        INTEGRATOR,
        mappings.read_all,
        "Correspondances en vigueur, et celles qui peuvent l’être",
        tag="Correspondances",
    ),
    Door(
        "GET",
        "/v1/mappings/history",
        INTEGRATOR,
        mappings.history,
        "Décisions : qui, quand, pourquoi",
        tag="Correspondances",
    ),
    Door(
        "POST",
        "/v1/mappings/activations",
        INTEGRATOR,
        mappings.put_in_force,
        "Mettre une version en vigueur, essayée d’abord sur les derniers messages",
        NewActivation,
        tag="Correspondances",
        example={"use": "sivic.victim", "mapping": "sivic/personne@2", "why": "contrat SI-VIC de mars"},
    ),
    Door(
        "POST",
        "/v1/mappings/rollbacks",
        INTEGRATOR,
        mappings.put_back,
        "Revenir à la version précédente",
        RolledBack,
        tag="Correspondances",
        example={"use": "sivic.victim", "why": "refus du voisin"},
    ),
    Door(
        "POST",
        "/v1/mappings/messages/{message_id}/replay",
        INTEGRATOR,
        mappings.release,
        "Rejouer un message par la version en vigueur",
        status=204,
        tag="Correspondances",
    ),
    Door(
        "GET",
        "/v1/mappings/unknown-codes",
        INTEGRATOR,
        mappings.unknown_codes,
        "Codes absents des tables : combien de fois, et la dernière",
        tag="Correspondances",
    ),
    Door(
        "POST",
        "/v1/mappings/tables/pairs",
        INTEGRATOR,
        mappings.add_row,
        "Ajouter une paire à une table, dans les fichiers du déploiement",
        NewPair,
        status=201,
        tag="Correspondances",
        example={"table": "sivic/pays", "canon": "BEL", "wire": "BE", "label": "Belgique", "source": "contrat v1"},
    ),
    *STUDIO_DOORS,
)
