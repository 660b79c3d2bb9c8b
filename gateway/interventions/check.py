"""What would become of a request if it were sent now: the same reading, routing and refusals as `accept.submit`, and nothing written.

For whoever builds a platform and wants to know why a message is refused, or what is remarked upon. It promises nothing: a route may end
between the question and the click.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import RuleError
from domain.intervention.reading import read
from domain.intervention.remarks import remark
from domain.intervention.request import CALL_15
from gateway.interventions.accept import closed, refuse_other_mode
from gateway.interventions.messages import again, found, message_of
from gateway.interventions.routes import pick
from gateway.interventions.view import warnings_view

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from domain.intervention.request import InterventionRequest
    from domain.remark import Remark
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.security.keys import Principal


def check(  # noqa: PLR0913 - a request, whose, when, and how a refusal is said
    register: Register,
    deployment: DeploymentRules,
    request: InterventionRequest,
    sender: Principal,
    now: datetime,
    describe: Callable[[RuleError], dict[str, Any]],
) -> dict[str, Any]:
    """The verdict. What was remarked before a refusal is said too: it often explains it."""
    remarks: list[Remark] = []
    try:
        becomes, crra = _followed(register, deployment, request, sender, now, remarks)
    except RuleError as error:
        verdict = {"accepted": False, "becomes": "refused", "crra": None, "problem": describe(error)}
    else:
        verdict = {"accepted": True, "becomes": becomes, "crra": crra, "problem": None}
    return {**verdict, "warnings": warnings_view(remarks)}


def _followed(  # noqa: PLR0913 - as above, and where remarks are collected
    register: Register,
    deployment: DeploymentRules,
    request: InterventionRequest,
    sender: Principal,
    now: datetime,
    remarks: list[Remark],
) -> tuple[str, str]:
    """The way of `submit`, in its order: what the message would be, and the SAMU it would go to."""
    refuse_other_mode(request.mode, sender, CALL_15)
    message = message_of(request, CALL_15)
    intervention, stored = found(register, sender.name, message)
    if stored is not None:
        answer = again(stored, message)
        remarks += answer.warnings
        return "duplicate", answer.crra
    if intervention is not None and intervention.status.is_final:
        raise closed(intervention, CALL_15)
    reading = read(request, sender.mode, now, sender.name)
    remarks += reading.remarks
    picked = pick(register, deployment, reading, request.crra, sender, now)
    remarks += picked.remarks
    if intervention is None:
        return "new", picked.route.label
    remarks.append(remark("MISE_A_JOUR", "request_id"))
    return "update", picked.route.label
