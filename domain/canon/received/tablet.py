"""Canon of what tablets and the platform of access to care say: assessments, missions, documents, appointments."""

from __future__ import annotations

from typing import Annotated, TypedDict

from domain.canon.received.cases import CodedCanon, IdentifierCanon  # noqa: TC001 - read at run time, as the hints of a shape
from domain.canon.received.words import HIDDEN, Words


class AppointmentHeard(TypedDict, total=False):
    """`hub_appointment`: an appointment of the national platform of access to care (RS-SAS-RDV)."""

    number: Annotated[str, Words("Rendez-vous")]
    act: Annotated[str, Words("Acte")]
    made_at: Annotated[str, Words("Pris le")]
    starts_at: Annotated[str, Words("Début")]
    ends_at: Annotated[str, Words("Fin")]
    status: Annotated[str, Words("État")]
    category: Annotated[str, Words("Catégorie d’orientation")]
    practitioner_name: Annotated[str, Words("Praticien")]
    practitioner_given_name: Annotated[str, Words("Prénom du praticien")]
    practitioner_number: Annotated[str, Words("RPPS du praticien")]
    speciality: Annotated[str, Words("Spécialité")]
    profession: Annotated[str, Words("Profession")]
    structure: Annotated[str, Words("Structure")]
    structure_number: Annotated[str, Words("Numéro de la structure")]
    regulator_name: Annotated[str, Words("Régulateur")]
    regulator_given_name: Annotated[str, Words("Prénom du régulateur")]
    regulator_number: Annotated[str, Words("Identifiant du régulateur")]
    regulator_mail: Annotated[str, Words("Courriel du régulateur")]


class LinkHeard(TypedDict, total=False):
    """Where one document can be read."""

    type: Annotated[str, Words("Type")]
    url: Annotated[str, Words("Adresse", personal=True)]


class LinksHeard(TypedDict, total=False):
    """`hub_links`: documents of a case (RS-URL)."""

    case_id: Annotated[str, Words("Dossier")]
    patient_id: Annotated[str, Words("Patient concerné")]
    code: Annotated[str, Words("Code d’accès", personal=True)]
    documents: Annotated[list[LinkHeard], Words("Documents")]


class ReportPatientHeard(TypedDict, total=False):
    """Of whom a tablet speaks."""

    patient_id: Annotated[str, Words("Patient")]
    birth_name: Annotated[str, Words("Nom de naissance", personal=True)]
    name: Annotated[str, Words("Nom", personal=True)]
    given_name: Annotated[str, Words("Prénom", personal=True)]
    birth_date: Annotated[str, Words("Né(e) le", personal=True)]
    age: Annotated[str, Words("Âge")]
    sex: Annotated[str, HIDDEN]
    sex_words: Annotated[str, Words("Sexe")]
    identifiers: Annotated[list[IdentifierCanon], Words("Identifiants")]
    height: Annotated[int, Words("Taille (cm)")]
    weight: Annotated[int, Words("Poids (kg)")]


class MeasureHeard(TypedDict, total=False):
    """One measure of an assessment."""

    type: Annotated[str, Words("Mesure")]
    value: Annotated[str, Words("Valeur")]
    precision: Annotated[str, Words("Précision")]


class ReportHeard(TypedDict, total=False):
    """`hub_report`: the assessment of a tablet (RS-BPV)."""

    case_id: Annotated[str, Words("Dossier")]
    number: Annotated[str, Words("Bilan")]
    written_at: Annotated[str, Words("Écrit le")]
    author: Annotated[str, Words("Rédacteur", personal=True)]
    role: Annotated[str, HIDDEN]
    role_words: Annotated[str, Words("Fonction")]
    patient: Annotated[ReportPatientHeard, Words("Patient")]
    diagnosis: Annotated[str, Words("Diagnostic principal")]
    associated: Annotated[list[str], Words("Diagnostics associés")]
    procedures: Annotated[list[str], Words("Gestes")]
    measures: Annotated[list[MeasureHeard], Words("Mesures")]
    history: Annotated[str, Words("Antécédents", personal=True)]
    treatment: Annotated[str, Words("Traitement", personal=True)]
    notes: Annotated[list[str], Words("Texte", personal=True)]


