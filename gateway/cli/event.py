"""`passerelle event`: which portals see an event; share it with another, end a share. Each change is in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import RuleError
from gateway.cli.console import by_terminal, complain, on_register, say, with_settings
from gateway.clock import now
from gateway.flow import compartments
from gateway.flow.accept import unknown_event

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from domain.event import Event
    from gateway.register import Register
    from gateway.register.victims.access import Access


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The three commands."""
    family = commands.add_parser("event", help="portails qui voient un événement : montrer, ouvrir, refermer")
    verbs = family.add_subparsers(dest="verb", required=True, metavar="verbe")
    shares = verbs.add_parser("shares", help="les portails qui voient l’événement")
    shares.set_defaults(run=show)
    share = verbs.add_parser("share", help="ouvrir l’événement à un autre portail")
    share.set_defaults(run=give)
    unshare = verbs.add_parser("unshare", help="le refermer à un portail")
    unshare.set_defaults(run=end)
    for verb in (shares, share, unshare):
        verb.add_argument("event", metavar="événement", help="identifiant de l’événement")
        with_settings(verb)
    for verb in (share, unshare):
        verb.add_argument("key", metavar="portail", help="nom de la clé du portail")


def show(arguments: argparse.Namespace) -> int:
    """Who sees it."""
    return _on_event(arguments, lambda register, event: register.access.of_event(event.id))


def give(arguments: argparse.Namespace) -> int:
    """Share it."""
    return _on_event(
        arguments, lambda register, event: compartments.share(register, event, arguments.key, by_terminal(), now())
    )


def end(arguments: argparse.Namespace) -> int:
    """End a share."""

    def work(register: Register, event: Event) -> list[Access]:
        compartments.take_back(register, event, arguments.key, by_terminal(), now())
        return register.access.of_event(event.id)

    return _on_event(arguments, work)


def _on_event(arguments: argparse.Namespace, work: Callable[[Register, Event], list[Access]]) -> int:
    def on_event(register: Register) -> list[Access]:
        event = register.events.find(arguments.event)
        if event is None:
            raise unknown_event()
        return work(register, event)

    try:
        accesses = on_register(arguments.settings, on_event)
    except RuleError as error:
        complain(error.title)
        return 1
    if accesses is None:
        return 2
    for access in accesses:
        how = "l’a ouvert" if access.opened else f"partagé par {access.given_by}"
        say(f"{access.key_name:24} {access.given_at:%Y-%m-%d %H:%M} UTC   {how}")
    if not accesses:
        say("Aucun portail ne voit cet événement : passerelle event share.")
    return 0
