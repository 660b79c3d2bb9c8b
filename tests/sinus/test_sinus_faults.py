"""What SINUS's refusals mean, and that none of the contract's codes is left without a meaning."""

from __future__ import annotations

import json

import httpx
import pytest

from adapters.sinus.client import RefusalError, UnreadableAnswerError
from adapters.sinus.document import LARGEST, error_codes, write
from adapters.sinus.faults import TITLES, Code, translate
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnreachableError
from tests.sinus.sinus_documents import SINUS_EVENT, claimed, event_document, opened, victim_document

LATER = {Code.INDISPONIBLE}


def test_the_codes_are_those_of_the_contract() -> None:
    """The schema's list, ours, and the titles are one list."""
    assert set(Code) == error_codes() == set(TITLES)


@pytest.mark.parametrize("code", Code)
def test_each_code_is_transient_or_permanent(code: Code) -> None:
    """Two codes pass with time; all others wait for a person. The evidence and the field are kept."""
    error = translate(RefusalError(409, code, "numero", 3.0, b"answer"), b"sent")
    assert type(error) is (TransientDeliveryError if code in LATER else PermanentDeliveryError)
    assert (error.cause.code, error.cause.detail) == (f"sinus.{code}", "numero")
    assert (error.sent, error.answered) == (b"sent", b"answer")
    if isinstance(error, TransientDeliveryError):
        assert error.retry_after == 3.0


def test_a_field_that_is_not_a_name_is_dropped() -> None:
    """Whatever a neighbour writes where a field's name belongs may be a value: it enters no error."""
    assert translate(RefusalError(422, "non_conforme", "Jean TESTEZ 1961", None, b"")).cause.detail == ""


@pytest.mark.parametrize(
    ("status", "kind"), [(503, TransientDeliveryError), (429, TransientDeliveryError), (404, PermanentDeliveryError)]
)
def test_without_a_code_the_status_speaks(status: int, kind: type[DeliveryError]) -> None:
    """A proxy's own page has no `erreur` document: HTTP's meaning is taken."""
    error = translate(RefusalError(status, "", "", None, b"<html/>"))
    assert type(error) is kind
    assert error.cause.code == f"sinus.http_{status}"


def test_an_unreadable_yes_is_asked_again() -> None:
    """Every door is idempotent, so a 200 that is not the contract's is worth another attempt."""
    assert type(translate(UnreadableAnswerError("xml_illisible", b"<"))) is TransientDeliveryError


def answering(*answers: httpx.Response | httpx.HTTPError) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """A wire that gives these answers in order, the last one for ever, and keeps what was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        said = answers[min(len(asked), len(answers) - 1)]
        asked.append(request)
        if isinstance(said, httpx.HTTPError):
            raise said
        return httpx.Response(said.status_code, headers=said.headers, content=said.content)

    return httpx.MockTransport(answer), asked


def xml(root: str, status: int = 200, **tree: object) -> httpx.Response:
    """An answer of the contract."""
    return httpx.Response(status, content=write(root, {key.replace("at_", "@"): value for key, value in tree.items()}))


ACK = xml("accuse", at_rejeu=False, resultat="prise", idSinus=SINUS_EVENT, versionDetenue=1)


async def test_a_connection_is_tried_again_within_the_second() -> None:
    """Two failed connections and a third that holds are one attempt of the outbox."""
    wire, asked = answering(httpx.ConnectError("no"), httpx.ConnectTimeout("no"), ACK)
    receipt = await opened(wire).deliver(claimed("event", event_document()))
    assert receipt.reference == SINUS_EVENT
    assert len(asked) == 3
    assert len({request.headers["idempotency-key"] for request in asked}) == 1


async def test_three_failed_connections_are_unreachable() -> None:
    """After the third, the outbox hears that nobody is there."""
    wire, asked = answering(httpx.ConnectError("no"))
    with pytest.raises(UnreachableError):
        await opened(wire).deliver(claimed("event", event_document()))
    assert len(asked) == 3


async def test_what_may_have_landed_is_not_repeated_by_the_client() -> None:
    """After a read error the outbox decides, not the client."""
    wire, asked = answering(httpx.ReadError("cut"), ACK)
    with pytest.raises(TransientDeliveryError) as raised:
        await opened(wire).deliver(claimed("event", event_document()))
    assert len(asked) == 1
    assert b"<evenement" in raised.value.sent


@pytest.mark.parametrize(
    "answer",
    [
        xml("erreur", code="indisponible", libelle="x"),
        xml(
            "denombrementDetenu",
            mode="Actual",
            idSinus="S",
            recomptage={
                "compteLe": "2026-03-14T09:30:00Z",
                "total": {f"@{name}": 0 for name in ("ua", "ur", "imp", "dcd", "nonCode", "total", "totalSansImp")},
            },
        ),
        httpx.Response(200, content=b"x" * (LARGEST + 10)),
        httpx.Response(204),
    ],
    ids=["erreur", "another document", "too large", "empty"],
)
async def test_a_yes_must_be_an_acknowledgement(answer: httpx.Response) -> None:
    """Status 200 with any other document is no receipt."""
    wire, _ = answering(answer)
    with pytest.raises(TransientDeliveryError) as raised:
        await opened(wire).deliver(claimed("event", event_document()))
    assert raised.value.cause.code == "sinus.reponse_illisible"


async def test_a_neighbour_s_words_enter_no_error() -> None:
    """The text of an `erreur` may quote a patient: only its code and the name of a field are taken."""
    wire, _ = answering(xml("erreur", 422, code="non_conforme", libelle="TESTEZ n’est pas admis", champ="TESTEZ 1961"))
    with pytest.raises(PermanentDeliveryError) as raised:
        await opened(wire).deliver(claimed("victim", victim_document()))
    assert "TESTEZ" not in json.dumps([str(raised.value), repr(raised.value.__cause__)])


async def test_a_code_of_a_later_contract_falls_back_on_the_status() -> None:
    """A code that our schema does not list is not guessed at."""
    body = write("erreur", {"code": "indisponible", "libelle": "x"}).replace(b"indisponible", b"quota_depasse")
    wire, _ = answering(httpx.Response(429, content=body, headers={"Retry-After": "11"}))
    with pytest.raises(TransientDeliveryError) as raised:
        await opened(wire).deliver(claimed("event", event_document()))
    assert (raised.value.cause.code, raised.value.retry_after) == ("sinus.http_429", 11.0)
