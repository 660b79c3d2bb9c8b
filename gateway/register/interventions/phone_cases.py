"""Cases that a SAMU opened by telephone and shared with us: kept to be shown beside the click of the same patient, never merged with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, insert, select

from gateway.register.instants import from_column, to_column
from gateway.register.interventions.requests import NEAR
from gateway.register.interventions.tables import phone_case, phone_case_key
from gateway.register.readable import each_readable
from outbox.database.sealing import open_json, seal_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gateway.register.interventions.requests import Intervention

C, K = phone_case.c, phone_case_key.c
ONE = select(phone_case).where(C.case_id == bindparam("id"))
LIKE = (
    select(phone_case)
    .where(
        C.case_id.in_(select(K.case_id).where(K.digest.in_(bindparam("digests", expanding=True)))),
        C.mode == bindparam("mode"),
        C.received_at.between(bindparam("since"), bindparam("until")),
    )
    .order_by(C.received_at)
    .limit(20)
)
FORGET_KEYS = delete(phone_case_key).where(K.case_id == bindparam("id"))
FORGET = delete(phone_case).where(C.case_id == bindparam("id"))


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """One patient of a case."""

    shown: dict[str, Any]
    digests: tuple[bytes, ...]
    """What a click of the same patient would be found by."""


@dataclass(frozen=True, slots=True, repr=False)
class PhoneCase:
    """One case beside one click, as it was last shared."""

    case_id: str
    mode: str
    partner: str | None
    document: dict[str, Any]
    """`patient` and `place`, as far as the case says."""
    received_at: datetime


class PhoneCases:
    """The cases."""

    __slots__ = ("_connection", "_seal")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seal = seal_of(connection)

    def put(  # noqa: PLR0913 - a case, of whom, where, when
        self,
        case_id: str,
        mode: str,
        partner: str | None,
        place: dict[str, Any],
        people: Sequence[Person],
        received_at: datetime,
    ) -> None:
        """Keep a case, each of its patients under what may find that one; its first reception stays when it is shared again."""
        known = self._connection.execute(ONE, {"id": case_id}).first()
        self._connection.execute(FORGET_KEYS, {"id": case_id})
        self._connection.execute(FORGET, {"id": case_id})
        kept = [{"patient": person.shown, "digests": [each.hex() for each in person.digests]} for person in people]
        row = {
            "case_id": case_id,
            "mode": mode,
            "partner": partner,
            "document": self._seal.seal(orjson.dumps({"people": kept, "place": place})),
            "received_at": known.received_at if known else to_column(received_at),
        }
        self._connection.execute(insert(phone_case), row)
        for digest in {each for person in people for each in person.digests}:
            self._connection.execute(insert(phone_case_key), {"case_id": case_id, "digest": digest})

    def like(self, intervention: Intervention) -> list[PhoneCase]:
        """Those that may be of the patient of this request, two hours around."""
        digests = [digest for digest in (intervention.ins_digest, intervention.person_digest) if digest is not None]
        if not digests:
            return []
        facts = {
            "digests": digests,
            "mode": intervention.mode,
            "since": to_column(intervention.received_at - NEAR),
            "until": to_column(intervention.received_at + NEAR),
        }
        return [
            PhoneCase(row.case_id, row.mode, row.partner, document, from_column(row.received_at))
            for row, documents in each_readable(
                "phone_case",
                lambda row: (row, list(_of_whom(open_json(self._seal, row.document), digests))),
                self._connection.execute(LIKE, facts),
            )
            for document in documents
        ]


def _of_whom(kept: dict[str, Any], digests: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """The patients of a case that these find, never another of the same case."""
    if "people" not in kept:  # A case kept before its patients were told apart: it has one.
        yield kept
        return
    wanted = {digest.hex() for digest in digests}
    for person in kept["people"]:
        if wanted & set(person["digests"]):
            yield {"patient": person["patient"], "place": kept["place"]}
