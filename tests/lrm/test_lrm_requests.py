"""The ways a request may go, whatever the order of the events."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.lrm.soap.client import WSDL
from adapters.lrm.soap.faults import FaultReason
from adapters.lrm.soap.requests import MOVES, REFUSALS, HeldRequests, RequestError

AT = datetime(2026, 1, 1, 7, tzinfo=UTC)
XS = "{http://www.w3.org/2001/XMLSchema}"


def enumeration(name: str) -> list[str]:
    """The codes of one type of the contract."""
    types = etree.parse(WSDL.with_name("intervention-v1.xsd")).getroot().findall(f"{XS}simpleType")
    return [code.get("value", "") for one in types if one.get("name") == name for code in one.iter(f"{XS}enumeration")]


def content(**changes: Any) -> dict[str, Any]:
    """The least a request holds."""
    return {"idDemande": "D1", "mode": "Actual", "noteSuivi": "essai", **changes}


def test_the_states_are_those_of_the_contract() -> None:
    """The table of moves names every state of the XSD and no other, and so do the reasons of a refusal."""
    assert sorted(MOVES) == sorted(enumeration("Etat"))
    assert {following for after in MOVES.values() for following in after} <= set(MOVES)
    assert sorted(REFUSALS) == sorted(enumeration("MotifRefus"))


def test_plain_steps_lead_to_the_end() -> None:
    """Step by step a request goes from received to closed, in the order of the dossier."""
    held = HeldRequests("Actual", None)
    held.take(content(), None, AT)
    walked = [held.advance("D1", AT).state for _ in range(6)]
    assert walked == ["AFFICHEE", "DOSSIER_OUVERT", "MOYEN_ENGAGE", "SUR_PLACE", "TRANSPORT", "TERMINEE"]
    with pytest.raises(ValueError, match="TERMINEE ne mène pas"):
        held.advance("D1", AT)


@pytest.mark.parametrize(("state", "refusal"), [("REFUSEE", None), ("AFFICHEE", "DOUBLON"), ("REFUSEE", "PARCE_QUE")])
def test_a_refusal_has_a_reason_and_only_a_refusal(state: str, refusal: str | None) -> None:
    """No refusal without one of the reasons of the contract, and no reason elsewhere."""
    held = HeldRequests("Actual", None)
    held.take(content(), None, AT)
    with pytest.raises(ValueError, match="motif"):
        held.advance("D1", AT, state, refusal)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mode": "Exercise"}, FaultReason.MODE),
        ({"crra": "fr.health.samu770"}, FaultReason.OTHER_CRRA),
        ({"noteSuivi": "autre"}, FaultReason.CONFLICT),
    ],
)
def test_what_the_software_refuses(changes: dict[str, str], reason: FaultReason) -> None:
    """Another mode, another CRRA, the same id with another content: each has its code, and nothing changes."""
    held = HeldRequests("Actual", "fr.health.samu02A")
    held.take(content(crra="fr.health.samu02A"), None, AT)
    before = held.snapshot()
    with pytest.raises(RequestError) as refused:
        held.take(content(**{"crra": "fr.health.samu02A", **changes}), None, AT)
    assert refused.value.reason is reason
    assert held.snapshot() == before


@settings(deadline=None)
@given(st.lists(st.sampled_from(["take", "cancel", "step", "refuse"]), max_size=12))
def test_a_request_never_comes_back_from_an_end(acts: list[str]) -> None:
    """Whatever people and senders do, the dossier number never changes, states follow the table, and an end is an end."""
    held = HeldRequests("Actual", None)
    first, _ = held.take(content(), None, AT)
    for act in acts:
        try:
            match act:
                case "take":
                    again, duplicate = held.take(content(), "autre-message", AT)
                    assert (again.record, again.message_id, duplicate) == (first.record, None, True)
                case "cancel":
                    held.cancel("D1", "Actual", AT)
                case "step":
                    held.advance("D1", AT)
                case _:
                    held.advance("D1", AT, "REFUSEE", "DOUBLON")
        except (RequestError, ValueError):
            continue
    walked = [state for state, _ in held.find("D1", "Actual").history]
    assert all(after in MOVES[before] for before, after in pairwise(walked))
