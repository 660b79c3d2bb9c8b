"""Exception → problem. One table, exhaustive: what is not in it is our own fault, and says so without saying more."""

from __future__ import annotations

import logging

from domain.errors import ConflictError, InvalidError, RuleError, UnknownError
from gateway.doors.http.problems import FieldFault, ProblemError
from outbox.database.urgency import OverloadedError

RETRY_AFTER = "2"
"""Seconds; a line that was full is worked off in less."""

log = logging.getLogger("gateway.doors")


def as_problem(error: Exception) -> ProblemError:
    """The answer to an error that came up through a door."""
    match error:
        case ProblemError():
            return error
        case InvalidError():
            return _rule(422, error)
        case UnknownError():
            return _rule(404, error)
        case ConflictError() | RuleError():
            return _rule(409, error)
        case OverloadedError():
            return ProblemError(
                503,
                "surcharge",
                "La passerelle reçoit plus qu’elle ne peut traiter.",
                "Rien n’a été enregistré. Réessayer dans quelques secondes.",
                headers={"Retry-After": RETRY_AFTER},
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


def _rule(status: int, error: RuleError) -> ProblemError:
    faults = (FieldFault(error.field, error.title, error.expected),) if error.field else ()
    return ProblemError(status, error.code, error.title, error.expected, faults=faults)
