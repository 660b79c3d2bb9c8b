"""What every published answer has in common: nothing in it that is not published."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Instant = Annotated[AwareDatetime, Field(description="ISO 8601, avec décalage horaire.")]


class Answer(BaseModel):
    """One object of an answer. A client takes what it does not know for what a later version added."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
