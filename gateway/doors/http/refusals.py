"""Exception → problem. One table, exhaustive: what is not in it is our own fault, and says so without saying more."""

from __future__ import annotations

import logging

from domain.errors import InvalidError, RuleError, StaleError, UnknownError
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.security.doorkeeper import ForbiddenError, UnidentifiedError
from outbox.database.sealing import UnreadableError
from outbox.database.urgency import OverloadedError

RETRY_AFTER = "2"
"""Seconds; a line that was full is worked off in less."""

log = logging.getLogger("gateway.doors")


STATUSES: dict[type[RuleError], int] = {InvalidError: 422, UnknownError: 404, StaleError: 412}
"""Any other rule of the trade is a conflict with the state of things: 409."""


def as_problem(error: Exception) -> ProblemError:  # noqa: PLR0911 - one answer a kind of error
    """The answer to an error that came up through a door."""
    match error:
        case ProblemError():
            return error
        case RuleError():
            return _rule(error)
        case UnidentifiedError():
            headers = {"WWW-Authenticate": "Bearer"}
            return ProblemError(401, error.code, error.title, error.detail, headers=headers)
        case ForbiddenError():
            return ProblemError(403, error.code, error.title, error.detail)
        case OverloadedError():
            return ProblemError(
                503,
                "surcharge",
                "La passerelle reçoit plus qu’elle ne peut traiter.",
                "Rien n’a été enregistré. Réessayer dans quelques secondes.",
                headers={"Retry-After": RETRY_AFTER},
            )
        case UnreadableError():
            log.error("door.unreadable error=%s", type(error).__name__)
            return ProblemError(
                503,
                "contenu_illisible",
                "Ce contenu est gardé, et rien ici ne peut le lire.",
                "Aucune clé de store.seal_keys ne l’ouvre : prévenir l’exploitant. Rien n’est perdu.",
            )
        case _:
            # The type and the place only: the message of an unknown exception may hold a patient's data.
            log.error("door.failed error=%s", type(error).__name__)
            return ProblemError(
                500,
                "erreur_interne",
                "La passerelle a rencontré une erreur.",
                "Rien n’a été enregistré. Réessayer, puis prévenir l’exploitant.",
            )


def _rule(error: RuleError) -> ProblemError:
    # A revision is said by a header here, and named as its sender wrote it.
    field = "If-Match" if isinstance(error, StaleError) else error.field
    faults = (FieldFault(field, error.title, error.expected),) if field else ()
    return ProblemError(
        STATUSES.get(type(error), 409), error.code, error.title, error.advice or error.expected, faults=faults
    )
