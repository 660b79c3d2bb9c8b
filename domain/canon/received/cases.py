"""Canon of a case that a partner shares: place, alerts, patients, notes, decisions."""

from __future__ import annotations

from typing import Annotated, TypedDict

from domain.canon.received.words import HIDDEN, Words


class CodedCanon(TypedDict, total=False):
    """A code of a national list and the words that came with it; either may be missing."""

    code: Annotated[str, Words("Code")]
    label: Annotated[str, Words("Libellé")]


class IdentifierCanon(TypedDict, total=False):
    """A number under which others know a person or a place."""

    kind: Annotated[str, HIDDEN]
    """`nir`, `sinus`, `wristband`, `seat`, `other`; `finess_site`, `finess_legal`, `siren`, `siret`, `ape`."""
    kind_words: Annotated[str, Words("Nature")]
    value: Annotated[str, Words("Numéro", personal=True)]


class PlaceIdentifierCanon(TypedDict, total=False):
    """A number under which an establishment is known."""

    kind: Annotated[str, HIDDEN]
    kind_words: Annotated[str, Words("Nature")]
    value: Annotated[str, Words("Numéro")]


class ContactCanon(TypedDict, total=False):
    """How to reach somebody."""

    type: Annotated[str, Words("Par")]
    channel: Annotated[str, Words("Canal")]
    detail: Annotated[str, Words("Coordonnées", personal=True)]


class PlaceCanon(TypedDict, total=False):
    """Where. `note` holds what has no field of its own, and is always shown to those who may read it."""

    name: Annotated[str, Words("Lieu", personal=True)]
    kind: Annotated[str, Words("Libellé du lieu", personal=True)]
    number: Annotated[str, Words("Numéro", personal=True)]
    address: Annotated[str, Words("Adresse", personal=True)]
    way: Annotated[str, Words("Voie", personal=True)]
    highway: Annotated[str, Words("Axe")]
    kilometre: Annotated[str, Words("Point kilométrique")]
    direction: Annotated[str, Words("Sens")]
    city: Annotated[str, Words("Commune")]
    city_detail: Annotated[str, Words("Quartier", personal=True)]
    insee_code: Annotated[str, Words("Code INSEE")]
    country: Annotated[str, Words("Pays")]
    building: Annotated[str, Words("Bâtiment", personal=True)]
    entrance: Annotated[str, Words("Entrée", personal=True)]
    entity: Annotated[str, Words("Entité", personal=True)]
    floor: Annotated[str, Words("Étage", personal=True)]
    room: Annotated[str, Words("Porte", personal=True)]
    elevator: Annotated[str, Words("Ascenseur", personal=True)]
    interphone: Annotated[str, Words("Interphone", personal=True)]
    access_codes: Annotated[list[str], Words("Codes d’accès", personal=True)]
    phone: Annotated[str, Words("Téléphone sur place", personal=True)]
    latitude: Annotated[float, Words("Latitude", personal=True)]
    longitude: Annotated[float, Words("Longitude", personal=True)]
    precision: Annotated[str, Words("Précision de la position")]
    identifiers: Annotated[list[PlaceIdentifierCanon], Words("Établissement")]
    note: Annotated[str, Words("Précisions sur le lieu", personal=True)]


class NoteCanon(TypedDict, total=False):
    """What somebody wrote."""

    number: Annotated[str, Words("Note")]
    patient_id: Annotated[str, Words("Patient concerné")]
    author: Annotated[str, Words("Auteur", personal=True)]
    role: Annotated[str, Words("Fonction")]
    at: Annotated[str, Words("Le")]
    text: Annotated[str, Words("Texte", personal=True)]


class AlertCanon(TypedDict, total=False):
    """A call, and who made it."""

    number: Annotated[str, Words("Alerte")]
    received_at: Annotated[str, Words("Reçue le")]
    reporting: Annotated[str, Words("Signalement")]
    what_happens: Annotated[CodedCanon, Words("Nature de fait")]
    location_kind: Annotated[CodedCanon, Words("Type de lieu")]
    health_motive: Annotated[CodedCanon, Words("Motif de recours")]
    risks: Annotated[list[CodedCanon], Words("Risques et menaces")]
    victims_count: Annotated[str, Words("Nombre de victimes")]
    main_victim: Annotated[str, Words("Victime principale")]
    victims_note: Annotated[str, Words("Sur les victimes", personal=True)]
    caller: Annotated[str, Words("Appelant", personal=True)]
    caller_kind: Annotated[str, Words("Qualité de l’appelant")]
    caller_contact: Annotated[ContactCanon, Words("Contact de l’appelant")]
    callback: Annotated[ContactCanon, Words("À rappeler")]
    caller_language: Annotated[str, Words("Langue")]
    communication: Annotated[str, Words("Communication")]
    caller_note: Annotated[str, Words("Sur l’appelant", personal=True)]
    centre: Annotated[str, Words("Centre d’appel")]
    control_room: Annotated[str, Words("Salle")]
    call_taker: Annotated[str, Words("Opérateur", personal=True)]
    place: Annotated[PlaceCanon, Words("Lieu de l’alerte")]
    notes: Annotated[list[NoteCanon], Words("Notes de l’alerte")]


