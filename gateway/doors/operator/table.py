"""The doors of who watches: the outbox, its parked messages, the alarms, the measures."""

from __future__ import annotations

from gateway.doors.http import schemas
from gateway.doors.http.door import Door
from gateway.doors.operator import alarms, decisions, jobs, outbox
from gateway.doors.operator import schemas as desk_schemas
from gateway.security.keys import Scope

DESK = frozenset({Scope.OPERATOR})
MESSAGE = "/v1/outbox/messages/{message_id}"
DESTINATION = "/v1/outbox/destinations/{destination}"
TAG = "Exploitation"
FILTERS = {
    "destination": "Destination.",
    "event_id": "Événement.",
    "cause": "Code de la cause.",
    "group": "Groupe de causes.",
}

MESSAGES = (
    Door(
        "GET",
        "/v1/outbox/messages",
        DESK,
        outbox.messages,
        "Messages sortants, sans leur contenu",
        tag=TAG,
        query={
            "status": "État.",
            **FILTERS,
            "superseded_by": "Message qui a rendu ceux-ci inutiles.",
            "before": "Curseur.",
        },
    ),
    Door("GET", MESSAGE, DESK, outbox.message, "Un message et chaque essai", tag=TAG),
    Door(
        "GET",
        MESSAGE + "/preview",
        DESK,
        decisions.preview,
        "Ce qui partirait aujourd’hui, sans l’envoyer : taille et empreinte, jamais le contenu",
        tag=TAG,
    ),
    Door(
        "POST",
        MESSAGE + "/replay",
        DESK,
        outbox.replay,
        "Rejouer un message",
        desk_schemas.ReplayedMessage,
        status=204,
        tag=TAG,
        open_body=True,
        example={"as": "today"},
    ),
    Door(
        "POST",
        MESSAGE + "/discard",
        DESK,
        outbox.discard,
        "Abandonner un message",
        schemas.DiscardedMessage,
        status=204,
        tag=TAG,
        example={"reason": "doublon vérifié par téléphone"},
    ),
)

PARKED = (
    Door(
        "GET",
        "/v1/outbox/groups",
        DESK,
        decisions.groups,
        "Messages en attente d’une décision, groupés par cause",
        tag=TAG,
        query={"destination": "Destination."},
    ),
    Door(
        "POST",
        "/v1/outbox/replay",
        DESK,
        decisions.replay_many,
        "Rejouer un groupe ou un choix, dans l’ordre d’origine ; « dry_run » pour compter seulement",
        desk_schemas.ReplayedMessages,
        tag=TAG,
        example={"group": "0123456789ab", "dry_run": True},
    ),
    Door(
        "POST",
        "/v1/outbox/discard",
        DESK,
        decisions.discard_many,
        "Abandonner un groupe ou un choix, avec la raison",
        desk_schemas.DiscardedMessages,
        tag=TAG,
        example={"group": "0123456789ab", "reason": "exercice terminé", "dry_run": True},
    ),
)

DESTINATIONS = (
    Door(
        "POST",
        DESTINATION + "/pause",
        DESK,
        outbox.pause,
        "Suspendre une destination",
        schemas.DiscardedMessage,
        status=204,
        tag=TAG,
        example={"reason": "maintenance annoncée"},
    ),
    Door(
        "POST",
        DESTINATION + "/resume",
        DESK,
        outbox.resume,
        "Reprendre une destination, au besoin à un débit donné jusqu’à l’écoulement du retard",
        desk_schemas.ResumedDestination,
        status=204,
        tag=TAG,
        open_body=True,
        example={"rate": 20},
    ),
)

WATCH = (
    Door(
        "GET",
        "/v1/alarms",
        DESK,
        alarms.alarms,
        "Alarmes en cours, ou les dernières",
        tag=TAG,
        query={"all": "1 : aussi celles qui ont pris fin."},
    ),
    Door(
        "POST",
        "/v1/alarms/{alarm}/end",
        DESK,
        alarms.end,
        "Mettre fin à une alarme vue et traitée",
        status=204,
        tag=TAG,
    ),
    Door("GET", "/v1/jobs", DESK, jobs.jobs, "Travaux réguliers : dernier passage, prochain, durée, résultat", tag=TAG),
    Door("POST", "/v1/jobs/{job}/run", DESK, jobs.run, "Lancer un travail maintenant", status=202, tag=TAG),
    Door(
        "GET",
        "/metrics",
        DESK,
        alarms.metrics,
        "Mesures, au format de Prometheus",
        tag=TAG,
        answers_media_type="text/plain",
    ),
)

DESK_DOORS = MESSAGES + PARKED + DESTINATIONS + WATCH
