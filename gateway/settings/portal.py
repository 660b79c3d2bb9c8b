"""In which words a portal speaks: for each document of its doors, the mapping that its key goes by.

Named by the access key, since that is what says who calls. What is not named here is spoken in our own words.
"""

from __future__ import annotations

from pydantic import Field

from gateway.settings.base import Section

HEARD: dict[str, tuple[str, ...]] = {
    "new_event": ("NewEvent",),
    "changed_event": ("ChangedEvent",),
    "link": ("NewLink",),
    "localisation": ("NewLocalisation",),
    "new_patient": ("NewPatient",),
    "replaced_patient": ("ReplacedPatient",),
    "changed_patient": ("ChangedPatient",),
    "search": ("SoughtPatients",),
    "triage": ("NewTriage",),
    "bilan": ("NewBilan",),
    "orientation": ("DecidedOrientation",),
    "evacuation": ("AskedEvacuation", "ConfirmedEvacuation"),
    "reason": ("SteppedBack", "DeletedPatient"),
    "step": ("EndedEvent", "AskedOrientation", "ConfirmedExit", "AskedCataCode"),
}
"""What a portal writes → the documents of the doors that it becomes; those of one line have the same fields."""
SHOWN = {"patient": "patient.view", "event": "event.view"}
"""What a portal reads → the canon document that it is made of."""


class PortalWords(Section):
    """The mappings of one portal."""

    new_event: str = Field("", description="Événement créé : correspondance de ce que le portail écrit.")
    changed_event: str = Field("", description="Événement modifié.")
    link: str = Field("", description="Lien de l’événement avec SINUS ou SI-VIC.")
    localisation: str = Field("", description="Localisation déclarée ou renommée.")
    new_patient: str = Field("", description="Patient créé.")
    replaced_patient: str = Field("", description="Patient remplacé (PUT).")
    changed_patient: str = Field("", description="Patient modifié (PATCH).")
    search: str = Field("", description="Recherche d’un patient.")
    triage: str = Field("", description="Gravité codée, en entrée ou en sortie.")
    bilan: str = Field("", description="Bilan.")
    orientation: str = Field("", description="Orientation décidée.")
    evacuation: str = Field("", description="Évacuation demandée ou confirmée.")
    reason: str = Field("", description="Retour d’une étape, suppression.")
    step: str = Field("", description="Le reste : clôture, réouverture, orientation demandée, sortie, code CATA.")
    patient: str = Field("", description="Patient, tel que le portail le lit.")
    event: str = Field("", description="Événement, tel que le portail le lit.")

    def uses(self, key: str) -> dict[str, str]:
        """Use → mapping, for what is named."""
        return {use_of(key, name): mapping for name, mapping in self.model_dump().items() if mapping}


def use_of(key: str, document: str) -> str:
    """The use by which one document of one portal is in force."""
    return f"portal:{key}.{document}"
