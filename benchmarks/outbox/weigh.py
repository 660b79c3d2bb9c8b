"""What a message weighs in PostgreSQL, with its indexes, its attempt and its evidence: the inputs of docs/scale.md.

`python benchmarks/outbox/weigh.py [--body 671] [--sent 659] [--answered 294]`: the bytes of a victim's record as the house
writes it. They are random, as sealed bodies are, so nothing is compressed away.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from compare import template
from environment import Postgres, libraries, postgres
from report import Figure, tell

ROWS = 100_000
NOISE = "CREATE FUNCTION noise(n int, many int) RETURNS bytea LANGUAGE sql VOLATILE AS $$ SELECT substring(string_agg(sha512((n || '-' || k)::bytea), '') FROM 1 FOR many) FROM generate_series(0, many / 64) AS k $$"
MESSAGES = """
INSERT INTO outbox_message (id, destination, lane, topic, kind, mode, scope, priority, body, trace, created_at, enqueued_at,
  next_at, status, place, attempts, fence, settled_at)
SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'sinus' ELSE 'sivic' END, md5((n / 20)::text), 'victim', 'state', 'Actual',
  md5('e'), 2, noise(n, {body}), '00-' || md5(n::text) || '-' || substr(md5(n::text), 1, 16) || '-01', {at}, {at}, {at} + n,
  '{status}', {place}, {tries}, {tries}, {settled}
FROM generate_series({first}, {last}) AS n
"""
ATTEMPTS = """
INSERT INTO outbox_attempt (message, fence, number, outcome, started_at, finished_at, reference)
SELECT seq, 1, 1, 'delivered', {at}, {at}, 'FICHE-' || seq FROM outbox_message WHERE status = 'delivered'
"""
ARCHIVE = """
INSERT INTO outbox_archive (kind, settled_at, message, fence, body, sent, answered)
SELECT kind, settled_at, seq, 1, noise(seq::int, {body}), noise(seq::int, {sent}), noise(seq::int, {answered})
FROM outbox_message WHERE status = 'delivered'
"""


def size(server: Postgres, name: str, table: str) -> tuple[float, float]:
    """Bytes a row of the table, and of its indexes."""
    asked = f"SELECT pg_table_size('{table}')::float / {ROWS}, pg_indexes_size('{table}')::float / {ROWS}"
    server.ask(f"VACUUM {table}", name)
    table_bytes, index_bytes = server.ask(asked, name)[0]
    return float(table_bytes), float(index_bytes)


def main() -> None:
    """Fill, then weigh: waiting; delivered, which is also what is left when its day has gone; its attempt; its part of the day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--body", type=int, default=671)
    parser.add_argument("--sent", type=int, default=659)
    parser.add_argument("--answered", type=int, default=294)
    wish = parser.parse_args()
    libraries()
    at = int(time.time() * 1e6)
    given = {"at": at, "body": wish.body, "sent": wish.sent, "answered": wish.answered, "first": 1, "last": ROWS}
    waiting = {"status": "pending", "place": "1", "tries": 0, "settled": "NULL"}
    ended = {"status": "delivered", "place": "NULL", "tries": 1, "settled": at}
    found: dict[str, tuple[float, float]] = {}
    with postgres() as server:
        for state, columns, body in (
            ("waiting", waiting, wish.body),
            ("delivered", ended, 0),
        ):
            name = template(server, "passerelle")
            server.ask(NOISE, name)
            server.ask(MESSAGES.format(**{**given, **columns, "body": body}), name)
            found[f"message, {state}"] = size(server, name, "outbox_message")
            if state == "delivered":
                server.ask(ATTEMPTS.format(**given), name)
                found["its attempt"] = size(server, name, "outbox_attempt")
                server.ask(ARCHIVE.format(**given), name)
                found["its body and evidence, in the archive of the day"] = size(
                    server, name, "outbox_archive_state_rest"
                )
            server.drop(name)
    clear = float(wish.body)
    said = []
    for what, (table, indexes) in found.items():
        said.append(Figure(f"{what}: table", table, "bytes", clear, "body"))
        said.append(Figure(f"{what}: indexes", indexes, "bytes", clear, "body"))
    tell(said)


if __name__ == "__main__":
    main()