class PatientCanon(TypedDict, total=False):
    """One patient of a case."""

    patient_id: Annotated[str, Words("Patient")]
    full_name: Annotated[str, Words("Nom complet", personal=True)]
    name: Annotated[str, Words("Nom", personal=True)]
    given_name: Annotated[str, Words("Prénom", personal=True)]
    birth_name: Annotated[str, Words("Nom de naissance", personal=True)]
    birth_date: Annotated[str, Words("Né(e) le", personal=True)]
    sex: Annotated[str, HIDDEN]
    """As the partner coded it; `sex_words` is what people read."""
    sex_words: Annotated[str, Words("Sexe")]
    age: Annotated[str, Words("Âge")]
    """An ISO 8601 duration of one unit: `P53Y`."""
    weight_kg: Annotated[float, Words("Poids (kg)")]
    height_cm: Annotated[float, Words("Taille (cm)")]
    care_level: Annotated[str, Words("Niveau de soin")]
    health_motive: Annotated[CodedCanon, Words("Motif de recours")]
    diagnosis: Annotated[CodedCanon, Words("Hypothèse principale")]
    other_diagnoses: Annotated[list[CodedCanon], Words("Autres hypothèses")]
    history: Annotated[str, Words("Antécédents", personal=True)]
    treatment: Annotated[str, Words("Traitement", personal=True)]
    identifiers: Annotated[list[IdentifierCanon], Words("Identifiants")]
    practitioner: Annotated[str, Words("Médecin traitant", personal=True)]
    practitioner_number: Annotated[str, Words("RPPS du médecin traitant")]
    practitioner_contacts: Annotated[list[ContactCanon], Words("Joindre le médecin traitant")]


class DecisionCanon(TypedDict, total=False):
    """What a regulator decided."""

    patient_id: Annotated[str, Words("Patient concerné")]
    kind: Annotated[str, HIDDEN]
    """`advice`, `prescription`, `intervention`, `orientation`, `nothing_more`."""
    kind_words: Annotated[str, Words("Décision")]
    at: Annotated[str, Words("Le")]
    author: Annotated[str, Words("Auteur", personal=True)]
    role: Annotated[str, Words("Fonction")]
    resource: Annotated[str, Words("Moyen")]
    vehicle: Annotated[str, Words("Vecteur")]
    medical_transport: Annotated[bool, Words("Transport médicalisé")]
    orientation: Annotated[str, Words("Orientation")]
    destination: Annotated[str, Words("Destination")]
    destination_numbers: Annotated[list[PlaceIdentifierCanon], Words("Établissement")]


class AddedCanon(TypedDict, total=False):
    """What a partner adds outside the model."""

    key: Annotated[str, Words("Clé")]
    label: Annotated[str, Words("Libellé")]
    value: Annotated[str, Words("Valeur", personal=True)]
    note: Annotated[str, Words("Précision", personal=True)]


class CaseHeard(TypedDict, total=False):
    """`hub_case`: a case, first shared or changed (RS-EDA, RS-EDA-MAJ, RC-EDA)."""

    case_id: Annotated[str, Words("Dossier")]
    sender_case_id: Annotated[str, Words("Numéro chez l’émetteur")]
    created_at: Annotated[str, Words("Créé le")]
    desk: Annotated[str, Words("Filière")]
    intervention: Annotated[str, Words("Type d’intervention")]
    origin: Annotated[str, Words("Origine de l’appel")]
    what_happens: Annotated[CodedCanon, Words("Nature de fait")]
    location_kind: Annotated[CodedCanon, Words("Type de lieu")]
    health_motive: Annotated[CodedCanon, Words("Motif de recours")]
    risks: Annotated[list[CodedCanon], Words("Risques et menaces")]
    status: Annotated[str, HIDDEN]
    """`planned`, `active`, `done`, `validated`, `closed`, `filed`, `archived`; another is kept as it came."""
    status_code: Annotated[str, HIDDEN]
    """As the partner coded it."""
    status_words: Annotated[str, Words("État du dossier")]
    attribution: Annotated[str, Words("Attribution")]
    priority: Annotated[str, Words("Priorité")]
    care_level: Annotated[str, Words("Niveau de soin")]
    victims_count: Annotated[str, Words("Nombre de victimes")]
    main_victim: Annotated[str, Words("Victime principale")]
    victims_note: Annotated[str, Words("Sur les victimes", personal=True)]
    owner: Annotated[str, Words("Responsable demandé")]
    place: Annotated[PlaceCanon, Words("Lieu")]
    alert: Annotated[AlertCanon, Words("Alerte initiale")]
    new_alerts: Annotated[list[AlertCanon], Words("Nouvelles alertes")]
    patients: Annotated[list[PatientCanon], Words("Patients")]
    notes: Annotated[list[NoteCanon], Words("Notes médicales")]
    decisions: Annotated[list[DecisionCanon], Words("Décisions")]
    texts: Annotated[list[str], Words("Texte libre", personal=True)]
    added: Annotated[list[AddedCanon], Words("Compléments")]
