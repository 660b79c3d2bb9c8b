"""Canon of what a neighbour says of one person: admitted, transferred, gone home, dead, identified, numbered, no longer theirs.

The third of the canons: `documents` is what leaves, `answers` what is said in reply, this what a neighbour says of its own
accord. The rules of `answers` hold here too: a key that was not said is absent, and nothing is judged.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypedDict


class PersonNews(StrEnum):
    """What happened to the person, as far as the neighbour says."""

    ADMISSION = "admission"
    REGISTRATION = "registration"
    """Arrived at the emergency department, not yet admitted to a ward."""
    TRANSFER = "transfer"
    DISCHARGE = "discharge"
    DEATH = "death"
    IDENTITY = "identity"
    """Who the person is, or no longer is thought to be."""
    NUMBER = "number"
    """A SINUS number was given."""
    PRESENCE = "presence"
    """A record as it stands: of a field count, or of an export."""
    WITHDRAWAL = "withdrawal"
    """The neighbour no longer counts the person as its own: an entry made by mistake."""
    MERGE = "merge"
    """Two of its records were one person; `merged_key` is the one that goes."""


class PersonDocument(TypedDict):
    """`person`: one such word. Every name of the person is the neighbour's, as written."""

    message_id: str
    """Same word, same id: heard once."""
    news: str
    """A `PersonNews`."""
    happened_at: str | None
    """ISO 8601 with an offset; None: when it was received."""
    event_id: str | None
    """The event as the neighbour names it; None where its numbers name the person alone."""
    key: str | None
    """The neighbour's own identifier of the person."""
    merged_key: str | None
    patient_id: str | None
    """Our identifier, where the neighbour was told it."""
    sinus_number: str | None
    finess: str | None
    establishment: str | None
    service: str | None
    hospital_care: str | None
    """URGENCES, HOSPITALISATION, RETOUR_DOMICILE or DECES."""
    dead: bool | None
    """The person is dead, whatever the news is about."""
    severity: str | None
    localisation: str | None
    """A place of the event, by its name."""
    birth_name: str | None
    used_name: str | None
    given_name: str | None
    birth_date: str | None
    sex: str | None
    age: str | None
    """As written: years, or a text with its unit."""
    nationality: str | None
