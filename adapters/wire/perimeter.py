"""One link of the Hub Santé as a deployment sets it: which virtual host, under which identity, to whom, in which model.

Beside the rooms because the settings hold it, and the settings know no adapter.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from domain.canon.hub import HUB_DOCUMENTS

EVERYONE = "*"
TOPICS = (
    "intervention.request",
    "intervention.cancel",
    "victim",
    "evacuation",
    "evacuation.status",
    "counts",
    *HUB_DOCUMENTS,
)
MESSAGES = (
    "RS-EDA",
    "RS-EDA-MAJ",
    "RS-RI",
    "RS-SR",
    "RS-DR",
    "RS-RR",
    "RS-ER",
    "RS-URL",
    "RS-BPV",
    "RS-RPIS",
    "RS-SAS-RDV",
    "RC-EDA",
    "RC-RI",
    "EMSI",
    "GEO-POS",
    "GEO-REQ",
    "GEO-RES",
)
"""Every message that may be carried, beside the acknowledgement and the error, which are everywhere."""


class Perimeter(BaseModel):
    """One link of the hub (15-15, 15-SMUR, 15-NexSIS…): one connection, one model, our identity on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vhost: str = Field(
        pattern=r"^[\w.-]+$", description="Hôte virtuel : périmètre et version du DSF, comme 15-15_v2.1."
    )
    client_id: str = Field(
        # The hub cuts a distributionID at its first underscore: an id that holds one could never be sent under.
        pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        description="Notre identifiant de client du hub ; c’est aussi la clé de routage.",
    )
    model: Literal[1, 2, 3] = Field(description="Version des modèles sur cet hôte virtuel : 1, 2 ou 3.")
    name: str = Field("Passerelle", min_length=1, description="Notre nom dans l’en-tête des messages.")
    vendor: str = Field("hubex", min_length=1, description="Préfixe de notre URI dans l’en-tête.")
    recipients: dict[str, str] = Field(
        {}, description="Code du CRRA, ou « * » pour tous les autres : identifiant de client du destinataire."
    )
    topics: tuple[str, ...] = Field((), description="Sujets qui partent par ce périmètre.")
    carries: tuple[str, ...] | None = Field(
        None,
        description="Messages que le hub admet sur cet hôte virtuel, comme RS-EDA ; absent : la dernière liste publique du hub.",
    )
    form: Literal["json", "xml"] = Field("json", description="Forme des messages émis.")
    prefetch: int = Field(20, ge=1, le=50, description="Messages reçus et pas encore enregistrés, au plus.")
    senders: tuple[str, ...] = Field((), description="Expéditeurs connus ; vide : tous ceux que le hub laisse passer.")

    @field_validator("topics")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [topic for topic in value if topic not in TOPICS]
        if unknown:
            raise ValueError(f"sujets inconnus : {', '.join(unknown)} ; attendu : {', '.join(TOPICS)}")
        return value

    @field_validator("carries")
    @classmethod
    def _named(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = [name for name in value or () if name not in MESSAGES]
        if unknown:
            raise ValueError(f"messages inconnus : {', '.join(unknown)} ; attendu : {', '.join(MESSAGES)}")
        return value

    def recipient_of(self, crra: str | None) -> str | None:
        """The client id to send to for a CRRA, which may be named by it; None when nobody was named for it."""
        named = crra if crra and crra.startswith("fr.") else None
        return self.recipients.get(crra or EVERYONE) or named or self.recipients.get(EVERYONE)
