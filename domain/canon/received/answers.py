"""Canon of what comes back about our own messages."""

from __future__ import annotations

from typing import Annotated, TypedDict

from domain.canon.received.words import HIDDEN, Words


class ReferenceHeard(TypedDict, total=False):
    """`hub_reference`: how far a message of ours went (RC-REF)."""

    about: Annotated[str, Words("Message")]
    refused: Annotated[bool, Words("Refusé")]
    error_id: Annotated[str, Words("Erreur")]
    step: Annotated[str, HIDDEN]
    """`received`, `integrated`, `read`, `deleted`, `refused`; another counts as none."""


class ErrorHeard(TypedDict, total=False):
    """`hub_error`: what went wrong with a message of ours (RS-ERROR)."""

    about: Annotated[str, Words("Message")]
    code: Annotated[int, Words("Code")]
    name: Annotated[str, Words("Nature")]
    cause: Annotated[str, Words("Cause", personal=True)]
