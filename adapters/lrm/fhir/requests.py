"""The requests a CRRA's FHIR software holds, and the ways a request may go. Pure: time is an argument, nothing is drawn at random."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from adapters.wire.fhir.vocabulary import FhirRefusalError, Issue, Resource
from adapters.wire.fhir.writing.answers import FollowedRequest
from domain.intervention.status import MOVES, REFUSALS, InterventionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.wire.fhir.reading.request import ReadRequest

STEPS = {
    InterventionStatus.TRANSMISE: InterventionStatus.AFFICHEE,
    InterventionStatus.AFFICHEE: InterventionStatus.DOSSIER_OUVERT,
    InterventionStatus.DOSSIER_OUVERT: InterventionStatus.MOYEN_ENGAGE,
    InterventionStatus.MOYEN_ENGAGE: InterventionStatus.SUR_PLACE,
    InterventionStatus.SUR_PLACE: InterventionStatus.TRANSPORT,
    InterventionStatus.TRANSPORT: InterventionStatus.TERMINEE,
}
"""Where a plain step leads."""


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """One request, its versions, and where it is."""

    request: str
    system: str | None
    record: str
    case_id: str
    versions: tuple[Resource, ...]
    history: tuple[tuple[InterventionStatus, datetime], ...]
    refusal: str | None = None

    @property
    def status(self) -> InterventionStatus:
        """Where it is now."""
        return self.history[-1][0]

    def followed(self, mode: str) -> FollowedRequest:
        """What its sender may know."""
        return FollowedRequest(
            id=hashlib.sha256(self.request.encode()).hexdigest()[:32],
            request_id=self.request,
            reference=self.record,
            status=self.status,
            version=len(self.versions),
            received_at=self.history[0][1].isoformat(),
            since=self.history[-1][1].isoformat(),
            mode=mode,
            reason=REFUSALS[self.refusal] if self.refusal else None,
            reason_code=self.refusal,
            # A record exists once somebody opened it.
            case_id=self.case_id
            if self.status not in {InterventionStatus.TRANSMISE, InterventionStatus.AFFICHEE}
            else None,
            request_system=self.system,
        )


class HeldRequests:
    """What the CRRA's software keeps: each message once, each request with its versions."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._requests: dict[str, HeldRequest] = {}
        self._messages: dict[str, tuple[bytes, str]] = {}

    def take(self, document: Resource, read: ReadRequest, at: datetime) -> tuple[HeldRequest, bool]:
        """Act on a message once, and say whether it had been acted on. Raises `FhirRefusalError`."""
        if read.request.mode != self.mode:
            raise _refused("business-rule", "MODE", "Exercice et réel ne se mélangent jamais.", "Bundle")
        content = orjson.dumps({**document, "timestamp": None}, option=orjson.OPT_SORT_KEYS)
        digest, key = hashlib.sha256(content).digest(), str(read.request.message_id)
        if key in self._messages:
            known, request = self._messages[key]
            if known != digest:
                sentence = "Un autre contenu a déjà été reçu sous cet identifiant."
                raise _refused("conflict", "MESSAGE_DEJA_RECU", sentence, "Bundle.identifier")
            return self._requests[request], True
        held = self._acted(document, read, at)
        self._messages[key] = (digest, held.request)
        self._requests[held.request] = held
        return held, False

    def _acted(self, document: Resource, read: ReadRequest, at: datetime) -> HeldRequest:
        held = self._requests.get(read.request.request_id)
        if read.reason == "cancel":
            return self._cancelled(held, at)
        if held is None:
            number = f"{at:%y}-{len(self._requests) + 1:06d}"
            case = f"fr.health.samu.D{number}"
            return HeldRequest(
                read.request.request_id, read.system, number, case, (document,), ((InterventionStatus.TRANSMISE, at),)
            )
        if held.status.is_final:
            raise _refused("conflict", "DEMANDE_CLOSE", "Cette demande est close.", "Bundle")
        return replace(held, versions=(*held.versions, document))

    def _cancelled(self, held: HeldRequest | None, at: datetime) -> HeldRequest:
        if held is None:
            raise _refused("not-found", "DEMANDE_INCONNUE", "Cette demande n’est pas connue.", "Bundle")
        if held.status is InterventionStatus.ANNULEE:
            return held
        if InterventionStatus.ANNULEE not in MOVES[held.status]:
            raise _refused("conflict", "NON_ANNULABLE", "Une équipe est sur place : appeler le CRRA.", "Bundle")
        return replace(held, history=(*held.history, (InterventionStatus.ANNULEE, at)))

    def find(self, request: str) -> HeldRequest | None:
        """A request by its identifier."""
        return self._requests.get(request)

    def advance(
        self, request: str, at: datetime, status: InterventionStatus | None, refusal: str | None
    ) -> HeldRequest:
        """What the people of the CRRA do. `KeyError` unknown, `ValueError` no such way."""
        held = self._requests[request]
        following = status or STEPS.get(held.status, held.status)
        if following not in MOVES[held.status]:
            raise ValueError(f"{held.status} ne mène pas à {following}")
        if (following is InterventionStatus.REFUSEE) != (refusal in REFUSALS):
            raise ValueError(f"un motif parmi {', '.join(REFUSALS)} accompagne REFUSEE, et elle seule")
        moved = replace(held, history=(*held.history, (following, at)), refusal=refusal)
        self._requests[request] = moved
        return moved

    def snapshot(self) -> dict[str, Any]:
        """Every request with its state, its history and what was received."""
        return {
            "requests": {
                held.request: {
                    "dossier": held.record,
                    "etat": held.status.value,
                    "motif_refus": held.refusal,
                    "historique": [{"etat": status.value, "le": when.isoformat()} for status, when in held.history],
                    "versions": list(held.versions),
                }
                for held in self._requests.values()
            }
        }

    def clear(self) -> None:
        """Forget everything."""
        self._requests.clear()
        self._messages.clear()


def _refused(kind: str, reason: str, text: str, expression: str) -> FhirRefusalError:
    return FhirRefusalError((Issue(reason, kind, text, expression, layer="REC"),))
