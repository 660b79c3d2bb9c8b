"""The Hub Santé: messages read, judged and decoded a second, and the way from a publication to its durable acknowledgement.

Per size of an RS-EDA, in JSON and in XML, beside pydantic models made from the same official schema, beside the `jsonschema`
package where it is installed, and beside lxml's parse alone. The broker's way is measured beside a bare aio-pika loop on the same
broker, which keeps nothing and judges nothing. What the machine has not (the official models beside the checkout, RabbitMQ) is
said and not measured. Under two minutes on a machine of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import uuid4

import aio_pika
import uvloop
from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, create_model
from report import Figure, percentile, tell

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from adapters.lrm.hubsante.certificates import Authority
from adapters.lrm.hubsante.client import Delivery, HubConnection
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.inbound import read_delivery
from adapters.lrm.hubsante.judge.judgement import Judge
from adapters.lrm.hubsante.models.models import read_models
from adapters.lrm.hubsante.sandbox import broker as nodes
from adapters.lrm.hubsante.wire.documents import Format
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from adapters.lrm.hubsante.wire.topology import EXCHANGE, Client, definitions
from adapters.wire.link import Link
from adapters.wire.perimeter import Perimeter
from gateway.bootstrap import build
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from adapters.lrm.hubsante.models.models import Models

MODELS = Path(__file__).resolve().parents[2] / "shared" / "hubsante"
GOLDEN = (
    Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "hub" / "victime-complete.createCaseHealth.v3.json"
)
OURS, SAMU, VHOST = "fr.health.passerelle", "fr.health.samu330", "15-15_v2.1"
SECONDS = 1.5
MANY = 40
"""Patients, each with a note, of the large message."""
ALONE, TOGETHER, AT_ONCE = 150, 1500, 20


def now() -> datetime:
    """The real time."""
    return datetime.now(UTC)  # noqa: TID251 - a measure


def message(number: int, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """A whole RS-EDA of the SAMU, each its own case."""
    body = body or json.loads(GOLDEN.read_text(encoding="utf-8"))
    body["caseId"] = f"{SAMU}.DRFR15-{number}"
    identifier, at = f"{SAMU}_{uuid4()}", now()
    envelope = Envelope(identifier, SAMU, OURS, at, at + timedelta(days=1), "Exercise", "Report")
    header = write_header(envelope, Party("SAMU", f"hubex:{SAMU}"), Party("Passerelle", f"hubex:{OURS}"))
    return write_envelope(envelope, {**header, "createCaseHealth": body})


def minimal() -> dict[str, Any]:
    """The least that a case may say."""
    place = {"freetext": "Stade"}
    case = {"caseId": "", "creation": "2026-03-01T10:00:00+01:00", "owner": SAMU, "location": place}
    return {**case, "qualification": {"details": {"status": "ACTIF"}}}


def large() -> dict[str, Any]:
    """The complete case, with many patients and their notes."""
    body: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    [patient], [note, *_] = body["patient"], body["medicalNote"]
    named = [f"{SAMU}.patient.DRFR15.{number}" for number in range(MANY)]
    body["patient"] = [{**patient, "patientId": one} for one in named]
    body["medicalNote"] = [
        {**note, "patientId": one, "medicalNoteId": f"{SAMU}.medicalNote.DRFR15.{number}"}
        for number, one in enumerate(named)
    ]
    return body


def rate(work: Callable[[], object]) -> float:
    """How many times a second of one processor, over a while: whoever else works on the machine does not count."""
    work()
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < SECONDS:
        work()
        count += 1
    return count / spent


def pydantic_model(schema: dict[str, Any], whole: dict[str, Any], name: str = "M") -> Any:  # noqa: PLR0911 - a type of JSON, a type of Python
    """The model of a schema, field by field: what a generator writes, without its file."""
    while "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    match schema.get("type"):
        case "object":
            required = set(schema.get("required", ()))
            fields: dict[str, Any] = {}
            for key, below in schema.get("properties", {}).items():
                kind = pydantic_model(below, whole, f"{name}_{key}")
                fields[key] = (kind, ...) if key in required else (kind | None, None)
            return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
        case "array":
            return list[pydantic_model(schema["items"], whole, f"{name}_i")]  # type: ignore[misc]
        case "string":
            pattern = schema.get("pattern")
            linear = pattern and "+\\.?)" not in pattern
            return Annotated[str, Field(pattern=pattern)] if linear else str
        case "number":
            return float
        case "integer":
            return int
        case "boolean":
            return bool
    return Any


def judging(models: Models, judge: Judge, size: str, tree: dict[str, Any]) -> list[Figure]:
    """One message, in JSON and XML, as the door of the gateway reads it: bytes in, a judged message with its identifiers out."""
    raw, xml, at = json.dumps(tree).encode(), xml_bytes(to_xml(tree, models)), now()
    forms = {
        form: Delivery(VHOST, "message", form.value, body, redelivered=False)
        for form, body in zip(Format, (raw, xml), strict=True)
    }
    if any(read_delivery(one, judge, at).faults for one in forms.values()):
        raise SystemExit("the message of the measure is not valid")
    schema = models.types["createCaseHealth"].schema
    made: type[BaseModel] = pydantic_model(dict(schema), dict(schema))
    body = tree["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["createCaseHealth"]
    content = json.dumps(body)
    ours = {form: rate(lambda one=one: read_delivery(one, judge, at)) for form, one in forms.items()}
    pydantic = rate(lambda: made.model_validate_json(content))
    name = f"hub.read-and-judge {size}"
    figures = [Figure(f"{name} json {len(raw)} B", ours[Format.JSON], "msg/s", pydantic, "pydantic, content alone")]
    if find_spec("jsonschema"):
        import jsonschema  # noqa: PLC0415 - only where it is installed

        validator = jsonschema.Draft7Validator(schema)
        slow = rate(lambda: list(validator.iter_errors(json.loads(content))))
        figures.append(
            Figure(f"{name} json {len(raw)} B", ours[Format.JSON], "msg/s", slow, "jsonschema, content alone")
        )
    figures.append(
        Figure(f"{name} xml {len(xml)} B", ours[Format.XML], "msg/s", pydantic, "pydantic, content alone, JSON")
    )
    lxml = rate(lambda: etree.fromstring(xml))
    figures.append(Figure(f"{name} xml {len(xml)} B", ours[Format.XML], "msg/s", lxml, "lxml parse alone"))
    return figures


def every_size() -> list[Figure]:
    """Small, usual, large; nothing without the official models."""
    if not MODELS.exists():
        print("the official models do not lie beside the checkout: judging is not measured")
        return []
    if not find_spec("jsonschema"):
        print("jsonschema is not installed: not compared")
    models = read_models(MODELS)
    judge = Judge(models)
    sizes = {"minimal": minimal(), "complete": None, "large": large()}
    return [figure for size, body in sizes.items() for figure in judging(models, judge, size, message(1, body))]


def shortcut() -> dict[str, Any]:
    """The hub's topology, with the SAMU's key bound straight to our queue: the dispatcher is not what is measured."""
    topology = definitions([Client(OURS, OURS, (VHOST,)), Client(SAMU, SAMU, (VHOST,))])
    topology["bindings"] = [
        {
            "vhost": VHOST,
            "source": EXCHANGE,
            "destination": f"{OURS}.message",
            "destination_type": "queue",
            "routing_key": SAMU,
            "arguments": {},
        }
    ]
    return topology


async def travel(
    send: Callable[[bytes], Any], bodies: list[bytes], done: asyncio.Queue[str]
) -> tuple[list[float], float]:
    """Latencies one by one, then the rate of many together."""
    latencies = []
    for body in bodies[:ALONE]:
        began = time.perf_counter()
        await send(body)
        await done.get()
        latencies.append((time.perf_counter() - began) * 1000)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(body: bytes) -> None:
        async with gate:
            await send(body)

    began = time.perf_counter()
    sending = asyncio.gather(*(one(body) for body in bodies[ALONE:]))
    for _ in range(TOGETHER):
        await done.get()
    await sending
    return latencies, TOGETHER / (time.perf_counter() - began)


async def bare(url: str, contexts: dict[str, ssl.SSLContext], bodies: list[bytes]) -> tuple[list[float], float]:
    """Publish with a confirm, consume, acknowledge: nothing else."""
    done: asyncio.Queue[str] = asyncio.Queue()
    theirs = await aio_pika.connect(f"{url}/{VHOST}?auth=EXTERNAL", ssl_context=contexts[SAMU])
    mine = await aio_pika.connect(f"{url}/{VHOST}?auth=EXTERNAL", ssl_context=contexts[OURS])
    async with theirs, mine:
        exchange = await (await theirs.channel()).get_exchange(EXCHANGE)
        channel = await mine.channel()
        await channel.set_qos(prefetch_count=50)

        async def take(message: Any) -> None:
            await message.ack()
            done.put_nowait("")

        await (await channel.get_queue(f"{OURS}.message")).consume(take)

        async def send(body: bytes) -> None:
            said = aio_pika.Message(body, content_type="application/json", delivery_mode=2)
            await exchange.publish(said, routing_key=SAMU, mandatory=True)

        return await travel(send, bodies, done)


async def ours(links: dict[str, Link], folder: Path, bodies: list[bytes]) -> tuple[list[float], float]:
    """Publish with a confirm, consume, judge, keep durably with the answer queued, acknowledge."""
    done: asyncio.Queue[str] = asyncio.Queue()
    place = {"vhost": VHOST, "client_id": OURS, "model": 3, "prefetch": 50, "recipients": {"*": SAMU}}
    settings = Settings.model_validate(
        {
            "mode": "Exercise",
            "store": {"url": f"sqlite:///{folder / 'measure.sqlite3'}"},
            "hub": {
                "link": links[OURS].model_dump(),
                "perimeters": [place],
                "models_dir": MODELS if MODELS.exists() else None,
            },
        }
    )
    samu = Perimeter.model_validate({"vhost": VHOST, "client_id": SAMU, "model": 3})
    theirs = HubConnection(links[SAMU], samu, now)
    async with build(settings, clock=now) as runtime:
        if runtime.hub is None:
            raise SystemExit("no hub in these settings")
        runtime.hub.open(lambda: done.put_nowait(""))

        async def send(body: bytes) -> None:
            await theirs.publish(body, "application/json", uuid4().hex)

        found = await travel(send, bodies, done)
        kept = await runtime.database.read(
            lambda connection: connection.exec_driver_sql(
                "SELECT count(*) FROM hub_message WHERE state = 'received'"
            ).scalar()
        )
        if kept != len(bodies):
            raise SystemExit(f"{kept} kept of {len(bodies)}")
    await theirs.aclose()
    return found


def travelling() -> list[Figure]:
    """Through a real broker."""
    sbin = nodes.installed()
    if sbin is None:
        print("RabbitMQ is not installed: the way through the broker is not measured")
        return []
    with tempfile.TemporaryDirectory(prefix="bench-hub-") as name:
        folder = Path(name)
        authority = Authority(folder, now())
        papers = {client: authority.issue(client) for client in (OURS, SAMU, "fr.health.hub")}
        server = authority.issue("serveur", host=nodes.HOST)
        with nodes.running(folder, sbin, server, authority.ca, shortcut()) as node:
            url = f"amqps://{nodes.HOST}:{node.port}"
            links = {
                client: Link.model_validate(
                    {
                        "url": url,
                        "mode": "Exercise",
                        "ca": authority.ca,
                        "certificate": papers[client].certificate,
                        "private_key": papers[client].private_key,
                    }
                )
                for client in (OURS, SAMU)
            }
            bodies = [json.dumps(message(number)).encode() for number in range(ALONE + TOGETHER)]
            contexts = {client: link.tls() for client, link in links.items()}
            plain, plain_rate = uvloop.run(bare(url, contexts, bodies))
            whole, whole_rate = uvloop.run(ours(links, folder, bodies))
    return [
        Figure("hub.publish-to-durable p50", percentile(whole, 0.5), "ms", percentile(plain, 0.5), "bare aio-pika"),
        Figure("hub.publish-to-durable p99", percentile(whole, 0.99), "ms", percentile(plain, 0.99), "bare aio-pika"),
        Figure("hub.publish-to-durable rate", whole_rate, "msg/s", plain_rate, "bare aio-pika"),
    ]


if __name__ == "__main__":
    tell([*every_size(), *travelling()])
