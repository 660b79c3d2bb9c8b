"""The requests a CRRA's software holds, and the ways a request may go. Pure: time is an argument, nothing is drawn at random."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from adapters.lrm.soap.faults import FaultReason

if TYPE_CHECKING:
    from datetime import datetime

MOVES: dict[str, tuple[str, ...]] = {
    "RECUE": ("AFFICHEE", "REFUSEE", "ANNULEE"),
    "AFFICHEE": ("DOSSIER_OUVERT", "REFUSEE", "ANNULEE"),
    "DOSSIER_OUVERT": ("MOYEN_ENGAGE", "REFUSEE", "ANNULEE", "TERMINEE"),
    "MOYEN_ENGAGE": ("SUR_PLACE", "ANNULEE", "TERMINEE"),
    "SUR_PLACE": ("TRANSPORT", "TERMINEE"),
    "TRANSPORT": ("TERMINEE",),
    "TERMINEE": (),
    "REFUSEE": (),
    "ANNULEE": (),
}
"""From a state to those that may follow; the first is where a plain step leads. Nothing is cancelled once a team is on site."""

REFUSALS = ("DOUBLON", "HORS_SECTEUR", "CONSEIL", "AUTRE")


class RequestError(Exception):
    """What the software refuses, by a code of the contract."""

    def __init__(self, reason: FaultReason, *fields: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.fields = fields


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """One request and where it is."""

    request: str
    record: str
    digest: str
    content: dict[str, Any]
    message_id: str | None
    history: tuple[tuple[str, datetime], ...]
    """Each state it was in and since when; the first is its reception."""
    refusal: str | None = None

    @property
    def received_at(self) -> datetime:
        """When it came."""
        return self.history[0][1]

    @property
    def state(self) -> str:
        """Where it is now."""
        return self.history[-1][0]

    @property
    def since(self) -> datetime:
        """Since when it is there."""
        return self.history[-1][1]

    def moved(self, state: str, at: datetime, refusal: str | None = None) -> HeldRequest:
        """The same request one state further; `ValueError` when that way does not exist, or a refusal has no reason."""
        if state not in MOVES[self.state]:
            raise ValueError(f"{self.state} ne mène pas à {state}")
        if (state == "REFUSEE") != (refusal in REFUSALS):
            raise ValueError(f"un motif parmi {', '.join(REFUSALS)} accompagne REFUSEE, et elle seule")
        return replace(self, refusal=refusal, history=(*self.history, (state, at)))


def _version(content: dict[str, Any]) -> int:
    return int(content.get("version", 1))


class HeldRequests:
    """What the CRRA's software keeps: each idDemande once."""

    def __init__(self, mode: str, crra: str | None) -> None:
        self._mode = mode
        self._crra = crra
        self._requests: dict[str, HeldRequest] = {}

    def take(self, content: dict[str, Any], message_id: str | None, at: datetime) -> tuple[HeldRequest, bool]:
        """Keep a request, and say whether it was already kept. Other content under the same idDemande must be of a higher version."""
        self._own_mode(content["mode"], "demande.mode")
        if self._crra and content.get("crra", self._crra) != self._crra:
            raise RequestError(FaultReason.OTHER_CRRA, "demande.crra")
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        known = self._requests.get(content["idDemande"])
        if known and known.digest == digest:
            return known, True
        if known and (_version(content) <= _version(known.content) or not MOVES[known.state]):
            raise RequestError(FaultReason.CONFLICT, "demande.idDemande")
        if known:
            return self._keep(replace(known, digest=digest, content=content, message_id=message_id)), False
        record = f"{at:%y}-{len(self._requests) + 1:06d}"
        held = HeldRequest(content["idDemande"], record, digest, content, message_id, (("RECUE", at),))
        self._requests[held.request] = held
        return held, False

    def find(self, request: str, mode: str) -> HeldRequest:
        """A request by its idDemande."""
        self._own_mode(mode, "mode")
        held = self._requests.get(request)
        if held is None:
            raise RequestError(FaultReason.UNKNOWN_REQUEST, "idDemande")
        return held

    def cancel(self, request: str, mode: str, at: datetime) -> tuple[HeldRequest, bool]:
        """Cancel, and say whether it was already cancelled; too late is a refusal that asks for a phone call."""
        held = self.find(request, mode)
        if held.state == "ANNULEE":
            return held, True
        if "ANNULEE" not in MOVES[held.state]:
            raise RequestError(FaultReason.NOT_CANCELLABLE, "annulation.idDemande")
        return self._keep(held.moved("ANNULEE", at)), False

    def advance(self, request: str, at: datetime, state: str | None = None, refusal: str | None = None) -> HeldRequest:
        """What the people of the CRRA do: one step, or the state named. `KeyError` unknown, `ValueError` no such way."""
        held = self._requests[request]
        following = state or next(iter(MOVES[held.state]), held.state)
        return self._keep(held.moved(following, at, refusal))

    def snapshot(self) -> dict[str, Any]:
        """Every request with its state and its history."""
        return {
            "requests": {
                held.request: {
                    "dossier": held.record,
                    "etat": held.state,
                    "motif_refus": held.refusal,
                    "message_id": held.message_id,
                    "recu_le": held.received_at.isoformat(),
                    "historique": [{"etat": state, "le": when.isoformat()} for state, when in held.history],
                    "demande": held.content,
                }
                for held in self._requests.values()
            }
        }

    def clear(self) -> None:
        """Forget everything."""
        self._requests.clear()

    def _keep(self, held: HeldRequest) -> HeldRequest:
        self._requests[held.request] = held
        return held

    def _own_mode(self, mode: str, path: str) -> None:
        if mode != self._mode:
            raise RequestError(FaultReason.MODE, path)
