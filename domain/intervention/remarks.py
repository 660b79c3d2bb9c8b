"""What is said beside an accepted intervention request: each code with its French sentence. None of them blocks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "TELEPHONE_ILLISIBLE": "Ce numéro de téléphone n’est pas lisible : il est transmis tel que reçu, en texte.",
    "TELEPHONE_POSTE": "Ce numéro a un poste interne : il est transmis en texte, à demander une fois l’appel pris.",
    "RAPPEL_ABSENT": "Aucun numéro de rappel lisible du demandeur.",
    "HORODATAGE_ABSENT": "L’heure du clic manque : l’heure de réception en tient lieu.",
    "HORODATAGE_ILLISIBLE": "L’heure du clic n’est pas lisible (ISO 8601 avec décalage) : l’heure de réception en tient lieu.",
    "HORODATAGE_FUTUR": "L’heure du clic est dans le futur : vérifier l’horloge de l’émetteur.",
    "HORODATAGE_ANCIEN": "Le clic date de plus de quinze minutes.",
    "INSEE_ILLISIBLE": "Ce code INSEE n’a pas la forme attendue : il n’est pas transmis comme code.",
    "INSEE_CORSE": "Les communes de Corse ont un code en 2A ou 2B : ce code n’existe pas.",
    "INSEE_ABSENT": "Le code INSEE de la commune manque : il désigne le SAMU sans ambiguïté.",
    "CODE_POSTAL_ILLISIBLE": "Ce code postal n’a pas cinq chiffres.",
    "ADRESSE_ABSENTE": "L’adresse d’intervention manque.",
    "COMMUNE_ABSENTE": "La commune manque.",
    "POSITION_ILLISIBLE": "La position n’est pas lisible (degrés décimaux WGS 84) : elle est transmise en texte.",
    "POSITION_INVERSEE": "La latitude et la longitude semblent inversées : la position est transmise en texte, à vérifier.",
    "POSITION_HORS_FRANCE": "La position est hors de France : à vérifier.",
    "POIDS_ILLISIBLE": "Le poids n’est pas plausible : il est transmis tel que reçu, en texte.",
    "NOM_ABSENT": "Le nom du patient manque.",
    "PRENOM_ABSENT": "Le prénom du patient manque.",
    "PRENOM_LISTE": "Le premier prénom n’est pas le début de la liste des prénoms.",
    "SEXE_INCONNU": "Le sexe est M, F ou I.",
    "NAISSANCE_ILLISIBLE": "La date ou l’année de naissance n’est pas plausible : elle est transmise telle que reçue, en texte.",
    "NAISSANCE_CONTREDITE": "La date et l’année de naissance se contredisent : elles sont transmises en texte, à vérifier.",
    "AGE_CONTREDIT": "L’âge et l’année de naissance se contredisent : ils sont transmis en texte, à vérifier.",
    "AGE_ILLISIBLE": "L’âge n’est pas un nombre d’années.",
    "NAISSANCE_ABSENTE": "L’année de naissance manque.",
    "STATUT_IDENTITE_INCONNU": "Le statut d’identité est PROV, VALI, RECUP ou QUAL.",
    "TELEPHONE_ABSENT": "Le téléphone du patient manque.",
    "NOTE_ABSENTE": "La dernière note de suivi manque.",
    "NOTE_HORODATAGE": "L’heure de la note n’est pas lisible.",
    "STRUCTURE_ABSENTE": "La structure qui demande n’est pas dite : le nom de la clé d’accès en tient lieu.",
    "STRUCTURE_HORS_CONVENTION": "Cette structure n’est pas de celles convenues avec la plateforme : à vérifier.",
    "PROFESSIONNEL_ABSENT": "Le professionnel qui demande n’est pas dit.",
    "TEXTE_COUPE": "Ce texte est trop long : sa fin n’est pas transmise.",
    "CARACTERES_RETIRES": "Des caractères de contrôle ont été retirés de ce texte.",
    "CHAMP_IGNORE": "Ce champ n’est pas connu : il n’est pas transmis.",
    "FORME_INATTENDUE": "Cette valeur n’a pas la forme attendue : ce qui s’en lit est transmis, en texte ; le reste ne l’est pas.",
    "HORS_CONTRAT": "Cet élément ne suit pas le contrat : ce qui s’en lit est transmis, le reste ne l’est pas.",
    "CHARSET_CONTREDIT": "Le jeu de caractères est annoncé de deux façons : vérifier les accents.",
    "FAIT_EN_TROP": "Soixante faits au plus : les suivants ne sont pas transmis.",
    "FAIT_INCONNU": "Ce fait n’est pas d’un genre connu : il est transmis en texte, avec son nom.",
    "DOCUMENT_PAS_PDF": "Ce document n’est pas un PDF : il n’est pas gardé.",
    "DOCUMENT_TROP_GROS": "Ce document dépasse 2 Mo : il n’est pas gardé.",
    "DOCUMENT_EN_TROP": "Deux documents au plus : celui-ci n’est pas gardé.",
    "DOCUMENT_CONSERVE": "Ce document est gardé par la passerelle ; le logiciel du SAMU ne le reçoit pas.",
    "CRRA_SANS_ROUTE": "Le CRRA nommé n’est pas joint par cette passerelle : la commune a désigné le SAMU.",
    "ROUTE_CODE_POSTAL": "Le SAMU a été désigné par le code postal, faute de code INSEE : à vérifier.",
    "ROUTE_CONVENTION": "Le SAMU est celui de la convention de la plateforme, faute de mieux : à vérifier.",
    "MISE_A_JOUR": "Demande déjà reçue : ceci en est une nouvelle version.",
}


def remark(code: str, path: str, detail: str = "") -> Remark:
    """One remark; `detail` is French, follows the sentence of the code, and holds no value."""
    return Remark(code, path, f"{TITLES[code]} {detail}".rstrip())
