"""What two SAMUs may do differently: every choice of `domain.rules`, as a deployment writes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from domain.rules import DEFAULT_RULES, Rules
from domain.source import Source
from domain.victim.care_path import CareStatus, Step
from gateway.settings.base import Section

D = DEFAULT_RULES
Sources = tuple[Source, ...]


def _listed(sources: frozenset[Source]) -> Sources:
    return tuple(source for source in Source if source in sources)


class Trade(Section):
    """The words and the reasons are in docs/decisions/."""

    link_event_types: tuple[str, ...] = Field(
        D.link_event_types, description="Types d’événement reliés d’office à SINUS et SI-VIC (R-51)."
    )
    count_delay_ms: int = Field(
        250, ge=0, le=1000, description="Les changements de dénombrement dans ce délai partent ensemble."
    )
    sivic_statuses: tuple[CareStatus, ...] = Field(
        tuple(status for status in CareStatus if status in D.sivic_statuses),
        description="Statuts dans lesquels SI-VIC apprend une victime ; hors d’eux, l’annonce est retirée.",
    )
    dead_named_from: Literal["declared", "documented", "validated"] = Field(
        "validated", description="Statut d’identité à partir duquel une personne décédée part avec son nom (F26)."
    )
    cata_kept_on_number: bool = Field(
        D.cata_kept_on_number, description="Le code CATA reste quand un numéro SINUS arrive (R-18)."
    )
    cata_follows_localisation: bool = Field(
        D.cata_follows_localisation, description="Changer de localisation tire un nouveau code CATA."
    )
    cata_last_serial: int = Field(
        D.cata_last_serial, ge=1, le=9999, description="Dernier code CATA d’une localisation ; au-delà, refus (R-19)."
    )
    localisations_without_letter: bool = Field(
        D.localisations_without_letter, description="Au-delà de Z, une localisation s’ouvre sans lettre (R-19)."
    )
    exit_severity_may_be_nc: bool = Field(
        D.exit_severity_may_be_nc, description="Une gravité en sortie « non codé » suffit pour orienter (R-29)."
    )
    delete_with_number: bool = Field(
        D.delete_with_number, description="Un patient qui porte un numéro SINUS se supprime sans le vider (R-40)."
    )
    closed_event_refuses: Sources = Field(
        _listed(D.closed_event_refuses), description="Sources dont un événement clos refuse les faits nouveaux (R-06)."
    )
    places_by_default: Sources = Field(
        _listed(D.places_by_default),
        description="Sources pour qui la première localisation est celle par défaut (R-24).",
    )
    triage_required_of: Sources = Field(
        _listed(D.triage_required_of), description="Sources qui doivent dire la gravité en entrée (R-14)."
    )
    back_steps: tuple[Step, ...] = Field(
        tuple(step for step in Step if step in D.back_steps), description="Retours d’étape permis."
    )
    admission_place_wins: bool = Field(
        D.admission_place_wins, description="L’établissement de l’admission devient la destination."
    )
    infant_below_months: int = Field(
        D.infant_below_months, ge=1, le=60, description="Nourrisson au-dessous de cet âge, en mois."
    )
    adult_from_years: int = Field(
        D.adult_from_years, ge=10, le=25, description="Adulte à partir de cet âge, en années."
    )
    hand_holds_hours: float = Field(
        D.hand_holds / timedelta(hours=1),
        ge=0,
        le=720,
        description="Heures pendant lesquelles la parole d’une personne tient contre celle, plus tardive, d’un voisin qui la précède.",
    )
    timezone: str = Field(D.timezone, description="Fuseau des heures lues par les gens et des tables datées.")
    precedence_identity: Sources = Field(
        D.precedence_identity, description="Quelle parole s’affiche, pour l’identité : la première source qui a parlé."
    )
    precedence_triage: Sources = Field(D.precedence_triage, description="Même chose, pour la gravité.")
    precedence_place: Sources = Field(D.precedence_place, description="Même chose, pour la localisation.")
    precedence_admission: Sources = Field(D.precedence_admission, description="Même chose, pour l’admission.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("fuseau inconnu ; par exemple Europe/Paris, Indian/Reunion") from None
        return name

    @field_validator("precedence_identity", "precedence_triage", "precedence_place", "precedence_admission")
    @classmethod
    def _named_once(cls, order: Sources) -> Sources:
        if len(set(order)) != len(order):
            raise ValueError("une source est nommée deux fois")
        return order

    def rules(self) -> Rules:
        """The same choices, as the domain reads them."""
        chosen = self.model_dump(exclude={"count_delay_ms", "hand_holds_hours"})
        sets = ("closed_event_refuses", "places_by_default", "triage_required_of", "back_steps", "sivic_statuses")
        return Rules(
            **(chosen | {name: frozenset(chosen[name]) for name in sets}),
            hand_holds=timedelta(hours=self.hand_holds_hours),
        )
