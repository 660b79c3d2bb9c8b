"""What to do when a link stays down: the persons whom the neighbour has to do with, in the order of the bracelets, and what to say by telephone.

Each line holds what the neighbour may learn and nothing more, by the same allow-list and rules as a message. Nothing is to be
typed again afterwards: what waits leaves by itself, under the same identifiers, once the link is back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from adapters.neighbours import NEIGHBOURS
from domain.disclosure import unnamed
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.severity import TRIAGE_ORDER
from domain.source import Source
from domain.victim.observation import Stamp
from domain.victim.snapshot import victim_document
from gateway.agreement.transfers import transfers_of
from gateway.exports.phone_list import phone_list_csv, phone_list_pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from domain.event import Event
    from gateway.agreement.transfers import Transfers
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register

PHONE_LISTS: Final = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
"""Form → its media type."""
MODES: Final = {"Exercise": "EXERCICE", "Actual": "RÉEL"}
UNITS: Final = {"years": "ans", "months": "mois", "weeks": "semaines", "days": "jours"}
TO_SAY: Final = "à dire"
RECEIVED: Final = "reçue"


@dataclass(frozen=True, slots=True)
class PhoneList:
    """The list of one event for one neighbour, at one instant."""

    event_id: str
    event_name: str
    mode: str
    """EXERCICE or RÉEL."""
    destination: str
    title: str
    """The neighbour's name, for people."""
    external_id: str | None
    """The event there, once linked."""
    made_at: str
    waits_since: str | None
    """When the oldest message that waits was made; both in the time of the deployment."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """One person each; the last cell says whether the neighbour has the record as it is."""
    to_say: int
    """Persons whose record it has not got, or not as it is now."""
    script: tuple[str, ...]
    """What to say, step by step."""


def phone_list(  # noqa: PLR0913 - of what, for whom, by whom, when
    register: Register, deployment: DeploymentRules, event: Event, destination: str, by: str, now: datetime
) -> PhoneList:
    """Read the list, inside the caller's transaction."""
    zone = ZoneInfo(deployment.rules.timezone)
    transfers = transfers_of(register.connection, event.id, destination)
    stamp = Stamp(Source.GATEWAY, by, now, now)
    persons, severities = [], Counter[str]()
    for victim in register.victims.of_event(event.id):
        if victim.deleted or not deployment.concerned(destination, victim):
            continue
        document = victim_document(victim, event, stamp, destination, deployment.rules)
        if not deployment.may_name(destination, victim):
            document = unnamed(document)
        allowed = deployment.restrict(destination, "victim", document)["victim"]
        severities[victim.severity.value] += 1
        persons.append((allowed, RECEIVED if _received(transfers, victim.id) else TO_SAY))
    persons.sort(key=lambda person: _order(person[0]))
    columns = {title: cell for title, cell in CELLS.items() if any(cell(allowed) for allowed, _ in persons)}
    rows = tuple((*(cell(allowed) for cell in columns.values()), state) for allowed, state in persons)
    to_say = sum(state == TO_SAY for _, state in persons)
    link = event.links.get(destination)
    since = transfers.oldest
    return PhoneList(
        event.id, event.name, MODES[event.mode], destination, NEIGHBOURS[destination].title,
        link.external_id if link and link.state == "linked" else None,
        _when(now, zone), _when(since, zone) if since else None,
        (*columns, "Chez le voisin"), rows, to_say,
        _script(event, NEIGHBOURS[destination].title, link.external_id if link else None, severities, to_say, zone),
    )  # fmt: skip


def taken_list(  # noqa: PLR0913 - of what, for whom, by whom, when
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    destination: str,
    form: str,
    by: str,
    now: datetime,
) -> PhoneList:
    """Read the list and write down in the audit who took it."""
    made = phone_list(register, deployment, event, destination, by, now)
    about = f"{event.id} {destination}"
    register.audit.note(by, "phone_list.taken", about, now, {"format": form, "persons": len(made.rows)})
    return made


