"""The INS: which matricule is one, how far an identity may be trusted, and what may leave.

An identity defect never blocks an emergency: everything here ends in a decision about the matricule and in remarks, never
in a refusal. The rules are a white list: a matricule leaves when it is qualified, of a production OID, with a good key and
its five traits, and in no other case. Sources: référentiel INS v2 and guide INS v3 as quoted by FR Core 2.1 to 2.3.

It refuses to guess: NIR and NIA are told apart by their OID only, and a status is nothing without its code system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.mode import Mode
from domain.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Mapping

_THIRTEEN = re.compile(r"[123478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}")
_PLACE = re.compile(r"[0-9]{5}|2[AB][0-9]{3}")
_DATE = re.compile(r"(?P<year>(?:18|19|20)[0-9]{2})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")

UNKNOWN_PLACE = "99999"


class Oid(StrEnum):
    """Who gave the number; nothing in the digits says it."""

    NIR = "1.2.250.1.213.1.4.8"
    NIA = "1.2.250.1.213.1.4.9"
    TEST = "1.2.250.1.213.1.4.10"
    DEMO = "1.2.250.1.213.1.4.11"
    INS_C = "1.2.250.1.213.1.4.2"


PRODUCTION = frozenset({Oid.NIR, Oid.NIA})
"""The white list: only these may leave."""
TRIAL = frozenset({Oid.TEST, Oid.DEMO})
"""Published examples under these do not even pass the key."""

TYPES: Mapping[str, Oid] = {
    "INS-NIR": Oid.NIR,
    "INS-NIA": Oid.NIA,
    "INS-NIR-TEST": Oid.TEST,
    "INS-NIR-DEMO": Oid.DEMO,
    "INS-C": Oid.INS_C,
}
"""FR Core identifier type → its OID. `NH` (NSS, the number that pays) bears the OID of the NIR too, and may be a parent's."""


class IdentityStatus(StrEnum):
    """How far an identity may be trusted: two questions, four answers."""

    PROV = "PROV"
    VALI = "VALI"
    RECUP = "RECUP"
    QUAL = "QUAL"


def status_of(*, document_checked: bool, insi_recovered: bool) -> IdentityStatus:
    """The status that the two questions give (EXI SI 07)."""
    if insi_recovered:
        return IdentityStatus.QUAL if document_checked else IdentityStatus.RECUP
    return IdentityStatus.VALI if document_checked else IdentityStatus.PROV


STATUS_SYSTEM = "fr-core-cs-identity-status"
FORMER_STATUS_SYSTEMS = frozenset({"fr-core-cs-v2-0445", "fr-core-cs-fiabilite-identite"})


def read_status(system: str | None, code: str | None, *, has_ins: bool) -> IdentityStatus | None:
    """A FHIR status with its code system; None when either is unknown.

    Former systems said VALI for what is now QUAL: it is believed only when an INS stands beside.
    """
    name = (system or "").partition("|")[0].rstrip("/").rpartition("/")[2]
    if code not in set(IdentityStatus) or name not in {STATUS_SYSTEM, *FORMER_STATUS_SYSTEMS}:
        return None
    status = IdentityStatus(code)
    if name in FORMER_STATUS_SYSTEMS and status is IdentityStatus.VALI and has_ins:
        return IdentityStatus.QUAL
    return status


def key_of(thirteen: str) -> str:
    """The two digits that end a matricule: 97 minus the remainder by 97, 2A counted as 19 and 2B as 18 (Corsica)."""
    if not _THIRTEEN.fullmatch(thirteen):
        raise ValueError("il faut les 13 premiers caractères d’un matricule")
    number = int(thirteen.replace("2A", "19").replace("2B", "18"))
    return f"{97 - number % 97:02d}"


def is_shaped(matricule: str) -> bool:
    """Whether fifteen characters have the shape of a matricule. A month above 12 is a date unknown, not a mistake."""
    return (
        bool(_THIRTEEN.fullmatch(matricule[:13]))
        and matricule[13:].isascii()
        and bool(re.fullmatch(r"[0-9]{2}", matricule[13:]))
    )


