"""The documents that the operator's doors take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.doors.http.schemas import DiscardedMessage, Id, Strict


class ReplayedMessage(Strict):
    """How a message is sent again: mapped as today, or the bytes of its last attempt as they were."""

    mapped: Literal["today", "then"] = Field("today", alias="as")

    @property
    def exactly(self) -> bool:
        """Whether the bytes of the last attempt are wanted."""
        return self.mapped == "then"


class ChosenMessages(Strict):
    """Which messages to decide on, parked or uncertain; every field that is given must match, and one must be."""

    group: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="Groupe de causes.")] | None = None
    destination: Annotated[str, Field(max_length=64)] | None = None
    event_id: Id | None = None
    topic: Annotated[str, Field(max_length=64)] | None = None
    cause: Annotated[str, Field(max_length=120)] | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _chosen(self) -> ChosenMessages:
        if not any((self.group, self.destination, self.event_id, self.topic, self.cause)):
            raise ValueError("dire lesquels : group, destination, event_id, topic ou cause")
        return self


class ReplayedMessages(ChosenMessages, ReplayedMessage):
    """Which, and how."""


class DiscardedMessages(ChosenMessages, DiscardedMessage):
    """Which, and why."""


class ResumedDestination(Strict):
    """How fast what has gathered may leave; absent, as fast as it can."""

    rate: Annotated[float, Field(gt=0, le=10000, description="Messages par seconde.")] | None = None
