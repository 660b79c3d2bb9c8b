"""The intervention doors as a stranger's program sees them: an address, a media type, a good message, and the shape of a refusal.

A refusal of each protocol is read into one form, so that one test can hold every door to the same promises.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from lxml import etree

from domain.intervention.request import CALL_15
from tests.fhir.bundles import changed
from tests.interventions.soap_words import DEMANDE, SOAP_11, SOAP_12, demander, envelope
from tests.interventions.stage import click
from tests.servers.live_house import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.servers.live_house import LiveHouse

PERSONAL = ("TESTE", "Angèle", "rue de l’Exemple", "+33600000000", "SpO2", "Propos confus", "1969-05-17", "ESSAI-INF")
"""What stands in the good messages, and in no refusal."""
MACHINE = ("Traceback", "root:", ".py", "sqlite", "lxml", "pydantic")
NAMES = (b"DEMANDE-ESSAI-1", b"DI-ESSAI-000001", b"exemple-message-1", b"exemple-transaction-1")
"""Of the requests and messages that the good messages are."""


@dataclass(frozen=True)
class Said:
    """An answer, whatever its protocol."""

    status: int
    codes: frozenset[str]
    """Of the refusal, or of the warnings."""
    fields: tuple[str, ...]
    text: str
    instruction: bool = False
    """Whether the words of the telephone are where this protocol shows them first."""
    reference: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether a request came of it."""
        return self.status < 300


@dataclass(frozen=True)
class Wire:
    """One door."""

    name: str
    path: str
    media_type: str
    good: Callable[[], bytes]
    read: Callable[[httpx.Response], Said]

    def send(self, house: LiveHouse, content: bytes, headers: list[tuple[str, str]] | None = None) -> httpx.Response:
        """As it stands, over a real socket; `headers` come after the usual ones, which they may repeat."""
        said = [("Authorization", f"Bearer {house.keys[PLATFORM]}"), ("Content-Type", self.media_type)]
        replaced = {name.lower() for name, value in headers or () if not value.startswith("+")}
        sent = [one for one in said if one[0].lower() not in replaced]
        sent += [(name, value.removeprefix("+")) for name, value in headers or ()]
        return httpx.post(house.url + self.path, content=content, headers=sent, trust_env=False, timeout=30)

    def ask(self, house: LiveHouse, content: bytes, headers: list[tuple[str, str]] | None = None) -> Said:
        """The same, read."""
        return self.read(self.send(house, content, headers))


def _json(answer: httpx.Response) -> Said:
    said = answer.json()
    if answer.is_success:
        codes = frozenset(one["code"] for one in said["warnings"])
        fields = tuple(one["field"] for one in said["warnings"])
        return Said(answer.status_code, codes, fields, answer.text, reference=said["reference"])
    assert answer.headers["content-type"] == "application/problem+json"
    fields = tuple(one["field"] for one in said.get("errors", ()))
    told = said.get("instruction") == CALL_15 and CALL_15 in said["detail"]
    return Said(answer.status_code, frozenset({said["code"]}), fields, answer.text, instruction=told)


def _fhir(answer: httpx.Response) -> Said:
    assert answer.headers["content-type"] == "application/fhir+json", answer.text
    said = answer.json()
    if said["resourceType"] == "Bundle":
        held = [one["resource"] for one in said["entry"] if "resource" in one]
        held += [one["response"]["outcome"] for one in said["entry"] if "outcome" in one.get("response", {})]
        outcome = next(one for one in held if one["resourceType"] == "OperationOutcome")
        task = next(one for one in held if one["resourceType"] == "Task")
        reference = next((one["value"] for one in task["identifier"] if len(one["value"]) == 9), None)
    else:
        outcome, reference = said, None
        assert said["resourceType"] == "OperationOutcome", said
    issues = outcome["issue"]
    codes = frozenset(one["details"]["coding"][0]["code"] for one in issues)
    fields = tuple(place for one in issues for place in one.get("expression", ()))
    first = issues[0]["details"].get("text", "")
    return Said(answer.status_code, codes, fields, answer.text, instruction=first == CALL_15, reference=reference)


def _soap(answer: httpx.Response) -> Said:
    root = etree.fromstring(answer.content)
    soap = etree.QName(root).namespace
    of = {etree.QName(one).localname: (one.text or "") for one in root.iter("*")}
    if answer.is_success:
        warned = list(root.iter("{*}avertissement"))
        codes = frozenset(str(one[0].text) for one in warned)
        return Said(200, codes, tuple(str(one[1].text) for one in warned), answer.text, reference=of["reference"])
    fault = of["faultstring"] if soap == SOAP_11 else of["Text"]
    fields = tuple(str(one.text) for one in root.iter("{*}champ"))
    code = of.get("code", of.get("faultcode", of.get("Value", "")))
    # SOAP 1.1 says 500 whatever happened, 1.2 tells the sender's mistakes apart.
    assert answer.status_code in ({500} if soap == SOAP_11 else {400, 500})
    return Said(answer.status_code, frozenset({code}), fields, answer.text, instruction=fault.endswith(CALL_15))


def _envelope(soap: str) -> Callable[[], bytes]:
    return lambda: envelope(demander(DEMANDE), soap=soap).encode()


WIRES = (
    Wire("JSON", "/v1/interventions", "application/json", lambda: json.dumps(click()).encode(), _json),
    Wire("message", "/fhir/$process-message", "application/fhir+json", lambda: recent("exemple-message"), _fhir),
    Wire("transaction", "/fhir", "application/fhir+json", lambda: recent("exemple-transaction"), _fhir),
    Wire("SOAP 1.1", "/soap/intervention", "text/xml; charset=utf-8", _envelope(SOAP_11), _soap),
    Wire("SOAP 1.2", "/soap/intervention", "application/soap+xml; charset=utf-8", _envelope(SOAP_12), _soap),
)


def recent(name: str, **elements: Any) -> bytes:
    """A published Bundle, changed."""
    return json.dumps(changed(name, **elements), ensure_ascii=False).encode()


def named(content: bytes, name: str) -> bytes:
    """The same for another request, in another message."""
    for one in NAMES:
        content = content.replace(one, name.encode())
    return content


def kept(folder: Path) -> tuple[int, ...]:
    """How many rows the gateway has of each thing that a click makes."""
    tables = ("intervention", "intervention_message", "intervention_document")
    with closing(sqlite3.connect(f"file:{folder / 'passerelle.sqlite3'}?mode=ro", uri=True)) as store:
        counts = [store.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in tables]
        asked = "SELECT count(*) FROM outbox_message WHERE topic = 'intervention.request'"
        return (*counts, store.execute(asked).fetchone()[0])


def check_refusal(said: Said) -> None:
    """What every refusal promises, whatever its protocol."""
    assert not said.accepted, said
    assert said.status >= 400, said
    assert said.instruction, said.text
    assert [one for one in (*PERSONAL, *MACHINE) if one in said.text] == []
    assert said.codes - {"", "erreur_interne", "ERREUR_INTERNE"}, (
        "a refusal of what was sent says what is wrong with it"
    )
    assert "erreur_interne" not in said.text
    assert "ERREUR_INTERNE" not in said.text