def key_is_right(matricule: str) -> bool:
    """Whether the key of a well shaped matricule is its own."""
    return is_shaped(matricule) and key_of(matricule[:13]) == matricule[13:]


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule and its OID. The matricule stays out of `repr`, hence out of logs."""

    matricule: str = field(repr=False)
    oid: str
    type_code: str | None = None
    """FR Core identifier type; None where the door's own field is named INS and holds nothing else."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The five strict traits, as received; none of them in `repr`."""

    birth_name: str | None = field(default=None, repr=False)
    given_names: tuple[str, ...] = field(default=(), repr=False)
    sex: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    birth_place: str | None = field(default=None, repr=False)

    def missing(self) -> tuple[str, ...]:
        """The traits that are not there, or not in their strict form; an incomplete date is not a strict one."""
        traits_read = {
            "birth_name": bool(self.birth_name and self.birth_name.strip()),
            "given_names": any(name.strip() for name in self.given_names),
            "sex": self.sex in {"M", "F", "I"},
            "birth_date": _is_full_date(self.birth_date),
            "birth_place": bool(_PLACE.fullmatch(self.birth_place or "")),
        }
        return tuple(trait for trait, there in traits_read.items() if not there)


class Decision(StrEnum):
    """What becomes of the matricule; the request itself goes on in every case."""

    NONE = "none"
    """There was none: normal."""
    SENT = "sent"
    """Kept, and may leave as INS."""
    WITHHELD = "withheld"
    """Kept here, does not leave."""
    QUARANTINED = "quarantined"
    """Kept as received for a person to see, used by nobody."""
    DROPPED = "dropped"
    """Not kept."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is done with a received identity."""

    decision: Decision
    status: IdentityStatus | None
    outgoing: Ins | None
    remarks: tuple[Remark, ...] = ()
    incident: bool = False
    """A trial number in a real request: counted, somebody's systems are crossed."""


def judge(  # noqa: PLR0913 - what a door knows of an identity
    ins: Ins | None,
    status: IdentityStatus | None,
    traits: Traits,
    mode: Mode,
    *,
    doubtful: bool = False,
    fictitious: bool = False,
) -> Judgement:
    """Decide on a received identity. Never raises: the request goes on whatever is said here."""
    remarks = _attribute_remarks(mode, doubtful=doubtful, fictitious=fictitious)
    if doubtful or fictitious:
        # EXI ID 24 and 26: the identity falls back and its matricule is void.
        decision = Decision.DROPPED if ins else Decision.NONE
        return Judgement(decision, IdentityStatus.PROV, None, remarks)
    if ins is None:
        return Judgement(Decision.NONE, status, None, remarks)
    oid = ins.oid.strip().removeprefix("urn:oid:")
    matricule = "".join(ins.matricule.split()).upper()
    decision, remark_found = _of_origin(oid, ins.type_code, mode) or _of_number(matricule, status, traits)
    if oid in TRIAL and not key_is_right(matricule):
        remark_found = (*remark_found, _remark("INS_CLE"))
    if status is IdentityStatus.QUAL and traits.birth_place == UNKNOWN_PLACE:
        remark_found = (*remark_found, _remark("LIEU_NAISSANCE_INCONNU"))
    outgoing = Ins(matricule, oid, ins.type_code) if decision is Decision.SENT else None
    incident = oid in TRIAL and mode is Mode.ACTUAL
    return Judgement(decision, status, outgoing, (*remarks, *remark_found), incident)


_Found = tuple[Decision, tuple[Remark, ...]]


def _of_origin(oid: str, type_code: str | None, mode: Mode) -> _Found | None:
    """What the OID and the type alone decide; None when they are those of an INS."""
    if type_code is not None and type_code not in TYPES:
        return Decision.DROPPED, (_remark("INS_AUTRE_TYPE"),)
    if oid in TRIAL:
        return (Decision.DROPPED if mode is Mode.ACTUAL else Decision.WITHHELD), (_remark("INS_DE_TEST"),)
    if oid == Oid.INS_C:
        return Decision.WITHHELD, (_remark("INS_C"),)
    if oid not in PRODUCTION:
        return Decision.QUARANTINED, (_remark("INS_OID_INCONNU"),)
    if type_code is not None and TYPES[type_code] != oid:
        return Decision.QUARANTINED, (_remark("INS_TYPE_ET_OID"),)
    return None


