"""`passerelle outbox`: what waits, what is parked and why, replay, discard, pause, resume; on the database, beside the running nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway import clock
from gateway.cli.console import complain, say, with_settings
from gateway.cli.outbox import number
from gateway.cli.outbox.store import on_desk
from gateway.mappings import replay as replaying
from gateway.mappings.dry_run import rehearse
from gateway.register import Register
from gateway.runtime import heartbeat
from outbox.desk import Filter
from outbox.gate import Breaker, Gate
from outbox.message import MessageStatus
from outbox.sql import nodes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from gateway.cli.outbox.store import OpenOutbox
    from outbox.desk import Pause, Record


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs."""
    family = commands.add_parser("outbox", help="messages sortants : voir, rejouer, abandonner, suspendre")
    verbs = family.add_subparsers(dest="verb", required=True, metavar="verbe")

    def verb(
        name: str, help_: str, work: Callable[[OpenOutbox, argparse.Namespace], Awaitable[int]]
    ) -> argparse.ArgumentParser:
        parser = verbs.add_parser(name, help=help_)
        with_settings(parser)
        parser.set_defaults(run=lambda arguments: on_desk(arguments.settings, lambda desk: work(desk, arguments)))
        return parser

    pausing = verb("pause", "ne plus envoyer à une destination ; rien ne se perd", pause)
    pausing.add_argument("--reason", required=True)
    resuming = verb("resume", "envoyer de nouveau à une destination", resume)
    resuming.add_argument("--rate", type=float, help="messages par seconde jusqu’à l’écoulement du retard")
    for parser in (pausing, resuming):
        parser.add_argument("destination")
    _declare_messages(verb)


def _declare_messages(verb: Callable[..., argparse.ArgumentParser]) -> None:
    """The verbs that look at messages and decide on them."""
    verb("status", "chaque destination : attente, retard, disjoncteur ; chaque nœud ; les alarmes", status)
    listing = verb("list", "les messages, les plus récents d’abord", show_list)
    listing.add_argument("--status", choices=list(MessageStatus), help="dans cet état")
    listing.add_argument("--limit", type=int, default=30, help="au plus (30)")
    showing = verb("show", "un message, ses essais, et ce qui partirait aujourd’hui", show_one)
    showing.add_argument("id")
    showing.add_argument("--document", action="store_true", help="montrer aussi le contenu (données personnelles)")
    grouping = verb("groups", "les messages en attente d’une décision, par cause", show_groups)
    again = verb("replay", "rejouer un message, un groupe ou un choix, dans l’ordre d’origine", replay)
    again.add_argument(
        "--as",
        dest="mapped",
        choices=("today", "then"),
        default="today",
        help="selon la correspondance du jour, ou à l’identique",
    )
    giving = verb("discard", "abandonner un message, un groupe ou un choix", discard)
    giving.add_argument("--reason", required=True, help="pourquoi, pour ceux qui liront")
    number.declare(verb)
    for parser in (again, giving):
        parser.add_argument("ids", nargs="*", metavar="id")
        parser.add_argument("--group", help="groupe de causes (voir groups)")
        parser.add_argument("--dry-run", action="store_true", help="dire ce qui serait fait, sans le faire")
    for parser in (listing, grouping, again, giving):
        parser.add_argument("--destination")
        parser.add_argument("--event", help="identifiant de l’événement")
        parser.add_argument("--topic", help="sujet")
        parser.add_argument("--cause", help="code de la cause")


def _wanted(arguments: argparse.Namespace, *, status: MessageStatus | None = None) -> Filter:
    return Filter(
        status=status,
        destination=arguments.destination,
        scope=arguments.event,
        topic=arguments.topic,
        cause=arguments.cause,
        fingerprint=getattr(arguments, "group", None),
    )