def write_list(made: PhoneList, form: str) -> bytes:
    """The list as a file, `csv` or `pdf`."""
    heading = [
        ("Événement", made.event_name),
        ("Mode", made.mode),
        (f"Numéro chez {made.title}", made.external_id or "pas encore lié"),
        ("Établie le", made.made_at),
        ("En attente depuis", made.waits_since or "rien n’attend"),
        ("Fiches à dire", f"{made.to_say} sur {len(made.rows)}"),
    ]
    if form == "pdf":
        title = f"Liste à dicter à {made.title} - {made.mode}"
        return phone_list_pdf(title, heading, made.script, made.columns, made.rows)
    # The mark lets spreadsheets read the accents.
    return ("\ufeff" + phone_list_csv(heading, made.columns, made.rows)).encode()


def _received(transfers: Transfers, person: str) -> bool:
    movement = transfers.movements.get(person)
    return person in transfers.taken and movement is not None and not movement.waiting and not movement.undecided


def _order(allowed: Mapping[str, Any]) -> tuple[bool, str, str]:
    number = allowed.get("sinus_number") or allowed.get("sinus_number_hp")
    return number is None, str(number or ""), str(allowed.get("cata_code") or allowed.get("id") or "")


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M}"


def _text(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda allowed: str(allowed.get(name) or "")


def _number(name: str) -> Callable[[Mapping[str, Any]], str]:
    def shown(allowed: Mapping[str, Any]) -> str:
        raw = str(allowed.get(name) or "")
        read = read_sinus_number(raw)
        return read.display() if isinstance(read, SinusNumber) else raw

    return shown


def _place(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda allowed: str((allowed.get(name) or {}).get("name") or "")


def _age(allowed: Mapping[str, Any]) -> str:
    age = allowed.get("age")
    return f"{age['value']} {UNITS[age['unit']]}" if age else ""


CELLS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "Bracelet": _number("sinus_number"),
    "N° hôpital": _number("sinus_number_hp"),
    "Code CATA": _text("cata_code"),
    "Gravité": _text("severity"),
    "Nom d’usage": _text("used_name"),
    "Nom de naissance": _text("birth_name"),
    "Prénom": _text("given_name"),
    "Né(e) le": _text("birth_date"),
    "Âge": _age,
    "Sexe": _text("sex"),
    "Lieu": _place("localisation"),
    "Établissement": _place("destination"),
}
"""Title of a column → its cell, from what the neighbour may learn; a column that nobody fills is left out."""


def _script(  # noqa: PLR0913 - what is said, of what, to whom
    event: Event, title: str, external_id: str | None, severities: Counter[str], to_say: int, zone: ZoneInfo
) -> tuple[str, ...]:
    total = sum(severities.values())
    tally = ", ".join(f"{severities[severity]} {severity}" for severity in TRIAGE_ORDER if severities[severity])
    there = f"chez vous numéro {external_id}" if external_id else "pas encore ouvert chez vous"
    dictated = (
        f"Je vous dicte les {to_say} fiches marquées « {TO_SAY} », dans l’ordre des bracelets."
        if to_say > 1
        else f"Je vous dicte la fiche marquée « {TO_SAY} »."
        if to_say
        else "Vous avez déjà chaque fiche telle qu’elle est."
    )
    return (
        f"Appeler {title}. Noter l’heure et le nom de l’interlocuteur.",
        f"« Mode {MODES[event.mode]}. La liaison informatique avec vous ne passe plus ; ce que je dicte vous arrivera aussi par elle à son retour. »",
        f"« Événement {event.name}, {event.type}, commencé le {_when(event.started_at, zone)}, {there}. »",
        f"« {total} personne{'s' if total > 1 else ''} vous concerne{'nt' if total > 1 else ''}{f' : {tally}' if tally else ''}. {dictated} »",
        "Dicter chaque bracelet chiffre par chiffre, le faire répéter, cocher la ligne. Ne rien dire qui n’est pas sur la ligne.",
        "Noter en face de la ligne le numéro que l’interlocuteur donne, s’il en donne un.",
        "Au retour de la liaison, ne rien ressaisir : ce qui attend part seul, dans l’ordre. Une fiche que l’interlocuteur a créée sous un même bracelet demande une décision, « même personne » ou « autre personne ».",
    )
