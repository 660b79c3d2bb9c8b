"""The hub of the sandbox, whole: a private RabbitMQ with the contract's permissions, the dispatcher, a scripted SAMU, and a page.

Usable alone, for lack of the national one: the page says how to connect, what passed, and why something was refused.

    GET  /                 the page
    GET  /_sandbox/access  where to connect, with which certificates, on which virtual hosts
    GET  /_sandbox/lines   what passed and what was refused, as the page shows it
    GET  /_sandbox/state   what the SAMU holds, case by case
    POST /_sandbox/script  [{"on": "createCaseHealth", "do": "refuse", "code": 704}, …]   see `partner`
    POST /_sandbox/reset   the SAMU forgets everything
"""

from __future__ import annotations

import html
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from adapters.lrm.hubsante.certificates import Authority, Paths
from adapters.lrm.hubsante.client import HubConnection
from adapters.lrm.hubsante.judge.judgement import Judge
from adapters.lrm.hubsante.perimeters import models_of
from adapters.lrm.hubsante.sandbox import broker as nodes
from adapters.lrm.hubsante.sandbox.dispatcher import Dispatcher, Line
from adapters.lrm.hubsante.sandbox.partner import Act, Partner
from adapters.lrm.hubsante.wire.topology import HUB_ID, Client, definitions
from adapters.wire.link import Link
from adapters.wire.perimeter import Perimeter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from starlette.requests import Request

YOU, SAMU = "fr.health.test.vous", "fr.health.samu330"
MODELS = {
    "15-15_v1.5": 1,
    "15-15_v2.0": 2,
    "15-15_v2.1": 3,
    "15-smur_v1.7": 3,
    "15-nexsis_v1.9.1": 3,
}
"""Virtual host → the version of its models."""
CLIENTS = (Client(YOU, YOU, tuple(MODELS)), Client(SAMU, SAMU, tuple(MODELS)))


@dataclass(frozen=True)
class Access:
    """How to join the broker."""

    url: str
    ca: Path
    papers: Mapping[str, Paths]
    """By client id; the dispatcher's under `HUB_ID`."""

    def link(self, client_id: str, mode: str) -> Link:
        """The link of one client."""
        papers = self.papers[client_id]
        access = {"url": self.url, "ca": self.ca, "certificate": papers.certificate, "private_key": papers.private_key}
        return Link.model_validate({**access, "mode": mode, "connect_timeout": 10, "read_timeout": 10})


class HubSimulator:
    """The dispatcher and the SAMU, on a broker that is there."""

    def __init__(  # noqa: PLR0913 - what a hub is made of
        self,
        access: Access,
        mode: str,
        clock: Callable[[], datetime],
        *,
        clients: Iterable[Client] = CLIENTS,
        models_dir: Path | None = None,
        vhosts: Iterable[str] = tuple(MODELS),
        carried: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """`carried`: use cases of a virtual host, where the hub to be played carries other ones than the public list's."""
        self.access = access
        judges = _judges(models_dir)
        per_vhost = {vhost: judges.get(MODELS[vhost]) for vhost in vhosts}
        self.dispatcher = Dispatcher(access.link(HUB_ID, mode), clients, per_vhost, clock, carried=carried)
        link = access.link(SAMU, mode)
        self.partners: dict[str, Partner] = {}
        for vhost, judge in per_vhost.items():
            place = Perimeter.model_validate(
                {"vhost": vhost, "client_id": SAMU, "model": MODELS[vhost], "name": "SAMU"}
            )
            self.partners[vhost] = Partner(place, HubConnection(link, place, clock), judge, clock)

    async def open(self) -> None:
        """Connect, and begin."""
        await self.dispatcher.open()
        for partner in self.partners.values():
            partner.open()

    async def aclose(self) -> None:
        """Stop."""
        for partner in self.partners.values():
            await partner.aclose()
        await self.dispatcher.aclose()

    async def quiet(self, vhost: str) -> None:
        """Wait until all that was published on a virtual host so far has come to the SAMU."""
        token = uuid4().hex
        await self.dispatcher.mark(vhost, SAMU, token)
        await self.partners[vhost].reached(token)

    def snapshot(self) -> dict[str, Any]:
        """What the SAMU holds, per virtual host: cases, and what it heard of its own messages."""
        return {
            vhost: {
                "cases": {case: dict(fields) for case, fields in sorted(partner.cases.items())},
                "heard": list(partner.heard),
            }
            for vhost, partner in self.partners.items()
        }

    def clear(self) -> None:
        """Forget everything."""
        for partner in self.partners.values():
            partner.clear()
        self.dispatcher.lines.clear()


def _judges(models_dir: Path | None) -> dict[int, Judge]:
    return {} if models_dir is None else {version: Judge(models_of(models_dir, version)) for version in (1, 2, 3)}


def available() -> str | None:
    """Why the sandbox's hub cannot be opened on this machine; None when it can."""
    if nodes.installed() is None:
        return "RabbitMQ n’est pas installé (paquet rabbitmq-server)"
    return None


def create_simulator(mode: str, clock: Callable[[], datetime], models_dir: Path | None = None) -> Starlette:
    """The whole sandbox as an application: its broker runs while it is served. Raises OSError when it cannot."""
    reason = available()
    if reason is not None:
        raise OSError(f"bac à sable du hub : {reason}")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as closing:
            folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="hub-")))
            access = closing.enter_context(_broker(folder, clock()))
            hub = HubSimulator(access, mode, clock, models_dir=models_dir)
            closing.push_async_callback(hub.aclose)
            await hub.open()
            app.state.hub = hub
            yield

    return Starlette(routes=_routes(), lifespan=lifespan)


