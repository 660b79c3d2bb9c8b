"""The one way out over HTTP: opens a client, and says what a status or a broken connection means.

An adapter adds what its neighbour means by a fault of its own (`faults.py`); what HTTP itself means is said here, once.
"""

from __future__ import annotations

import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from adapters.wire.urllib3_transport import ACCEPTED, ThreadedTransport
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnreachableError

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.wire.link import Link
    from outbox.message import ClaimedMessage


def open_client(link: Link, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """One client per neighbour: connections are reused, every wait has an end, redirects are not followed.

    The carrier is `ThreadedTransport`, which costs a quarter of the processor time of httpx's own (docs/performance.md).
    """
    headers = {"User-Agent": "passerelle", "Accept-Encoding": ACCEPTED}
    if link.token:
        headers["Authorization"] = f"Bearer {link.token.get_secret_value()}"
    return httpx.AsyncClient(
        base_url=link.url,
        headers=headers,
        timeout=httpx.Timeout(link.read_timeout, connect=link.connect_timeout),
        follow_redirects=False,
        transport=transport or ThreadedTransport(link),
        trust_env=False,
    )


def refuse_other_mode(claimed: ClaimedMessage, link: Link, neighbour: str) -> None:
    """Exercise never meets real: the last check before the wire, on the envelope and on the document in it."""
    for part, mode in (("message", claimed.envelope.mode), ("document", claimed.envelope.body.get("mode", link.mode))):
        if mode != link.mode:
            raise PermanentDeliveryError(
                f"{neighbour}.mode",
                "Le mode du message n’est pas celui du lien : exercice et réel ne se mélangent jamais.",
                f"{part}, lien {link.mode}",
            )


def broken_link(error: httpx.HTTPError, neighbour: str, *, sent: bytes = b"") -> DeliveryError:
    """What a connection that failed means. Every `httpx.TransportError` has its line; a test walks them all.

    `sent` is the evidence of what may have left; it is not kept where no connection was made. What broke once there was one is
    uncertain: nobody knows how much the neighbour had read.
    """
    if _certificate_refused(error):
        return UnreachableError(
            f"{neighbour}.tls",
            "La poignée de main TLS a échoué : vérifier les certificats, le nôtre et celui du voisin.",
            type(error).__name__,
        )
    for kinds, sort, code, title, left in BROKEN:
        if isinstance(error, kinds):
            evidence = b"" if sort is UnreachableError else sent
            return sort(f"{neighbour}.{code}", title, type(error).__name__, sent=evidence, uncertain=left)
    raise AssertionError  # the last line of the table takes every error of httpx


BROKEN: tuple[tuple[tuple[type[httpx.HTTPError], ...], type[DeliveryError], str, str, bool], ...] = (
    (
        (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
        UnreachableError,
        "injoignable",
        "Le voisin ne répond pas : aucune connexion.",
        False,
    ),
    ((httpx.TimeoutException,), TransientDeliveryError, "delai", "Le voisin n’a pas répondu à temps.", True),
    (
        (httpx.UnsupportedProtocol, httpx.LocalProtocolError),
        PermanentDeliveryError,
        "adresse",
        "L’adresse ou la requête n’est pas du HTTP valide.",
        False,
    ),
    (
        (httpx.TransportError,),
        TransientDeliveryError,
        "coupure",
        "La connexion a été coupée pendant l’échange.",
        True,
    ),
    (
        (httpx.DecodingError,),
        TransientDeliveryError,
        "reponse_illisible",
        "La réponse est arrivée, mais elle ne se décompresse pas.",
        True,
    ),
    ((httpx.HTTPError,), PermanentDeliveryError, "inattendu", "Erreur inattendue du client HTTP.", True),
)
"""What broke, what it means, its code and its words, and whether the request may have left; the first line that fits speaks."""


def _certificate_refused(error: BaseException) -> bool:
    """Whether TLS itself refused, before anything was read of the request.

    With TLS 1.3 a refused client certificate is only heard at the first read, as an alert that names it. A record that breaks
    later is an `SSLError` too: it says nothing of the request, which may have been taken.
    """
    shaking = isinstance(error, httpx.ConnectError)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return shaking or any(alert in (cause.reason or "") for alert in _HANDSHAKE_ALERTS)
        cause = cause.__cause__ or cause.__context__
    return False


_HANDSHAKE_ALERTS = (
    "ALERT_CERTIFICATE",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "ALERT_ACCESS_DENIED",
    "ALERT_HANDSHAKE_FAILURE",
    "ALERT_PROTOCOL_VERSION",
)
"""Parts of OpenSSL's names for the alerts by which a server ends a handshake (RFC 8446 section 6.2)."""


WAIT = frozenset({408, 425, 429})
BEFORE_WORK = WAIT | {503}
"""Of the statuses that ask to come back, those that say the request was not begun (RFC 9110 sections 15.5.9 and 15.6.4, RFC 6585,
RFC 8470). After any other 5xx nobody knows how far the neighbour, or what stands behind a relay that gave up on it, had come."""
NEVER = frozenset({501, 505, 506, 510, 511})
"""Of the 5xx, those that say the request itself will not do, or that a captive portal stands in the way."""
LONGEST_WAIT = 86_400.0
"""A neighbour that asks for more than a day is not believed: an operator would think the link dead."""

REFUSED = {
    400: "Le voisin juge le message mal formé.",
    401: "Le voisin ne nous reconnaît pas : vérifier le certificat ou le jeton.",
    403: "Le voisin nous interdit cette opération.",
    404: "Le voisin ne connaît pas cette adresse ou cet objet.",
    409: "Le voisin signale un conflit.",
    413: "Le voisin juge le message trop gros.",
    415: "Le voisin refuse ce format.",
    422: "Le voisin refuse le contenu du message.",
}


def refused(  # noqa: PLR0913 - a status, whose it is, and its evidence
    status: int,
    neighbour: str,
    *,
    detail: str = "",
    retry_after: float | None = None,
    sent: bytes = b"",
    answered: bytes = b"",
) -> DeliveryError:
    """What an HTTP status that is not a success means when the neighbour says nothing better."""
    if status in WAIT or (status >= 500 and status not in NEVER):  # noqa: PLR2004 - HTTP's own number
        return TransientDeliveryError(
            f"{neighbour}.http_{status}",
            "Le voisin demande d’attendre." if status == 429 else "Le voisin est en difficulté.",  # noqa: PLR2004
            detail,
            retry_after=retry_after,
            sent=sent,
            answered=answered,
            uncertain=status not in BEFORE_WORK,
        )
    elsewhere = 300 <= status < 400  # noqa: PLR2004 - HTTP's own numbers
    title = "Le voisin renvoie vers une autre adresse." if elsewhere else "Le voisin refuse le message."
    title = REFUSED.get(status, title)
    return PermanentDeliveryError(f"{neighbour}.http_{status}", title, detail, sent=sent, answered=answered)


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """The `Retry-After` header in seconds, in either of its two forms (RFC 9110 section 10.2.3).

    None when absent or unreadable; never more than `LONGEST_WAIT`.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = (
            float(value)
            if value.isascii() and value.isdecimal()
            else (parsedate_to_datetime(value) - now).total_seconds()
        )
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_WAIT)
