"""Who the patient is, as far as a request says it. A defect of identity is remarked upon and never blocks; nothing is invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.intervention.fields import phone, short, weight, whole
from domain.intervention.ins import IdentityStatus, Traits, first_given_name_agrees, judge, read_birth_date

if TYPE_CHECKING:
    from datetime import datetime

    from domain.canon.intervention import InterventionPatientCanon
    from domain.intervention.fields import Pen
    from domain.intervention.ins import Judgement
    from domain.intervention.request import Patient
    from domain.mode import Mode

UNKNOWN = "INCONNU"
OLDEST = 130  # years
SEXES = {"M", "F", "I"}


def read_patient(pen: Pen, patient: Patient, mode: Mode, now: datetime) -> tuple[InterventionPatientCanon, Judgement]:
    """The patient as the CRRA is told, and what was decided of the matricule."""
    birth_name = short(pen, "patient.birth_name", patient.birth_name, 80)
    name = short(pen, "patient.name", patient.name, 80) or birth_name
    given_name = short(pen, "patient.given_name", patient.given_name, 80)
    if name is None:
        pen.remark("NOM_ABSENT", "patient.name")
    if given_name is None:
        pen.remark("PRENOM_ABSENT", "patient.given_name")
    elif patient.given_names and not first_given_name_agrees(given_name, patient.given_names):
        pen.remark("PRENOM_LISTE", "patient.given_names")
    sex = _sex(pen, patient.sex)
    birth_date, birth_year = _birth(pen, patient, now)
    reachable = phone(pen, "patient.phone", "Téléphone du patient", patient.phone)
    if reachable is None and not patient.phone:
        pen.remark("TELEPHONE_ABSENT", "patient.phone")
    judgement = _judged(pen, patient, mode, birth_date, sex)
    return {
        "ins": {"matricule": judgement.outgoing.matricule, "oid": judgement.outgoing.oid}
        if judgement.outgoing
        else None,
        "identity_status": judgement.status.value if judgement.status else None,
        "birth_name": birth_name,
        "name": name or UNKNOWN,
        "given_name": given_name or UNKNOWN,
        "birth_date": birth_date,
        "birth_year": birth_year,
        "sex": sex,
        "phone": reachable,
        "weight_kg": weight(pen, patient.weight_kg),
    }, judgement


def _judged(pen: Pen, patient: Patient, mode: Mode, birth_date: str | None, sex: str) -> Judgement:
    status = None
    if patient.identity_status:
        code = patient.identity_status.strip().upper()
        if code in set(IdentityStatus):
            status = IdentityStatus(code)
        else:
            pen.remark("STATUT_IDENTITE_INCONNU", "patient.identity_status")
    given = tuple((patient.given_names or patient.given_name or "").replace(",", " ").split())
    traits = Traits(patient.birth_name, given, sex if patient.sex else None, birth_date, patient.birth_place)
    return judge(patient.ins, status, traits, mode, doubtful=patient.doubtful, fictitious=patient.fictitious)


def _sex(pen: Pen, text: str | None) -> str:
    """M, F, or I for what is not known: the code the CRRA's software has for it."""
    code = (text or "").strip().upper()
    if code in SEXES:
        return code
    pen.remark("SEXE_INCONNU", "patient.sex")
    return "I"


def _birth(pen: Pen, patient: Patient, now: datetime) -> tuple[str | None, str | None]:
    """`(full date, year)`, each None when nobody said it or when what was said cannot be believed."""
    if not patient.birth_date and not patient.birth_year:
        pen.remark("NAISSANCE_ABSENTE", "patient.birth_year")
        _age(pen, patient, None, now)
        return None, None
    day, year = read_birth_date((patient.birth_date or "").strip())
    birth_year = whole(patient.birth_year)
    words = " / ".join(text for text in (patient.birth_date, patient.birth_year) if text)
    if year is not None and birth_year is not None and int(year) != birth_year:
        pen.withhold("NAISSANCE_CONTREDITE", "patient.birth_date", "Naissance reçue", words)
        return None, None
    known = int(year) if year is not None else birth_year
    unread = bool(patient.birth_date and year is None) or bool(patient.birth_year and birth_year is None)
    if unread or known is None or not now.year - OLDEST <= known <= now.year or (day or "") > now.date().isoformat():
        pen.withhold("NAISSANCE_ILLISIBLE", "patient.birth_date", "Naissance reçue", words)
        return None, None
    if _age(pen, patient, known, now):
        pen.kept.append(f"Naissance reçue : {words[:40]}")
        return None, None
    return day, str(known)


def _age(pen: Pen, patient: Patient, year: int | None, now: datetime) -> bool:
    """Whether the age that was announced contradicts the year of birth. Alone, it is kept in words."""
    if not patient.age:
        return False
    years = whole(patient.age)
    if years is None:
        pen.withhold("AGE_ILLISIBLE", "patient.age", "Âge reçu", patient.age)
        return False
    if year is None:
        pen.kept.append(f"Âge annoncé : {years} ans")
        return False
    if abs(now.year - year - years) > 1:
        pen.withhold("AGE_CONTREDIT", "patient.age", "Âge reçu", patient.age)
        return True
    return False
