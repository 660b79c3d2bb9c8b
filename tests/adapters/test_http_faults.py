"""The one way out over HTTP: what each broken connection and each status means, and the TLS of a link."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.http import LONGEST_WAIT, broken_link, open_client, refuse_other_mode, refused, retry_after
from adapters.wire.link import Link
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnreachableError
from outbox.message import ClaimedMessage, Envelope, Kind

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def below(kind: type[Exception]) -> list[type[Exception]]:
    """An exception type and everything that inherits from it."""
    return [kind, *(found for child in kind.__subclasses__() for found in below(child))]


MEANING: dict[type[Exception], tuple[type[DeliveryError], str]] = {
    httpx.ConnectError: (UnreachableError, "x.injoignable"),
    httpx.ConnectTimeout: (UnreachableError, "x.injoignable"),
    httpx.PoolTimeout: (UnreachableError, "x.injoignable"),
    httpx.ProxyError: (UnreachableError, "x.injoignable"),
    httpx.ReadTimeout: (TransientDeliveryError, "x.delai"),
    httpx.WriteTimeout: (TransientDeliveryError, "x.delai"),
    httpx.TimeoutException: (TransientDeliveryError, "x.delai"),
    httpx.ReadError: (TransientDeliveryError, "x.coupure"),
    httpx.WriteError: (TransientDeliveryError, "x.coupure"),
    httpx.CloseError: (TransientDeliveryError, "x.coupure"),
    httpx.NetworkError: (TransientDeliveryError, "x.coupure"),
    httpx.RemoteProtocolError: (TransientDeliveryError, "x.coupure"),
    httpx.ProtocolError: (TransientDeliveryError, "x.coupure"),
    httpx.TransportError: (TransientDeliveryError, "x.coupure"),
    httpx.LocalProtocolError: (PermanentDeliveryError, "x.adresse"),
    httpx.UnsupportedProtocol: (PermanentDeliveryError, "x.adresse"),
    httpx.DecodingError: (TransientDeliveryError, "x.reponse_illisible"),
    httpx.TooManyRedirects: (PermanentDeliveryError, "x.inattendu"),
}


def test_the_table_of_meanings_is_whole() -> None:
    """Every transport error that httpx knows has its line here: a new one in a new version fails this test."""
    assert set(below(httpx.TransportError)) <= set(MEANING)


@pytest.mark.parametrize("kind", MEANING, ids=lambda kind: kind.__name__)
def test_a_broken_connection_has_one_meaning(kind: type[httpx.TransportError]) -> None:
    """Each error of httpx becomes the delivery error of its line, exactly, and quotes nothing of the request."""
    expected, code = MEANING[kind]
    error = broken_link(kind("Dupont ESSAI"), "x", sent=b"bytes")
    assert type(error) is expected
    assert error.cause.code == code
    assert "ESSAI" not in str(error)
    assert error.sent == (b"" if expected is UnreachableError else b"bytes")


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadError])
def test_a_refused_certificate_says_so(kind: type[httpx.TransportError]) -> None:
    """A failed TLS handshake names the certificates, at the connection or, as TLS 1.3 does, at the first read."""
    error = kind("refused")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    told = broken_link(error, "x")
    assert isinstance(told, UnreachableError)
    assert told.cause.code == "x.tls"


def test_a_connection_closed_in_tls_is_a_cut() -> None:
    """The end of a TLS stream without a farewell is a cut, not a certificate."""
    error = httpx.ReadError("eof")
    error.__cause__ = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    assert broken_link(error, "x").cause.code == "x.coupure"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507, 520, 529])
def test_a_neighbour_in_difficulty_is_asked_again(status: int) -> None:
    """These statuses are transient, and keep what the neighbour asked to wait."""
    error = refused(status, "x", retry_after=4.0, sent=b"a", answered=b"b")
    assert type(error) is TransientDeliveryError
    assert (error.retry_after, error.sent, error.answered) == (4.0, b"a", b"b")


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 405, 409, 410, 413, 415, 418, 422, 501, 505, 511])
def test_a_refusal_is_for_a_person_to_read(status: int) -> None:
    """Every other status is permanent, has its own code, and a title in French."""
    error = refused(status, "x", sent=b"a", answered=b"b")
    assert type(error) is PermanentDeliveryError
    assert error.cause.code == f"x.http_{status}"
    assert error.cause.title.startswith("Le voisin")


@given(st.integers(min_value=300, max_value=999))
def test_every_status_has_a_meaning(status: int) -> None:
    """No status that is not a success is left without one of the two faults."""
    assert isinstance(refused(status, "x"), TransientDeliveryError | PermanentDeliveryError)


def waiting(value: str) -> float | None:
    """What a Retry-After header of this value means."""
    return retry_after(httpx.Headers([(b"Retry-After", value.encode("utf-8"))]), NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Sat, 14 Mar 2026 09:31:00 GMT", 60.0),
        ("Sat, 14 Mar 2026 09:29:00 GMT", 0.0),
        ("99999999999", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("bientôt", None),
        ("²", None),
        ("-5", None),
        ("Sat, 14 Mar 2026 09:31:00", None),
        ("", None),
    ],
)
def test_retry_after_in_both_its_forms(value: str, seconds: float | None) -> None:
    """Seconds or a date, never in the past, never more than a day; what cannot be read is as if absent."""
    assert waiting(value) == seconds


def test_no_retry_after_is_none() -> None:
    """A neighbour that asks nothing is not waited for."""
    assert retry_after(httpx.Headers(), NOW) is None


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_no_retry_after_breaks_a_delivery(value: str) -> None:
    """Whatever stands in the header, the answer is None or a wait that a timedelta can hold."""
    seconds = waiting(value)
    assert seconds is None or timedelta(0) <= timedelta(seconds=seconds) <= timedelta(days=1)


def test_both_modes_are_checked() -> None:
    """The link's mode must be that of the envelope and that of the document inside."""
    link = Link(url="http://x", mode="Exercise")
    for outside, inside, refused_ in [
        ("Exercise", "Exercise", False),
        ("Actual", "Exercise", True),
        ("Exercise", "Actual", True),
        ("Actual", "Actual", True),
    ]:
        envelope = Envelope("1", "x", "l", "victim", Kind.STATE, outside, {"mode": inside}, NOW)
        if refused_:
            with pytest.raises(PermanentDeliveryError) as raised:
                refuse_other_mode(ClaimedMessage(envelope, 1, 1), link, "x")
            assert raised.value.cause.code == "x.mode"
        else:
            refuse_other_mode(ClaimedMessage(envelope, 1, 1), link, "x")


async def test_a_client_follows_no_redirect_and_hides_its_token() -> None:
    """A redirect is an answer like another, and the token is sent without showing in the link's text."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "http://ailleurs/"})

    link = Link(url="http://x", token="jeton-essai")
    async with open_client(link, httpx.MockTransport(answer)) as client:
        response = await client.get("/v1")
    assert response.status_code == 302
    assert len(seen) == 1
    assert seen[0].headers["authorization"] == "Bearer jeton-essai"
    assert "jeton-essai" not in repr(link)
