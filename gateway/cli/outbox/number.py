"""`passerelle outbox number`: the record that a neighbour refused for its SINUS number is the same person there, or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.decisions.commands import DecideNumber
from domain.errors import RuleError
from domain.mode import Mode
from domain.source import Source
from domain.victim.observation import Stamp
from gateway import clock
from gateway.cli.console import complain, say
from gateway.flow.accept import accept, known_event
from gateway.register import Register

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from gateway.cli.outbox.store import OpenOutbox

DECIDED = {
    "same_person": "La fiche du voisin est celle de ce patient : la nôtre part comme sa mise à jour.",
    "other_person": "Le numéro est retiré à ce patient ; la fiche part sans lui.",
    "undecided": "La décision est reprise ; ce qu’un voisin a déjà réuni ne se sépare que chez lui.",
}


def declare(
    verb: Callable[[str, str, Callable[[OpenOutbox, argparse.Namespace], Awaitable[int]]], argparse.ArgumentParser],
) -> None:
    """The verb and its choices."""
    parser = verb("number", "un voisin a déjà une fiche sous ce numéro SINUS : même personne, ou une autre", decide)
    parser.add_argument("id", help="message qui a été refusé")
    choice = parser.add_mutually_exclusive_group(required=True)
    for option, value, text in (
        ("--same", "same_person", "c’est la même personne"),
        ("--other", "other_person", "c’est une autre personne : le numéro quitte le patient"),
        ("--undecided", "undecided", "reprendre « --same »"),
    ):
        choice.add_argument(option, dest="choice", action="store_const", const=value, help=text)
    parser.add_argument("--reason", required=True, help="pourquoi, pour ceux qui liront")
    parser.add_argument("--number", help="le numéro en cause, quand le patient en porte plusieurs")


async def decide(desk: OpenOutbox, arguments: argparse.Namespace) -> int:
    """Apply the decision to the victim of the message."""
    record = await desk.store.message(arguments.id)
    if record is None or not record.envelope.lane.startswith("victim:"):
        complain("Ce message n’est pas connu, ou ne parle pas d’un patient.")
        return 1
    envelope, now = record.envelope, clock.now()
    command = DecideNumber(arguments.choice, arguments.reason, arguments.number)
    stamp = Stamp(Source.PORTAL, desk.who, now, now)

    def work(connection: Connection) -> bool:
        register = Register(connection)
        event = known_event(register, envelope.scope, Mode(envelope.mode))
        patient_id = envelope.lane.removeprefix("victim:")
        return bool(accept(register, desk.deployment, event, patient_id, command, stamp).observations)

    try:
        changed = await desk.database.write(work)
    except RuleError as refusal:
        complain(f"{refusal.title} Attendu : {refusal.expected}" if refusal.expected else refusal.title)
        return 1
    say(DECIDED[arguments.choice] if changed else "Rien ne change : cette décision tient déjà.")
    return 0
