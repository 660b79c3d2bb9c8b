"""What is hostile, broken, late or out of turn, laid in our queue of a real broker: refused or held, nothing lost, nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from tests.hubsante.hub_house import HEALTH, MODELS, Link, linked
from tests.hubsante.hub_messages import judge, message_of, models
from tests.hubsante.hub_stage import drained, put
from tests.servers import need
from tests.servers.rabbitmq import OURS, SAMU, RabbitMq

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.servers.postgres import Postgres

CASE = f"{SAMU}.DRFR15ESSAI"
MEGABYTES = 50
LAUGHS = "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(12))
XML = "application/xml"


@pytest.fixture(params=["sqlite", "postgresql"])
async def link(request: pytest.FixtureRequest, rabbitmq: RabbitMq, tmp_path: Path) -> AsyncIterator[Link]:
    """A house on each store. What is laid in our queue was not checked by the hub: it is as bad as it was made."""
    need(MODELS is not None, "official models are not beside the checkout")
    store: dict[str, Any] = {}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        store = {"store": {"url": server.create_database()}}
    async with linked(rabbitmq, tmp_path, house=store) as found:
        yield found


class Bad:
    """Messages of the SAMU, each with something wrong."""

    def __init__(self, link: Link) -> None:
        self._at = link.house.clock()
        self._count = 0

    def envelope(self, key: str, body: Any, kind: str = "Report", **changes: Any) -> dict[str, Any]:
        """A good envelope around anything."""
        self._count += 1
        fields = {
            "distribution_id": f"{SAMU}_{self._count:02}",
            "sender": SAMU,
            "recipient": OURS,
            "sent_at": self._at,
            "expires_at": self._at + timedelta(days=1),
            "status": "Exercise",
            "kind": kind,
        }
        envelope = Envelope(**{**fields, **changes})
        header = write_header(envelope, Party("SAMU", f"hubex:{SAMU}"), Party("Essai", f"hubex:{OURS}"))
        return write_envelope(envelope, {**header, key: body})

    def case(self, case: str = CASE, **changes: Any) -> dict[str, Any]:
        """A case, with changes."""
        place = {"freetext": "Stade"}
        body = {"caseId": case, "creation": "2020-09-01T17:00:00+02:00", "location": place, "owner": SAMU}
        return self.envelope("createCaseHealth", body | {"qualification": {"details": {"status": "ACTIF"}}} | changes)


def known(case: str) -> bytes:
    """Where an identifier stands when nothing else could be read."""
    return b'{"distributionID":"' + f"{SAMU}_{case}".encode() + b'",'


def unreadable() -> dict[str, tuple[bytes, str]]:
    """Name → bytes that are no document, and how they are announced."""
    json_, doctype = "application/json", "<!DOCTYPE a [%s]><a>%s</a>"
    return {
        "profond": (known("profond") + b'"a":' + b"[" * 300 + b"]" * 300 + b"}", json_),
        "double": (known("double") + b'"a":1,"a":2}', json_),
        "nan": (known("nan") + b'"a":NaN}', json_),
        "enorme": (known("enorme") + b'"a":"' + b"x" * MEGABYTES * 2**20 + b'"}', json_),
        "xxe": (
            (
                f"<!--distributionID>{SAMU}_xxe<-->" + doctype % ('<!ENTITY x SYSTEM "file:///etc/hostname">', "&x;")
            ).encode(),
            XML,
        ),
        "rires": ((doctype % (f'<!ENTITY a "ha">{LAUGHS}', "&m;")).encode(), XML),
        "type": (known("type") + b'"a":1}', "text/html"),
    }


async def lay(
    broker: RabbitMq, raw: bytes | dict[str, Any], content_type: str = "application/json", box: str = "message"
) -> None:
    """In our queue, as the hub does."""
    body = raw if isinstance(raw, bytes) else orjson.dumps(raw)
    await put(broker, f"{OURS}.{box}", body, content_type=content_type)


async def rows(link: Link) -> list[tuple[Any, ...]]:
    """Everything received: identifier, state, code, how often."""
    found = await link.house.runtime.database.read(
        lambda connection: connection.exec_driver_sql(
            "SELECT distribution_id, state, code, times FROM hub_message ORDER BY seq"
        ).all()
    )
    return [tuple(row) for row in found]


async def until_rows(link: Link, count: int) -> list[tuple[Any, ...]]:
    """Wait until so many deliveries were kept."""
    while sum(row[3] for row in await rows(link)) < count:
        await link.settle()
    return await rows(link)


async def answers(link: Link, count: int) -> list[tuple[str, int | None]]:
    """What the SAMU heard in the end: about which message, with which code."""
    await link.until(lambda: len(link.samu.heard) >= count)
    await link.settle()
    await link.hub.quiet(HEALTH)
    return [(one["about"], one.get("code")) for one in link.samu.heard]


async def test_what_is_no_document_is_kept_and_answers_nobody(rabbitmq: RabbitMq, link: Link) -> None:
    """Entities, laughs, fifty megabytes, depth, a key twice, NaN, another content type: a row each, and the queue is free."""
    bad = unreadable()
    for raw, content_type in bad.values():
        await lay(rabbitmq, raw, content_type)
    found = await until_rows(link, len(bad))
    assert {row[1:] for row in found} == {("unreadable", None, 1)}
    named = {row[0] for row in found if not row[0].startswith("sha256:")}
    assert named >= {f"{SAMU}_{name}" for name in ("profond", "double", "nan", "enorme", "type")}
    assert await answers(link, 0) == []
    assert await drained(rabbitmq, f"{OURS}.message") == []


async def test_what_the_contract_refuses_is_refused_with_its_code(rabbitmq: RabbitMq, link: Link) -> None:
    """A case id that nothing holds, null, an unknown use case, two of them, after its expiry: 700, and the refused RC-REF."""
    make = Bad(link)
    both = make.case()
    message_of(both)["resourcesStatus"] = {"caseId": CASE}
    bad = [
        make.case("a" * 10_000),
        make.case("a" * 10_000 + "!"),
        make.case(owner=None),
        make.case(f"{CASE}\x00"),
        make.envelope("inconnu", {"caseId": CASE}),
        both,
        make.envelope("createCaseHealth", {"caseId": CASE}, expires_at=link.house.clock() - timedelta(seconds=1)),
    ]
    for tree in bad:
        await lay(rabbitmq, tree)
    found = await until_rows(link, len(bad))
    assert {row[1:] for row in found} == {("refused", 700, 1)}
    wanted = [(tree["distributionID"], code) for tree in bad for code in (700, None)]
    assert sorted(await answers(link, len(wanted)), key=str) == sorted(wanted, key=str)
    assert await link.house.runtime.read(lambda register: register.hub.case(CASE)) is None


async def test_what_comes_out_of_turn_or_again_has_its_effect_once(rabbitmq: RabbitMq, link: Link) -> None:
    """The update before its case, the case three times in both forms, an acknowledgement of nothing."""
    make = Bad(link)
    update = make.envelope("createCaseHealthUpdate", {"caseId": CASE, "owner": OURS}, "Update")
    case, nothing = make.case(), make.envelope("reference", {"distributionID": f"{OURS}_jamais"}, "Ack")
    await lay(rabbitmq, update)
    await lay(rabbitmq, nothing, box="ack")
    await until_rows(link, 2)
    for raw, form in ((orjson.dumps(case), "application/json"), (xml_bytes(to_xml(case, models(3))), XML)) * 2:
        await lay(rabbitmq, raw, form)
    found = {row[0]: row[1:] for row in await until_rows(link, 6)}
    assert found == {
        update["distributionID"]: ("received", None, 1),
        nothing["distributionID"]: ("received", None, 1),
        case["distributionID"]: ("received", None, 4),
    }
    wanted = [(case["distributionID"], None), (update["distributionID"], None)]
    assert sorted(await answers(link, 2)) == sorted(wanted)
    assert (await link.case(CASE)).owner == OURS
    assert judge(3).judge(orjson.dumps(case)).valid
    assert await drained(rabbitmq, f"{OURS}.message", HEALTH) == []
