"""RS-ERROR: each code of the hub, what happens next, and which ones are ours to emit.

One table, read by the client, the simulator and the console. What the hub says is not what we do: a 701 after a resend
means the first one arrived; a 702 means the case must go first; a 500 means nobody read it in time and a person must know.
An unknown code is a person's.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from enum import Enum, IntEnum

from aiormq import exceptions as amqp

from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnreachableError


class Code(IntEnum):
    """The codes of the contract; the name is its `statusString`."""

    DELIVERY_MODE_INCONSISTENCY = 100
    NOT_ALLOWED_CONTENT_TYPE = 101
    UNRECOGNIZED_MESSAGE_FORMAT = 102
    SENDER_INCONSISTENCY = 200
    INVALID_MESSAGE = 300
    SCHEMA_NOT_FOUND = 301
    EXPIRED_MESSAGE_BEFORE_ROUTING = 400
    DEAD_LETTER_QUEUED = 500
    UNROUTABLE_MESSAGE = 501
    MESSAGE_CONVERSION_ERROR = 600
    INTERNAL_CLIENT_ERROR = 700
    CASE_ALREADY_EXISTS = 701
    WRONG_MESSAGE_SEQUENCE = 702
    UNKNOWN_SENDER = 703
    INSUFFICIENT_DATA = 704


class Next(Enum):
    """What happens to the message an error speaks of."""

    AGAIN = "transient"
    """The same content may be taken later, under a new distributionID."""
    PARK = "permanent"
    """The same message will never be taken: parked with its cause."""
    PERSON = "person"
    """Parked, and alarmed: set-up, expiry or silence at the other end that only people mend."""
    DELIVERED = "delivered"
    """It had arrived: an earlier attempt landed."""
    CREATE_FIRST = "resequence"
    """The receiver lacks the case: the whole case goes first, then this again."""


class Emitter(Enum):
    """Who sends a code."""

    HUB = "hub"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the table."""

    emitter: Emitter
    next: Next
    text: str
    """French, for the console."""


MEANINGS: dict[Code, Meaning] = {
    Code.DELIVERY_MODE_INCONSISTENCY: Meaning(Emitter.HUB, Next.PARK, "message publié sans persistance"),
    Code.NOT_ALLOWED_CONTENT_TYPE: Meaning(
        Emitter.HUB, Next.PARK, "type de contenu ni application/json ni application/xml"
    ),
    Code.UNRECOGNIZED_MESSAGE_FORMAT: Meaning(Emitter.HUB, Next.PARK, "message que le hub ne sait pas lire"),
    Code.SENDER_INCONSISTENCY: Meaning(Emitter.HUB, Next.PERSON, "expéditeur différent de la clé de routage"),
    Code.INVALID_MESSAGE: Meaning(Emitter.HUB, Next.PARK, "message non conforme au schéma"),
    Code.SCHEMA_NOT_FOUND: Meaning(Emitter.HUB, Next.AGAIN, "schéma absent du hub"),
    Code.EXPIRED_MESSAGE_BEFORE_ROUTING: Meaning(Emitter.HUB, Next.PERSON, "message expiré avant son routage"),
    Code.DEAD_LETTER_QUEUED: Meaning(Emitter.HUB, Next.PERSON, "message que le destinataire n’a pas lu à temps"),
    Code.UNROUTABLE_MESSAGE: Meaning(
        Emitter.HUB, Next.PERSON, "destinataire absent du hub ou message non admis sur ce lien"
    ),
    Code.MESSAGE_CONVERSION_ERROR: Meaning(Emitter.HUB, Next.PARK, "conversion entre versions impossible au hub"),
    Code.INTERNAL_CLIENT_ERROR: Meaning(Emitter.CLIENT, Next.AGAIN, "erreur interne du destinataire"),
    Code.CASE_ALREADY_EXISTS: Meaning(Emitter.CLIENT, Next.PERSON, "dossier déjà connu du destinataire"),
    Code.WRONG_MESSAGE_SEQUENCE: Meaning(
        Emitter.CLIENT, Next.CREATE_FIRST, "mise à jour d’un dossier inconnu du destinataire"
    ),
    Code.UNKNOWN_SENDER: Meaning(Emitter.CLIENT, Next.PERSON, "expéditeur inconnu du destinataire"),
    Code.INSUFFICIENT_DATA: Meaning(Emitter.CLIENT, Next.PARK, "données insuffisantes pour créer le dossier"),
}
UNKNOWN = Meaning(Emitter.HUB, Next.PERSON, "code d’erreur inconnu du contrat")
EMITTED = frozenset(code for code, meaning in MEANINGS.items() if meaning.emitter is Emitter.CLIENT)
"""Ours, 700 to 704: each followed by the refused RC-REF. 404, seen in the wild, is in no list: never emitted."""


@dataclass(frozen=True, slots=True)
class HubError:
    """An RS-ERROR as received."""

    code: int
    label: str
    cause: str
    """Free text of the hub or of a partner: may quote a message, so it is stored with it and never logged."""
    about: str
    """distributionID of the message it speaks of."""


def meaning(code: int) -> Meaning:
    """The line of a code; an unknown one is for a person."""
    try:
        return MEANINGS[Code(code)]
    except ValueError:
        return UNKNOWN


