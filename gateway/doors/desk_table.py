"""The doors of who watches: the outbox, its parked messages, the alarms, the measures."""

from __future__ import annotations

from gateway.doors import alarms, deciding, desk, desk_schemas, schemas
from gateway.doors.door import Door
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
        desk.messages,
        "Messages sortants, sans leur contenu",
        tag=TAG,
        query={
            "status": "État.",
            **FILTERS,
            "superseded_by": "Message qui a rendu ceux-ci inutiles.",
            "before": "Curseur.",
        },
    ),
    Door("GET", MESSAGE, DESK, desk.message, "Un message et chaque essai", tag=TAG),
    Door(
        "GET",
        MESSAGE + "/preview",
        DESK,
        deciding.preview,
        "Ce qui partirait aujourd’hui, sans l’envoyer : taille et empreinte, jamais le contenu",
        tag=TAG,
    ),
    Door(
        "POST",
        MESSAGE + "/replay",
        DESK,
        desk.replay,
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
        desk.discard,
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
        deciding.groups,
        "Messages en attente d’une décision, groupés par cause",
        tag=TAG,
        query={"destination": "Destination."},
    ),
    Door(
        "POST",
        "/v1/outbox/replay",
        DESK,
        deciding.replay_many,
        "Rejouer un groupe ou un choix, dans l’ordre d’origine ; « dry_run » pour compter seulement",
        desk_schemas.ReplayedMessages,
        tag=TAG,
        example={"group": "0123456789ab", "dry_run": True},
    ),
    Door(
        "POST",
        "/v1/outbox/discard",
        DESK,
        deciding.discard_many,
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
        desk.pause,
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
        desk.resume,
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