@contextmanager
def _broker(folder: Path, now: datetime) -> Iterator[Access]:
    sbin = nodes.installed()
    if sbin is None:
        raise OSError("rabbitmq-server")
    authority = Authority(folder, now)
    papers = {client.client_id: authority.issue(client.common_name) for client in CLIENTS}
    papers[HUB_ID] = authority.issue(HUB_ID)
    server = authority.issue("serveur", host=nodes.HOST)
    with nodes.running(folder, sbin, server, authority.ca, definitions(CLIENTS)) as node:
        yield Access(f"amqps://{nodes.HOST}:{node.port}", authority.ca, papers)


def _routes() -> list[Route]:
    parse = TypeAdapter(list[Act])

    async def page(request: Request) -> Response:
        return HTMLResponse(_page(request.app.state.hub))

    async def access(request: Request) -> Response:
        return JSONResponse(_access(request.app.state.hub.access))

    async def state(request: Request) -> Response:
        return JSONResponse(request.app.state.hub.snapshot())

    async def lines(request: Request) -> Response:
        return JSONResponse([asdict(line) for line in request.app.state.hub.dispatcher.lines])

    async def script(request: Request) -> Response:
        try:
            acts = parse.validate_json(await request.body())
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False, include_context=False)
            return JSONResponse({"title": "Script illisible.", "errors": faults}, 422)
        for partner in request.app.state.hub.partners.values():
            partner.play(acts)
        return JSONResponse({"lines": len(acts)})

    async def reset(request: Request) -> Response:
        request.app.state.hub.clear()
        return JSONResponse({})

    return [
        Route("/", page),
        Route("/_sandbox/access", access),
        Route("/_sandbox/state", state),
        Route("/_sandbox/lines", lines),
        Route("/_sandbox/script", script, methods=["POST"]),
        Route("/_sandbox/reset", reset, methods=["POST"]),
    ]


def _access(access: Access) -> dict[str, Any]:
    papers = access.papers[YOU]
    return {
        "url": access.url,
        "ca": str(access.ca),
        "certificate": str(papers.certificate),
        "private_key": str(papers.private_key),
        "client_id": YOU,
        "partner": SAMU,
        "vhosts": MODELS,
    }


def _page(hub: HubSimulator) -> str:
    entries = "".join(
        f"<dt>{html.escape(k)}</dt><dd>{html.escape(str(v))}</dd>" for k, v in _access(hub.access).items()
    )
    rows = "".join(_row(line) for line in reversed(hub.dispatcher.lines))
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
        "<title>Hub Santé du bac à sable</title><style>body{font:15px system-ui;margin:2rem;max-width:80rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.4rem;text-align:left;"
        "vertical-align:top}.non{background:#fde8e6}pre{white-space:pre-wrap;margin:0}dt{font-weight:600}</style>"
        f"<h1>Hub Santé du bac à sable</h1><h2>Se connecter</h2><dl>{entries}</dl><h2>Messages</h2>"
        "<table><tr><th>Heure<th>Hôte virtuel<th>De<th>À<th>Message<th>distributionID<th>Code<th>Pourquoi</tr>"
        f"{rows}</table></html>"
    )


def _row(line: Line) -> str:
    word = line.code or ("rejeté" if line.cause else "passé")
    cells = (line.at, line.vhost, line.sender, line.recipient, line.message, line.distribution_id, word)
    row = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    return f'<tr class="{"non" if line.cause else "oui"}">{row}<td><pre>{html.escape(line.cause)}</pre></td></tr>'