async def status(desk: OpenOutbox, _: argparse.Namespace) -> int:
    """Everything at a glance; exit code 1 when an alarm is under way."""
    backlog, lags = await desk.store.backlog(), await desk.store.lags()
    gates, paused = await desk.store.gates(), await desk.store.paused()
    now = clock.now()
    known = await desk.database.read(nodes.nodes)
    living = heartbeat.alive(known, now, desk.settings.watch.heartbeat_seconds)
    down = {name for node in living for name in node.facts.get("down_since", {})}
    say(
        f"{'destination':16}{'attente':>9}{'en cours':>9}{'à décider':>10}{'sans réponse':>13}{'retard s':>10}  passage"
    )
    for name in desk.destinations:
        counts = {line.status: line.messages for line in backlog if line.destination == name}
        late = max((lag.seconds for lag in lags if lag.destination == name), default=0.0)
        way = _way(gates.get(name, Gate(name)), paused.get(name), name in down)
        shown = (MessageStatus.PENDING, MessageStatus.SENDING, MessageStatus.PARKED, MessageStatus.UNCERTAIN)
        waiting, sending, parked, uncertain = (counts.get(shown_status, 0) for shown_status in shown)
        say(f"{name:16}{waiting:>9}{sending:>9}{parked:>10}{uncertain:>13}{late:>10.0f}  {way}")
    for node in known:
        seen = "en vie" if node in living else f"muet depuis {(now - node.seen_at).total_seconds():.0f} s"
        say(f"nœud {node.name} ({node.role}) : {seen}")
    alarms = await desk.database.read(lambda connection: Register(connection).alarms.under_way())
    for alarm in alarms:
        say(f"ALARME {alarm.name} depuis {alarm.raised_at}")
    return 1 if alarms else 0


BREAKERS = {Breaker.CLOSED: "libre", Breaker.OPEN: "coupée", Breaker.HALF_OPEN: "un essai est en cours"}


def _way(gate: Gate, pause: Pause | None, down: bool) -> str:  # noqa: FBT001 - one of three facts
    """What keeps messages from leaving, in words."""
    parts = [f"suspendue par {pause.by} : {pause.reason}" if pause else BREAKERS[gate.breaker]]
    if gate.opened_at and gate.breaker is not Breaker.CLOSED:
        parts.append(f"depuis {gate.opened_at.astimezone():%d/%m %H:%M:%S}")
    if gate.width is not None:
        parts.append(f"reprise lente, {gate.width} à la fois")
    if gate.drain_rate is not None:
        parts.append(f"au plus {gate.drain_rate:g} par seconde")
    if down:
        parts.append("ne répond pas aux nœuds")
    return ", ".join(parts)


