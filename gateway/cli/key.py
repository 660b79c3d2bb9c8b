"""`passerelle key`: new, list, revoke; people who signed in by name, and their end. A key is shown once, at birth; we keep its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from domain.mode import Mode
from gateway.cli.console import by_terminal, complain, on_register, say, with_settings
from gateway.clock import now
from gateway.security.keys import Scope, new_key

if TYPE_CHECKING:
    import argparse

    from gateway.register import Register


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands."""
    verbs = commands.add_parser("key", help="clés d’accès").add_subparsers(dest="verb", required=True, metavar="verbe")
    new = verbs.add_parser("new", help="créer une clé, montrée une seule fois")
    new.add_argument("name", help="minuscules, chiffres et tirets : qui s’en servira")
    new.add_argument("--scope", required=True, choices=list(Scope), help="ce qu’elle ouvre")
    new.add_argument("--mode", default=Mode.ACTUAL, choices=list(Mode), help="réel ou exercice, jamais les deux")
    new.set_defaults(run=create)
    listing = verbs.add_parser("list", help="lister les clés")
    listing.set_defaults(run=show)
    revoke = verbs.add_parser("revoke", help="retirer une clé")
    revoke.add_argument("name")
    revoke.set_defaults(run=withdraw)
    people = verbs.add_parser("people", help="qui est connecté par son nom, dans quel rôle, depuis quand")
    people.set_defaults(run=show_people)
    sign_out = verbs.add_parser("sign-out", help="finir toutes les sessions d’une personne")
    sign_out.add_argument("person", metavar="personne", help="son identifiant, tel que « key people » le montre")
    sign_out.set_defaults(run=end_sessions)
    for verb in (new, listing, revoke, people, sign_out):
        with_settings(verb)


def create(arguments: argparse.Namespace) -> int:
    """A new key."""
    try:
        key = new_key(arguments.name, Scope(arguments.scope), Mode(arguments.mode))
    except ValueError as error:
        complain(str(error))
        return 2

    def keep(register: Register) -> bool:
        register.keys.add(key, now())
        facts = {"scope": key.principal.scope, "mode": key.principal.mode}
        register.audit.note(by_terminal(), "key.created", f"key:{arguments.name}", now(), facts)
        return True

    try:
        if not on_register(arguments.settings, keep):
            return 2
    except IntegrityError:
        complain(f"Une clé porte déjà le nom « {arguments.name} ».")
        return 1
    say(key.key)
    complain("Notez-la : elle ne sera plus montrée.")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Every key there ever was."""
    kept = on_register(arguments.settings, lambda register: register.keys.all())
    if kept is None:
        return 2
    for key in kept:
        state = "retirée" if key.revoked else "en vigueur"
        say(f"{key.principal.name:24} {key.principal.scope:12} {key.principal.mode:10} {state}")
    return 0


def withdraw(arguments: argparse.Namespace) -> int:
    """Take a key out of force."""

    def revoke(register: Register) -> bool:
        revoked = register.keys.revoke(arguments.name, now())
        if revoked:
            register.audit.note(by_terminal(), "key.revoked", f"key:{arguments.name}", now())
        return revoked

    done = on_register(arguments.settings, revoke)
    if done is None:
        return 2
    if not done:
        complain(f"Aucune clé en vigueur ne porte le nom « {arguments.name} ».")
        return 1
    say(f"Clé « {arguments.name} » retirée.")
    return 0


def show_people(arguments: argparse.Namespace) -> int:
    """Everybody who is signed in by name."""
    signed_in = on_register(arguments.settings, lambda register: register.keys.people(now()))
    if signed_in is None:
        return 2
    for principal, since in signed_in:
        if principal.person is not None:
            person = principal.person
            say(
                f"{person.id:24} {person.name:32} {person.role:14} {principal.name:20} depuis {since:%Y-%m-%d %H:%M} UTC"
            )
    if not signed_in:
        complain("Personne n’est connecté par son nom.")
    return 0


def end_sessions(arguments: argparse.Namespace) -> int:
    """A person is signed out of every browser, at once on every node."""

    def end(register: Register) -> int:
        ended = register.keys.sign_out(arguments.person)
        if ended:
            about, facts = f"person:{arguments.person}", {"sessions": ended}
            register.audit.note(by_terminal(), "session.revoked", about, now(), facts)
        return ended

    ended = on_register(arguments.settings, end)
    if ended is None:
        return 2
    if not ended:
        complain(f"Aucune session de « {arguments.person} » : passerelle key people les montre.")
        return 1
    say(f"{ended} session(s) finie(s).")
    return 0
