"""Every door there is, with the scopes that may use it. What is not here does not exist; a test walks the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.doors.fhir.event import FHIR_EVENT
from gateway.doors.fhir.guide import FHIR_GUIDE
from gateway.doors.fhir.requests import FHIR
from gateway.doors.fhir.validate import FHIR_VALIDATE
from gateway.doors.http import examples, schemas
from gateway.doors.http.door import Door
from gateway.doors.hub.table import HUB_DOORS
from gateway.doors.interventions.table import INTERVENTION_DOORS
from gateway.doors.neighbours.table import NEIGHBOUR_DOORS
from gateway.doors.operator import links
from gateway.doors.operator.table import DESK_DOORS
from gateway.doors.portal import batch, boards, events, numbers, patients, stream, sync
from gateway.doors.portal.operations import OPERATIONS
from gateway.doors.portal.search import every_event, in_event
from gateway.doors.studio.mappings_table import MAPPING_DOORS
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from gateway.doors.http.door import Handler

PORTAL = frozenset({Scope.PORTAL})
# Who may see numbers: those who make them, those who watch, and those who have a right to numbers only.
NUMBERS = frozenset({Scope.PORTAL, Scope.OPERATOR, Scope.COUNTS})
WATCH = frozenset({Scope.PORTAL, Scope.OPERATOR})
DESK = frozenset({Scope.OPERATOR})

EVENT = "/v1/events/{event_id}"
PATIENT = EVENT + "/patients/{patient_id}"


def _operation(method: str, path: str, name: str, handler: Handler, summary: str, **more: Any) -> Door:  # noqa: ANN401 - passed through
    document = OPERATIONS[name].document
    return Door(
        method,
        path,
        PORTAL,
        handler,
        summary,
        body=document,
        tag="Patients",
        shows="patient",
        example=examples.OPERATIONS.get(name),
        **more,
    )


def _step(path: str, name: str, summary: str, *, open_body: bool = False, method: str = "POST") -> Door:
    return _operation(method, path, name, patients.operate(name), summary, open_body=open_body)


EVENTS = (
    Door(
        "POST",
        "/v1/events",
        PORTAL,
        events.create,
        "Créer un événement",
        schemas.NewEvent,
        status=201,
        tag="Événements",
        shows="event",
        example=examples.EVENT,
    ),
    Door("GET", "/v1/events", NUMBERS, events.read_all, "Lister les événements", tag="Événements", shows="event"),
    Door("GET", EVENT, NUMBERS, events.read_one, "Lire un événement", tag="Événements", shows="event"),
    Door(
        "PATCH",
        EVENT,
        PORTAL,
        events.change,
        "Modifier un événement",
        schemas.ChangedEvent,
        tag="Événements",
        shows="event",
        example={"name": "Match de Rugby Toulouse VS Pau"},
    ),
    Door(
        "POST",
        EVENT + "/close",
        PORTAL,
        events.close,
        "Clore un événement",
        schemas.EndedEvent,
        tag="Événements",
        shows="event",
        open_body=True,
    ),
    Door(
        "POST",
        EVENT + "/reopen",
        PORTAL,
        events.reopen,
        "Rouvrir un événement",
        schemas.EndedEvent,
        tag="Événements",
        shows="event",
        open_body=True,
    ),
    Door(
        "PUT",
        EVENT + "/links/{destination}",
        frozenset({Scope.PORTAL, Scope.OPERATOR}),
        events.link,
        "Créer ou lier l’événement à SINUS ou SI-VIC, sans jamais bloquer ; changer un lien, avec la raison",
        schemas.NewLink,
        tag="Événements",
        shows="event",
        example={"action": "link", "external_id": "SINUS-EVT-000001"},
    ),
    Door(
        "DELETE",
        EVENT + "/links/{destination}",
        frozenset({Scope.PORTAL, Scope.OPERATOR}),
        events.unlink,
        "Délier l’événement de SINUS ou de SI-VIC : ce qui y est allé en est retiré",
        schemas.RemovedLink,
        tag="Événements",
        example={"reason": "lié à un autre événement par erreur"},
    ),
    Door("GET", EVENT + "/shares", WATCH, events.shares, "Les portails qui voient l’événement", tag="Événements"),
    Door(
        "POST",
        EVENT + "/shares",
        WATCH,
        events.share,
        "Ouvrir l’événement à un autre portail",
        schemas.NewShare,
        tag="Événements",
        example={"key": "portail-voisin"},
    ),
    Door(
        "DELETE",
        EVENT + "/shares/{key_name}",
        WATCH,
        events.end_share,
        "Refermer l’événement à un portail à qui il était ouvert",
        status=204,
        tag="Événements",
    ),
    Door(
        "POST",
        EVENT + "/localisations",
        PORTAL,
        events.add_place,
        "Déclarer une localisation",
        schemas.NewLocalisation,
        status=201,
        tag="Événements",
        shows="event",
        example={"name": "PMA"},
    ),
    Door(
        "PUT",
        EVENT + "/localisations/{localisation_id}",
        PORTAL,
        events.rename_place,
        "Renommer une localisation",
        schemas.NewLocalisation,
        tag="Événements",
        shows="event",
        example={"name": "PMA nord"},
    ),
    Door(
        "DELETE",
        EVENT + "/localisations/{localisation_id}",
        PORTAL,
        events.remove_place,
        "Retirer une localisation",
        tag="Événements",
        shows="event",
    ),
)

PATIENTS = (
    _operation("POST", EVENT + "/patients", "create", patients.create, "Créer un patient", status=201),
    Door(
        "GET",
        EVENT + "/patients",
        PORTAL,
        patients.read_all,
        "Lister les patients",
        tag="Patients",
        shows="patient",
    ),
    Door(
        "POST",
        "/v1/search",
        PORTAL,
        every_event.find,
        "Trouver une personne, dans tous les événements : numéro, code, nom ou établissement",
        schemas.SoughtPerson,
        tag="Patients",
        example={"text": "FR 825 NOVI - 0000 TR 100077"},
        only_reads=True,
    ),
    Door(
        "POST",
        EVENT + "/patients/search",
        PORTAL,
        in_event.search,
        "Chercher par numéro SINUS, code CATA ou début de nom ; dire si le numéro est libre (R-10)",
        schemas.SoughtPatients,
        tag="Patients",
        shows="patient",
        example={"number": "FR 825 NOVI - 0000 TR - 123123"},
    ),
    Door("GET", PATIENT, PORTAL, patients.read_one, "Lire un patient", tag="Patients", shows="patient"),
    _operation("PUT", PATIENT, "replace", patients.replace, "Créer ou remplacer un patient sous cet identifiant"),
    _step(PATIENT, "change", "Modifier ce qui est nommé, et rien d’autre", method="PATCH"),
    _step(PATIENT, "delete", "Supprimer une fiche saisie par erreur", method="DELETE", open_body=True),
    _step(PATIENT + "/triage", "triage", "Coder une gravité, en entrée ou en sortie"),
    _step(PATIENT + "/bilan", "bilan", "Enregistrer un bilan"),
    _step(PATIENT + "/orientation-request", "ask_orientation", "Demander une orientation", open_body=True),
    _step(PATIENT + "/orientation", "decide_orientation", "Décider de l’orientation"),
    _step(PATIENT + "/evacuation-request", "ask_evacuation", "Demander une évacuation", open_body=True),
    _step(PATIENT + "/evacuation", "confirm_evacuation", "Confirmer l’évacuation", open_body=True),
    _step(PATIENT + "/exit", "confirm_exit", "Confirmer le laissé sur place", open_body=True),
    _step(PATIENT + "/step-back", "step_back", "Revenir d’une étape", open_body=True),
    _step(PATIENT + "/cata-code", "cata_code", "Attribuer un code CATA", open_body=True),
    Door(
        "POST",
        PATIENT + "/number-decision",
        WATCH,
        numbers.decide,
        "Dire si la fiche qu’un voisin tient sous le numéro SINUS du patient est la sienne, ou celle d’un autre",
        OPERATIONS["decide_number"].document,
        tag="Patients",
        example=examples.OPERATIONS["decide_number"],
    ),
    Door(
        "POST",
        EVENT + "/identity-swap",
        WATCH,
        numbers.swap,
        "Deux patients pris l’un pour l’autre : échanger leurs identités (F7) ; refait, l’acte se défait",
        schemas.SwappedIdentities,
        tag="Patients",
        example=examples.SWAP,
    ),
    Door(
        "POST",
        EVENT + "/number-rebind",
        WATCH,
        numbers.rebind,
        "Un bracelet lu pour un autre : donner le numéro à qui le porte (F14) ; à l’envers, l’acte se défait",
        schemas.ReboundNumber,
        tag="Patients",
        example=examples.REBIND,
    ),
    Door(
        "GET", PATIENT + "/history", PORTAL, patients.history, "Lire tout ce qui a été dit d’un patient", tag="Patients"
    ),
    Door(
        "GET", PATIENT + "/sync", WATCH, sync.patient_sync, "Où en est la fiche chez chaque destinataire", tag="Accord"
    ),
    Door(
        "POST",
        EVENT + "/batch",
        PORTAL,
        batch.batch,
        "Saisie de rattrapage, une opération par ligne (NDJSON)",
        media_type="application/x-ndjson",
        answers_media_type="application/x-ndjson",
        tag="Patients",
    ),
)

AGREEMENT_DOORS = (
    Door(
        "GET",
        EVENT + "/sync",
        NUMBERS,
        sync.event_sync,
        "Ce que dit le portail, ce que tiennent les voisins",
        tag="Accord",
    ),
    Door("POST", EVENT + "/sync", WATCH, sync.look_now, "Comparer maintenant, personne par personne", tag="Accord"),
    Door("GET", EVENT + "/sync/history", WATCH, sync.history, "La courbe d’accord de chaque lien", tag="Accord"),
    Door(
        "GET",
        EVENT + "/sync/{destination}",
        WATCH,
        sync.link_detail,
        "Un lien en détail : par catégorie, lieu, établissement et personne",
        tag="Accord",
    ),
    Door(
        "GET",
        EVENT + "/sync/{destination}/phone-list",
        PORTAL,
        sync.phone_list,
        "Liaison coupée : la liste à dicter par téléphone, dans l’ordre des bracelets, et quoi dire",
        tag="Accord",
        query={"format": "json, csv ou pdf."},
    ),
    Door(
        "POST",
        EVENT + "/sync/{destination}/resend",
        WATCH,
        sync.resend,
        "Renvoyer ce qui manque à un voisin et que rien en route n’explique",
        tag="Accord",
    ),
)

NUMBER_DOORS = (
    Door(
        "GET",
        EVENT + "/counts",
        NUMBERS,
        boards.counts,
        "Dénombrer, maintenant ou à un instant passé",
        tag="Nombres",
        query={
            "at": "Instant, avec son décalage horaire.",
            "by": "received (par défaut) : ce qui était su alors ; happened : ce qui était vrai alors, vu d’aujourd’hui.",
            "source": "Ce qu’une source seule a dit : portal, sinus, sivic, hospital, lrm ou gateway.",
        },
    ),
    Door("GET", EVENT + "/boards/tb2", PORTAL, boards.nominative_board, "TB2, nominatif, sans export", tag="Nombres"),
    Door(
        "GET",
        EVENT + "/boards/{board}",
        NUMBERS,
        boards.board,
        "TB1, TB3, TB4",
        tag="Nombres",
        query={
            "format": "json, csv, xlsx ou pdf ; à défaut, ce que dit Accept.",
            "columns": "total_hors_imp : une colonne de plus que le tableau imprimé.",
        },
    ),
    *AGREEMENT_DOORS,
    Door("GET", "/v1/destinations", WATCH, links.destinations, "État des liens et des nœuds", tag="Accord"),
    Door(
        "GET",
        "/v1/stream",
        NUMBERS,
        stream.stream,
        "Suivre en direct (SSE, reprise par Last-Event-ID)",
        tag="Accord",
        answers_media_type="text/event-stream",
        query={"event_id": "Un seul événement.", "after": "Reprendre après cette ligne."},
    ),
)

# The busiest first: a route is found by walking the list.
DOORS: tuple[Door, ...] = (
    PATIENTS
    + EVENTS
    + NUMBER_DOORS
    + DESK_DOORS
    + INTERVENTION_DOORS
    + FHIR
    + FHIR_EVENT
    + FHIR_VALIDATE
    + FHIR_GUIDE
    + MAPPING_DOORS
    + HUB_DOORS
    + NEIGHBOUR_DOORS
)

# Without a key: whether the process lives, the published contracts, and the empty page that asks for a key. A SOAP call
# may bear its key inside: its door asks for it.
OPEN_PATHS = frozenset(
    {
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/fhir/metadata",
        "/",
        "/console",
        "/console/",
        "/console/session",
        "/console/sessions",
        "/console/oidc/connexion",
        "/console/oidc/retour",
        "/console/personnes",
        "/console/personnes/{person_id}",
        "/console/sessions/{session_id}",
        "/console/{file:path}",
        "/soap/intervention",
    }
)
