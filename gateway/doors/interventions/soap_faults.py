"""What each fault of our SOAP contract means, for the pages that are made from the code; a test holds these to the published schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RETRYABLE = frozenset({"JETON_PERIME", "ERREUR_INTERNE"})
"""Those after which the same message may pass: signed or stamped anew, or a little later."""
MEANINGS: Mapping[str, str] = {
    "SCHEMA": "Le message ne suit pas le contrat, ou se contredit (SOAPAction, wsa:Action, en-tête double) ; `champ` dit où.",
    "NON_AUTHENTIFIE": "Ni clé, ni jeton, ni signature qui prouve quelque chose ; ou deux preuves qui ne sont pas du même appelant.",
    "JETON_PERIME": "Horodatage à plus de cinq minutes, nonce ou signature déjà vus : refaire le jeton et renvoyer.",
    "NON_AUTORISE": "Cette clé n’ouvre pas cette porte.",
    "MODE": "Exercice et réel ne se mélangent jamais.",
    "CONFLIT": "Ce `idMessage` a déjà servi avec un autre contenu.",
    "DEMANDE_SANS_ID": "`idDemande` ou `idMessage` manque, est trop long ou illisible.",
    "DEMANDE_INCONNUE": "Jamais reçue, ou d’une autre plateforme.",
    "DEMANDE_CLOSE": "Terminée, refusée ou annulée : faire une nouvelle demande.",
    "SANS_LIEU_NI_TELEPHONE": "Ni adresse, ni position, ni téléphone : personne ne saurait où aller.",
    "AUCUNE_ROUTE": "Aucun SAMU n’est relié pour ce lieu.",
    "ERREUR_INTERNE": "Une difficulté de la passerelle ; rien n’est perdu de ce qui avait été accepté.",
}