class MissionContextHeard(TypedDict, total=False):
    """Which mission."""

    organisation: Annotated[str, Words("Organisation")]
    case_number: Annotated[str, Words("Dossier")]
    created_at: Annotated[str, Words("Créé le")]
    decided_at: Annotated[str, Words("Décidé le")]
    finess_legal: Annotated[str, Words("FINESS juridique")]
    finess_geo: Annotated[str, Words("FINESS géographique")]
    structure: Annotated[str, Words("Structure")]


class MissionRegulationHeard(TypedDict, total=False):
    """Why it left."""

    what_happens: Annotated[CodedCanon, Words("Nature de fait")]
    health_motive: Annotated[CodedCanon, Words("Motif de recours")]
    care: Annotated[str, Words("Prise en charge")]


class MissionPatientHeard(TypedDict, total=False):
    """For whom: a rank in a case, never a name."""

    patient_id: Annotated[str, Words("Patient")]
    birth_date: Annotated[str, Words("Né(e) le", personal=True)]
    sex: Annotated[str, Words("Sexe")]
    insee_code: Annotated[str, Words("Commune de résidence")]
    city: Annotated[str, Words("Ville de résidence")]


class MissionTimesHeard(TypedDict, total=False):
    """When it moved."""

    left_base_at: Annotated[str, Words("Départ")]
    arrived_at: Annotated[str, Words("Arrivée sur les lieux")]
    left_scene_at: Annotated[str, Words("Départ des lieux")]
    at_destination_at: Annotated[str, Words("Arrivée à destination")]
    available_at: Annotated[str, Words("Disponible")]
    back_at: Annotated[str, Words("Retour")]


class MissionInterventionHeard(TypedDict, total=False):
    """What was done."""

    place_kind: Annotated[str, Words("Type de lieu")]
    finess: Annotated[str, Words("FINESS du lieu")]
    service: Annotated[str, Words("Service", personal=True)]
    insee_code: Annotated[str, Words("Code INSEE")]
    city: Annotated[str, Words("Commune")]
    doctor: Annotated[bool, Words("Médecin")]
    nurse: Annotated[bool, Words("Infirmier")]
    driver: Annotated[bool, Words("Ambulancier")]
    times: Annotated[MissionTimesHeard, Words("Horaires")]
    procedures: Annotated[list[str], Words("Gestes")]
    diagnosis: Annotated[str, Words("Diagnostic principal")]
    associated: Annotated[str, Words("Diagnostic associé")]


class MissionDestinationHeard(TypedDict, total=False):
    """Where the patient went."""

    country: Annotated[str, Words("Pays")]
    category: Annotated[str, Words("Catégorie")]
    care_type: Annotated[str, Words("Type de soins")]
    finess: Annotated[str, Words("FINESS")]


class MissionTransportHeard(TypedDict, total=False):
    """By what."""

    resource: Annotated[str, Words("Moyen")]
    vehicle: Annotated[str, Words("Vecteur")]
    care: Annotated[str, Words("Prise en charge")]


class MissionOrientationHeard(TypedDict, total=False):
    """What became of the patient."""

    type: Annotated[str, Words("Orientation")]
    destination: Annotated[MissionDestinationHeard, Words("Destination")]
    transport: Annotated[MissionTransportHeard, Words("Transport")]


class MissionHeard(TypedDict, total=False):
    """`hub_mission`: a mobile team's mission, in codes (RS-RPIS)."""

    context: Annotated[MissionContextHeard, Words("Mission")]
    regulation: Annotated[MissionRegulationHeard, Words("Régulation")]
    patient: Annotated[MissionPatientHeard, Words("Patient")]
    intervention: Annotated[MissionInterventionHeard, Words("Intervention")]
    orientation: Annotated[MissionOrientationHeard, Words("Devenir")]
