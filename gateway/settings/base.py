"""What every table of the settings is made of, and how a neighbour is reached and sent to."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from adapters.wire.link import Link


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Delivery(Section):
    """How one destination is sent to."""

    concurrency: int = Field(16, ge=1, le=500, description="Envois simultanés au plus.")
    schedule: tuple[float, ...] = Field(
        (1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400),
        description="Secondes avant chaque nouvel essai après un refus passager.",
    )
    rate: float | None = Field(
        None, gt=0, le=10000, description="Envois par seconde au plus, tous nœuds ensemble ; absent : sans limite."
    )


class Neighbour(Section):
    """One neighbour: how to reach it, and how to send to it."""

    link: Link
    delivery: Delivery = Delivery()
