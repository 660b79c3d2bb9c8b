"""What a delivery may raise: two types, because there are two things to do next; and one flag, because there are two things to say.

    DeliveryError
    ├── TransientDeliveryError   try again by the schedule, or when the neighbour said (retry_after)
    │   └── UnreachableError     the neighbour was not there at all: does not spend one of the message's attempts
    └── PermanentDeliveryError   parked, with its cause, for a person to read
        └── RefusedError         ended by a rule that a person laid down beforehand: nobody is waited for

Whether to try again is the type. Whether the neighbour may hold the message all the same is `uncertain`: its bytes may have
left, and no readable answer says what became of them. An error without it says that nothing of the message left, or that the
neighbour refused it in so many words; only then may anybody be told that it was not sent.

Anything else that a destination raises is unknown, and unknown means permanent and uncertain.
No error here may carry a patient's data: a code, a title in French, a path, an id.
"""

from __future__ import annotations

from outbox.message import Cause


class DeliveryError(Exception):
    """A message was not taken."""

    def __init__(  # noqa: PLR0913 - one error, its cause and its evidence
        self,
        code: str,
        title: str,
        detail: str = "",
        *,
        sent: bytes = b"",
        answered: bytes = b"",
        uncertain: bool = False,
    ) -> None:
        """`code` groups like causes (`sivic.evenement_inconnu`), `title` is French for people, `detail` names fields."""
        super().__init__(f"{code}: {title}" + (f" ({detail})" if detail else ""))
        self.cause = Cause(code, title, detail)
        self.uncertain = uncertain
        self.sent = sent
        self.answered = answered


class TransientDeliveryError(DeliveryError):
    """The same message may well be taken later."""

    def __init__(  # noqa: PLR0913 - one error, its cause and its evidence
        self,
        code: str,
        title: str,
        detail: str = "",
        *,
        retry_after: float | None = None,
        sent: bytes = b"",
        answered: bytes = b"",
        uncertain: bool = False,
    ) -> None:
        """`retry_after` is in seconds, as the neighbour asked."""
        super().__init__(code, title, detail, sent=sent, answered=answered, uncertain=uncertain)
        self.retry_after = retry_after


class UnreachableError(TransientDeliveryError):
    """No connection could be made: nothing was sent."""


class PermanentDeliveryError(DeliveryError):
    """The same message will never be taken as it is."""


class RefusedError(PermanentDeliveryError):
    """A person decided beforehand that such a message is never sent: it is discarded at once, its cause kept, its lane free."""