_UNCARRIED = "is not supported on the vhost"
"""The hub's own words in the cause of a 501 about the kind of message, and not about its recipient."""


def why(error: HubError) -> str:
    """What an error means, for people; of a 501, whether the recipient or the kind of message is not on this virtual host."""
    if error.code == Code.UNROUTABLE_MESSAGE and _UNCARRIED in error.cause:
        return "le hub ne porte pas ce message sur ce périmètre : voir « carries » et « topics » dans les réglages"
    return meaning(error.code).text


def what_next(code: int, *, resent: bool = False) -> Next:
    """What happens to the message; `resent` when it had already been published under an earlier attempt."""
    if code == Code.CASE_ALREADY_EXISTS and resent:
        return Next.DELIVERED
    return meaning(code).next


def delivery_error(error: HubError, *, resent: bool = False) -> DeliveryError | None:
    """The outbox's word for an error; None when the message had arrived after all."""
    line = meaning(error.code)
    code = f"hub.{error.code}"
    match what_next(error.code, resent=resent):
        case Next.DELIVERED:
            return None
        case Next.AGAIN | Next.CREATE_FIRST:
            return TransientDeliveryError(code, line.text)
        case Next.PARK | Next.PERSON:
            return PermanentDeliveryError(code, line.text)


def trouble_of(error: BaseException) -> str:
    """The type of what broke a connection: TLS's own, where the library hides it in an error of its own."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:  # A chain may come back to itself: asyncio shares its errors.
        if isinstance(cause, ssl.SSLError):
            return type(cause).__name__
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def not_connected(trouble: str | None) -> DeliveryError:
    """There is no connection to publish on: nothing was sent. `trouble` is the type of what broke the last one."""
    if trouble == CERTIFICATE_ENDED:
        return UnreachableError("hub.certificat", "Notre certificat pour le hub a pris fin : le remplacer.", trouble)
    if trouble in _TLS_TROUBLES:
        return UnreachableError(
            "hub.tls", "La poignée de main TLS avec le hub échoue : vérifier les certificats.", trouble
        )
    if trouble in _REFUSALS:
        return UnreachableError("hub.identite", "Le hub refuse notre certificat ou notre hôte virtuel.", trouble)
    return UnreachableError("hub.injoignable", "Le hub ne répond pas : aucune connexion.", trouble or "")


def saturated(error: BaseException, sent: bytes) -> DeliveryError:
    """The broker said that it is full, and confirms nothing: the message may be in its hands, unread."""
    text = "Le hub n’accepte plus rien pour le moment : son disque ou sa mémoire est pleine."
    return TransientDeliveryError("hub.sature", text, type(error).__name__, sent=sent, uncertain=True)


def broken_broker(error: BaseException, sent: bytes) -> DeliveryError:
    """What a publication that was not confirmed means. The hub may hold the message: the same distributionID is sent again."""
    detail = type(error).__name__
    match error:
        case amqp.PublishError():
            return TransientDeliveryError(
                "hub.sans_file", "Le hub n’a aucune file pour ce message : réglage du hub.", detail, sent=sent
            )
        case amqp.DeliveryError():
            return TransientDeliveryError("hub.rejet", "Le hub n’a pas pu garder le message.", detail, sent=sent)
        case amqp.ChannelAccessRefused() | amqp.ChannelNotFoundEntity():
            return TransientDeliveryError(
                "hub.interdit", "Le hub interdit cette publication : réglage de notre identifiant.", detail, sent=sent
            )
        case TimeoutError():
            return TransientDeliveryError(
                "hub.delai", "Le hub n’a pas confirmé à temps : il peut être saturé.", detail, sent=sent, uncertain=True
            )
        case amqp.AMQPError() | OSError() | RuntimeError() | asyncio.CancelledError():
            return TransientDeliveryError(
                "hub.coupure",
                "La connexion au hub a été coupée pendant la publication.",
                detail,
                sent=sent,
                uncertain=True,
            )
        case _:
            return PermanentDeliveryError(
                "hub.inattendu", "Erreur inattendue du client du hub.", detail, sent=sent, uncertain=True
            )


CERTIFICATE_ENDED = "certificat expiré"
"""The trouble of a connection that our own certificate cannot open any more."""
AnsweredError = amqp.DeliveryError
"""The broker's clear no to one message: returned, or not kept."""
_TLS_TROUBLES = frozenset(
    {
        ssl.SSLError.__name__,
        ssl.SSLCertVerificationError.__name__,
        # With TLS 1.3, a broker that refuses our certificate is heard only once the handshake is over, as a silence.
        amqp.IncompatibleProtocolError.__name__,
    }
)
_REFUSALS = frozenset(
    {
        amqp.AuthenticationError.__name__,
        amqp.ProbableAuthenticationError.__name__,
        amqp.ConnectionNotAllowed.__name__,
        amqp.ChannelAccessRefused.__name__,
        amqp.ChannelNotFoundEntity.__name__,
        # The answer to a virtual host that is not ours is a Close where the library expects an OpenOk.
        amqp.InvalidFrameError.__name__,
    }
)