def _of_number(matricule: str, status: IdentityStatus | None, traits: Traits) -> _Found:
    """What the number, the status and the traits decide, for an INS of production."""
    if not is_shaped(matricule):
        return Decision.QUARANTINED, (_remark("INS_FORME"),)
    if not key_is_right(matricule):
        return Decision.QUARANTINED, (_remark("INS_CLE"),)
    if status is not IdentityStatus.QUAL:
        return Decision.WITHHELD, (_remark("INS_NON_QUALIFIEE"),)
    if missing := traits.missing():
        return Decision.WITHHELD, tuple(_remark("INS_TRAITS_INCOMPLETS", f"patient.{trait}") for trait in missing)
    return Decision.SENT, ()


def _attribute_remarks(mode: Mode, *, doubtful: bool, fictitious: bool) -> tuple[Remark, ...]:
    remarks = []
    if doubtful:
        remarks.append(_remark("IDENTITE_DOUTEUSE"))
    if fictitious and mode is Mode.ACTUAL:
        remarks.append(_remark("IDENTITE_FICTIVE"))
    return tuple(remarks)


TITLES: Mapping[str, str] = {
    "INS_TRAITS_INCOMPLETS": "L’INS ne part pas : il voyage avec ses cinq traits, et l’un d’eux manque.",
    "INS_NON_QUALIFIEE": "L’INS ne part pas : l’identité n’est pas qualifiée.",
    "INS_CLE": "La clé du matricule INS est fausse.",
    "INS_FORME": "Le matricule INS n’a pas la forme attendue : 13 caractères et 2 chiffres de clé.",
    "INS_DE_TEST": "Ce matricule est de test ou de démonstration : il ne part jamais.",
    "INS_C": "L’INS-C est un ancien identifiant calculé : il ne part pas.",
    "INS_OID_INCONNU": "L’OID du matricule n’est pas celui d’un INS.",
    "INS_TYPE_ET_OID": "Le type et l’OID du matricule se contredisent.",
    "INS_AUTRE_TYPE": "Ce numéro n’est pas un INS : le NSS peut être celui d’un parent ou d’un conjoint.",
    "IDENTITE_DOUTEUSE": "Identité douteuse : le matricule INS est invalidé.",
    "IDENTITE_FICTIVE": "Identité fictive dans une demande réelle : à vérifier.",
    "LIEU_NAISSANCE_INCONNU": "Identité qualifiée dont le lieu de naissance est inconnu.",
}
"""The French sentence of each remark."""


def _remark(code: str, path: str = "patient.ins") -> Remark:
    return Remark(code, path, TITLES[code])


def _is_full_date(text: str | None) -> bool:
    try:
        return bool(date.fromisoformat(text or "")) and bool(_DATE.fullmatch(text or ""))
    except ValueError:
        return False


def read_birth_date(text: str) -> tuple[str | None, str | None]:
    """`(full date, year)` of a FHIR birth date. A year or a month alone gives the year and no date: nothing is completed."""
    match = _DATE.fullmatch(text)
    if match is None or (match["day"] and not _is_full_date(text)):
        return None, None
    return (text if match["day"] else None), match["year"]


def interpreted_birth_date(year: int, *, month: int | None = None, day: int | None = None) -> date:
    """The date stored for one that is partly known (EXI ID 11). Always flagged as interpreted; never put in a request that leaves."""
    if month is not None:
        return date(year, month, day or 1)
    return date(year, 1, day) if day is not None else date(year, 12, 31)


def first_given_name_agrees(first: str, given_names: str) -> bool:
    """Whether the first given name begins the list, hyphen and apostrophe read as a space (EXI ID 10)."""

    def words(text: str) -> list[str]:
        return re.sub(r"[-'’]", " ", text).upper().split()

    start = words(first)
    return bool(start) and words(given_names)[: len(start)] == start
