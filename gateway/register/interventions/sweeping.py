"""The content of old requests, removed by age: files, messages as they came, the patient's sheet, free words, cases by telephone. What happened stays: states, times, names of acts.

A replay of a swept message is still recognised by the digest of its content, and gets its stored answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import bindparam, delete, select, update

from gateway.register.instants import to_column
from gateway.register.interventions.requests import BLANK_SHEET
from gateway.register.interventions.tables import (
    intervention,
    intervention_document,
    intervention_message,
    intervention_observation,
    phone_case,
    phone_case_key,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

EMPTY = orjson.dumps({**BLANK_SHEET, "swept": True})
"""What is left of a sheet: the shape that pages read, and nothing in it."""
NOTHING = b""

R, D, M = intervention.c, intervention_document.c, intervention_message.c
OLD = select(R.id).where(R.received_at < bindparam("horizon"))
FILES = delete(intervention_document).where(D.intervention_id.in_(OLD))
MESSAGES = (
    update(intervention_message).where(M.received_at < bindparam("horizon"), M.said != NOTHING).values(said=NOTHING)
)
SHEETS = (
    update(intervention)
    .where(R.received_at < bindparam("horizon"), R.document != EMPTY)
    .values(document=EMPTY, ins_digest=None, person_digest=None, reason=None)
)
WORDS = (
    update(intervention_observation)
    .where(
        intervention_observation.c.received_at < bindparam("horizon"), intervention_observation.c.reason.is_not(None)
    )
    .values(reason=None)
)
"""What a CRRA or a sender said in its own words."""
P, K = phone_case.c, phone_case_key.c
PHONE_KEYS = delete(phone_case_key).where(K.case_id.in_(select(P.case_id).where(P.received_at < bindparam("horizon"))))
PHONE_CASES = delete(phone_case).where(P.received_at < bindparam("horizon"))


@dataclass(frozen=True, slots=True)
class SweptRequests:
    """How much was removed."""

    documents: int
    messages: int
    requests: int


def sweep_requests(connection: Connection, documents: datetime, requests: datetime) -> SweptRequests:
    """Remove the files of the requests older than the first instant, and the content of those older than the second."""
    before = {"horizon": to_column(requests)}
    connection.execute(PHONE_KEYS, before)
    connection.execute(PHONE_CASES, before)
    connection.execute(WORDS, before)
    return SweptRequests(
        connection.execute(FILES, {"horizon": to_column(documents)}).rowcount,
        connection.execute(MESSAGES, before).rowcount,
        connection.execute(SHEETS, before).rowcount,
    )
