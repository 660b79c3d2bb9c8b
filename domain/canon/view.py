"""Parts of what the portal reads back that nobody else is told: how a record stands here. The rules of `canon` hold."""

from __future__ import annotations

from typing import TypedDict


class IdentifierCanon(TypedDict):
    """One name of a victim, its giver, its validity."""

    kind: str
    value: str
    source: str
    valid_from: str
    valid_to: str | None
    ended_because: str | None
    unread: str | None
    """Why it could not be read, for what is in quarantine."""
    suggestion: str | None
    """The number that may have been meant, for a person to confirm; never put in its place."""


class OfferCanon(TypedDict):
    """What a neighbour says otherwise than the record shows, for a person to take or to leave."""

    field: str
    value: str
    """As a person reads it; a number as it would be typed."""
    source: str
    happened_at: str


class LinkStateCanon(TypedDict):
    """How an event stands with one neighbour."""

    action: str
    external_id: str | None
    state: str


class LinksCanon(TypedDict):
    """The neighbours that keep events of their own."""

    sinus: LinkStateCanon | None
    sivic: LinkStateCanon | None


class GroupsCanon(TypedDict):
    """What the generic groups of an event mean."""

    A: str | None
    B: str | None
    C: str | None
