"""Requests as they are shown: to their sender, its own and only where they are; to the operator, all, side by side with what they resemble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import UnknownError
from domain.intervention.reference import read_reference
from domain.intervention.status import InterventionStatus
from gateway.interventions.reachability import instruction_now, samu_phone
from gateway.interventions.tell import status_document
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.remark import Remark
    from gateway.interventions.messages import Answer
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention, Word
    from gateway.security.keys import Principal


def find(
    register: Register,
    caller: Principal,
    *,
    id: str | None = None,  # noqa: A002 - what it is
    request_id: str | None = None,
    reference: str | None = None,
) -> Intervention:
    """One request that the caller may see, by whichever name it is known. Raises UnknownError, also for somebody else's."""
    intervention: Intervention | None = None
    if id is not None:
        intervention = register.interventions.by_id(id)
    elif request_id is not None and request_id.isprintable():
        intervention = register.interventions.of_sender(caller.name, request_id)
    elif reference is not None and (name := read_reference(reference)):
        intervention = register.interventions.by_reference(name)
    if (
        intervention is None
        or intervention.mode != caller.mode
        or (caller.scope is not Scope.OPERATOR and intervention.sender != caller.name)
    ):
        raise UnknownError("DEMANDE_INCONNUE", "id", "Cette demande n’est pas connue.")
    return intervention


def answer_view(answer: Answer) -> dict[str, Any]:
    """What a sender is answered."""
    return {
        "id": answer.id,
        "request_id": answer.request_id,
        "reference": answer.reference,
        "status": answer.status.value,
        "task_status": answer.status.task_status,
        "label": answer.status.label,
        "version": answer.version,
        "received_at": answer.received_at,
        "crra": answer.crra,
        "duplicate": answer.duplicate,
        "warnings": warnings_view(answer.warnings),
    }


def warnings_view(warnings: Sequence[Remark]) -> list[dict[str, str]]:
    """Remarks, for machines and people."""
    return [{"code": warning.code, "field": warning.field, "title": warning.title} for warning in warnings]


def sender_view(register: Register, intervention: Intervention, words: Sequence[Word], now: datetime) -> dict[str, Any]:
    """What a sender may know: where its request is and was, whether its SAMU can be reached; never a clinical decision."""
    moved = [word for word in words if word.moved]
    labels = steps(moved)
    return {
        **status_document(intervention, instruction_now(register, intervention)),
        "phone": samu_phone(register, intervention, now),
        "received_at": intervention.received_at.isoformat(),
        "delivered_at": intervention.delivered_at.isoformat() if intervention.delivered_at else None,
        "history": [
            {"status": word.status.value, "label": label, "at": word.happened_at.isoformat()}
            for word, label in zip(moved, labels, strict=True)
        ],
    }


def steps(moved: Sequence[Word]) -> list[str]:
    """What each step is called: no two that follow each other say the same."""
    labels: list[str] = []
    for word in moved:
        label = word.status.label
        if word.status is InterventionStatus.TRANSMISE and word.reason and not word.source.startswith("platform:"):
            label = f"Demande {word.reason}"
        elif labels and word.source.startswith("platform:") and word.status is not InterventionStatus.ANNULEE:
            label = "Mise à jour enregistrée"
        labels.append(label)
    return labels


def heard_view(words: Sequence[Word]) -> list[dict[str, Any]]:
    """Everything that was said of a request, by whom, in their own words: for the operator only."""
    return [
        {
            "source": word.source,
            "status": word.status.value,
            "reason": word.reason,
            "moved": word.moved,
            "happened_at": word.happened_at.isoformat(),
            "received_at": word.received_at.isoformat(),
        }
        for word in words
    ]


def operator_view(register: Register, intervention: Intervention, now: datetime) -> dict[str, Any]:
    """A request in the operator's list: who it is for, so that two of them can be compared by a person."""
    patient, place = intervention.document["patient"], intervention.document["place"]
    return {
        **status_document(intervention, instruction_now(register, intervention)),
        "phone": samu_phone(register, intervention, now),
        "sender": intervention.sender,
        "destination": intervention.destination,
        "second": intervention.second,
        "received_at": intervention.received_at.isoformat(),
        "delivered_at": intervention.delivered_at.isoformat() if intervention.delivered_at else None,
        "alarmed_at": intervention.alarmed_at.isoformat() if intervention.alarmed_at else None,
        "patient": {name: patient[name] for name in ("name", "given_name", "birth_year", "sex")},
        "place": {name: place[name] for name in ("address", "city", "insee_code")},
        "callback": intervention.document["requester"]["callback"],
        "readable": intervention.readable,
    }


def side_by_side(register: Register, intervention: Intervention, now: datetime) -> dict[str, Any]:
    """A request with what may be of the same patient beside it, by click or by telephone: shown, never merged."""
    others = (register.interventions.by_id(other) for other in register.interventions.like(intervention))
    return {
        **operator_view(register, intervention, now),
        "possible_duplicates": [operator_view(register, other, now) for other in others if other],
        "phone_cases": [
            {
                "case_id": case.case_id,
                "partner": case.partner,
                "received_at": case.received_at.isoformat(),
                **case.document,
            }
            for case in register.phone_cases.like(intervention)
        ],
    }