async def show_list(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """One line a message."""
    wanted = _wanted(arguments, status=MessageStatus(arguments.status) if arguments.status else None)
    for record in await desk.store.find(wanted, limit=arguments.limit):
        say(_line(record))
    return 0


def _line(record: Record) -> str:
    envelope, cause = record.envelope, record.cause
    words = f"{envelope.id}  {envelope.destination:10} {envelope.topic:22} {record.status:10} {record.attempts:>3}"
    return words + (f"  {cause.code} : {cause.title}" if cause else "")


async def show_one(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """Everything known of one message."""
    record = await desk.store.message(arguments.id)
    if record is None:
        complain("Ce message n’est pas connu.")
        return 1
    say(_line(record))
    if record.superseded_by:
        say(f"rendu inutile par {record.superseded_by} le {record.settled_at}")
    attempts = await desk.store.attempts(arguments.id)
    for attempt in attempts:
        say(
            f"essai {attempt.number}  {attempt.finished_at}  {attempt.outcome}"
            + (f"  {attempt.cause.code}" if attempt.cause else "")
        )
    then = next((attempt.sent for attempt in reversed(attempts) if attempt.sent), b"")
    if not record.envelope.body or record.envelope.destination not in desk.destinations:
        say("le contenu n’est plus gardé, ou la destination n’existe plus ici")
        return 0
    reference = next((attempt.reference for attempt in reversed(attempts) if attempt.reference), None)
    today = await rehearse(record.envelope, reference, desk.open_on)
    if today.refusal is not None:
        say(f"aujourd’hui, rien ne partirait : {today.refusal.code} : {today.refusal.title} {today.refusal.detail}")
    else:
        same = "à l’identique du dernier essai" if today.document == then else "autre que le dernier essai"
        say(f"aujourd’hui partirait : {today.request}, {len(today.document)} octets, {same}")
    if arguments.document:
        for title, document in (("dernier essai", then), ("aujourd’hui", today.document)):
            say(f"--- {title}\n{document.decode(errors='replace')}")
    return 0


async def show_groups(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """One line a group."""
    for group in await desk.store.groups(_wanted(arguments)):
        cause = f"{group.cause.code} : {group.cause.title} {group.cause.detail}"
        say(f"{group.fingerprint}  {group.messages:>6}  {group.destination:10} {group.topic:22} {cause}")
    return 0


SHOWN = 10
"""Messages of which a dry run says what would leave; each is made as for its destination."""


async def replay(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """Send again what waits or is to be decided on."""
    exactly = arguments.mapped == "then"

    async def again(ids: list[str]) -> int:
        return await replaying.replay(desk.store, desk.database, ids, by=desk.who, exactly=exactly, now=clock.now())

    return await _decide(desk, arguments, again, lambda record: _would_send(desk, record, exactly=exactly))


async def _would_send(desk: OpenOutbox, record: Record, *, exactly: bool) -> str:
    """What a replay would put on the wire."""
    attempts = await desk.store.attempts(record.envelope.id)
    then = next((attempt.sent for attempt in reversed(attempts) if attempt.sent), b"")
    if exactly and then:
        return f"partirait comme alors : {len(then)} octets"
    if record.envelope.destination not in desk.destinations:
        return "cette destination n’existe plus ici"
    reference = next((attempt.reference for attempt in reversed(attempts) if attempt.reference), None)
    today = await rehearse(record.envelope, reference, desk.open_on)
    if today.refusal is not None:
        return f"rien ne partirait : {today.refusal.code} : {today.refusal.title}"
    return f"partirait : {today.request}, {len(today.document)} octets"


async def discard(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """Give up what waits or is to be decided on."""
    return await _decide(desk, arguments, lambda ids: desk.store.discard(ids, by=desk.who, reason=arguments.reason))


async def _decide(
    desk: OpenOutbox,
    arguments: argparse.Namespace,
    decision: Callable[[list[str]], Awaitable[int]],
    describe: Callable[[Record], Awaitable[str]] | None = None,
) -> int:
    wanted = _wanted(arguments)
    if not arguments.ids and wanted == Filter():
        complain("Dire lesquels : des identifiants, --group, --destination, --event, --topic ou --cause.")
        return 2
    chosen = [list(arguments.ids)] if arguments.ids else await desk.store.parked(wanted)
    say(f"choisis : {sum(map(len, chosen))}")
    if arguments.dry_run:
        for number, key in enumerate(key for portion in chosen for key in portion):
            record = await desk.store.message(key)
            say(_line(record) if record else f"{key}  inconnu")
            if record and describe and number < SHOWN:
                say(f"    {await describe(record)}")
        return 0
    done = sum([await decision(portion) for portion in chosen])
    say(f"faits : {done}")
    return 0 if done else 1


async def pause(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """Stop sending to a destination."""
    if not _exists(desk, arguments.destination):
        return 2
    await desk.store.pause(arguments.destination, by=desk.who, reason=arguments.reason)
    say(f"{arguments.destination} est suspendue. Rien ne se perd ; ce qui a une échéance expire.")
    return 0


async def resume(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """Send to it again."""
    if not _exists(desk, arguments.destination):
        return 2
    if arguments.rate is not None and arguments.rate <= 0:
        complain("--rate : un nombre de messages par seconde, plus grand que zéro.")
        return 2
    await desk.store.resume(arguments.destination, rate=arguments.rate)
    say(f"{arguments.destination} reprend.")
    return 0


def _exists(desk: OpenOutbox, name: str) -> bool:
    if name not in desk.destinations:
        complain(f"Cette destination n’existe pas ici ; attendu : {', '.join(desk.destinations)}.")
    return name in desk.destinations
