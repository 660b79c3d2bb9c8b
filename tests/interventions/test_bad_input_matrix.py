"""Every door in front of every bad thing, over real sockets: one table, five doors, the same promises.

Refused: in the shape of the protocol, in French, with the telephone first, without a word of the patient, and nothing is kept of it.
Accepted: what is wrong is said in a warning, and the request is there once. An identity defect is always accepted.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.interventions.soap_words import DEMANDE, NAMESPACE, SOAP_11, SOAP_12, demander, envelope
from tests.interventions.stage import click
from tests.interventions.wires import WIRES, Wire, check_refusal, kept, named, recent
from tests.servers.live_house import LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Headers = list[tuple[str, str]]
Bad = tuple[bytes, Headers]
ENTITY = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
LAUGHS = "".join(f'<!ENTITY l{n} "{("&l" + str(n - 1) + ";") * 10 if n else "ha"}">' for n in range(10))
HOST = "http://ailleurs.example/a.dtd"
NOT_PDF = base64.b64encode(b"MZ rien").decode()
XML = ("SOAP 1.1", "SOAP 1.2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway keeps its rows."""
    return tmp_path_factory.mktemp("portes")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[LiveHouse]:
    """One gateway for the whole table."""
    with live_house(folder) as opened:
        yield opened


def before_root(wire: Wire, text: str, inside: str = "") -> bytes:
    """Something of XML in front of the root; at a JSON door, XML with it is all there is."""
    if wire.name in XML:
        content = wire.good().decode().replace("<s:Envelope", f"{text}<s:Envelope", 1)
        return content.replace("SpO2", inside or "SpO2").encode()
    return f'<?xml version="1.0"?>{text}<Bundle>{inside}</Bundle>'.encode()


def deep(wire: Wire) -> bytes:
    """300 levels where a text should be."""
    if wire.name in XML:
        return wire.good().replace(b"SpO2", b"<t:a>" * 300 + b"</t:a>" * 300)
    return wire.good()[:-1] + b', "profond": ' + b'{"a":' * 300 + b"1" + b"}" * 301


def big(wire: Wire) -> bytes:
    """6 MB of note."""
    return wire.good().replace(b"Melun", b"M" * 6_000_000, 1)


def bomb(wire: Wire) -> Bad:
    """A few kilobytes that would unpack to 40 MB."""
    return gzip.compress(wire.good() + b" " * 40_000_000), [("Content-Encoding", "gzip")]


REFUSED: dict[str, Callable[[Wire], bytes | Bad]] = {
    "nothing": lambda _: b"",
    "a message cut at its last byte": lambda wire: wire.good()[:-1],
    "noise": lambda _: bytes(range(256)),
    "half a message": lambda wire: wire.good()[:300],
    "XXE": lambda wire: before_root(wire, ENTITY, "&b;"),
    "billion laughs": lambda wire: before_root(wire, f"<!DOCTYPE a [{LAUGHS}]>", "&l9;"),
    "DOCTYPE": lambda wire: before_root(wire, "<!DOCTYPE a>"),
    "DOCTYPE elsewhere": lambda wire: before_root(wire, f'<!DOCTYPE a SYSTEM "{HOST}">'),
    "processing instruction": lambda wire: before_root(wire, '<?xml-stylesheet href="a.xsl"?>'),
    "bytes that are no UTF-8": lambda wire: wire.good().replace(b"TESTE", b"TE\xffSTE"),
    "Authorization twice": lambda wire: (wire.good(), [("Authorization", "+Bearer pk_autre")]),
    "Content-Type twice": lambda wire: (wire.good(), [("Content-Type", f"+{wire.media_type}")]),
    "a gzip bomb": bomb,
    "another encoding": lambda wire: (wire.good(), [("Content-Encoding", "br")]),
    "another media type": lambda wire: (wire.good(), [("Content-Type", "text/csv")]),
    "6 MB": big,
    "300 levels": deep,
    "no key": lambda wire: (wire.good(), [("Authorization", "")]),
    "a key that is none": lambda wire: (wire.good(), [("Authorization", "Bearer pk_inconnue_x")]),
}
"""Whatever the protocol."""


def json_of(**changes: Any) -> bytes:
    """A click, changed."""
    return json.dumps(click(**changes)).encode()


def soap_of(soap: str, *changes: tuple[str, str]) -> bytes:
    """An envelope, changed."""
    demande = DEMANDE
    for old, new in changes:
        assert old in demande, old
        demande = demande.replace(old, new)
    return envelope(demander(demande), soap=soap).encode()


def each(changes: dict[str, Any], elements: dict[str, Any], *swaps: tuple[str, str]) -> dict[str, Callable[[], bytes]]:
    """The same thing said at every door."""
    return {
        "JSON": lambda: json_of(**changes),
        "message": lambda: recent("exemple-message", **elements),
        "transaction": lambda: recent("exemple-transaction", **elements),
        "SOAP 1.1": lambda: soap_of(SOAP_11, *swaps),
        "SOAP 1.2": lambda: soap_of(SOAP_12, *swaps),
    }


ADDRESS = "<t:adresse>12 rue de l’Exemple</t:adresse>"
PHONE, CALLBACK = "<t:telephone>+33600000000</t:telephone>", "<t:rappel>+33100000000</t:rappel>"
NOWHERE = {"place": {"city": "Melun"}, "patient__phone": None, "requester__callback": None}
NO_WAY = {
    "Location__address": None,
    "Location__position": None,
    "Patient__telecom": None,
    "PractitionerRole__telecom": None,
}
REFUSED_WORDS: dict[str, tuple[str, str, dict[str, Callable[[], bytes]]]] = {
    "the real in an exercise": (
        "MODE",
        "",
        each(
            {"mode": "Actual"},
            {"ServiceRequest__meta": None},
            ("<t:horodatage>", "<t:mode>Actual</t:mode><t:horodatage>"),
        ),
    ),
    "a request without a name": (
        "DEMANDE_SANS_ID",
        "id",
        each({"request_id": " "}, {"ServiceRequest__identifier": [{"value": "\u0007"}]}, ("DEMANDE-ESSAI-1", " ")),
    ),
    "a name of 81 characters": (
        "DEMANDE_SANS_ID",
        "id",
        each(
            {"request_id": "x" * 81},
            {"ServiceRequest__identifier": [{"value": "x" * 81}]},
            ("DEMANDE-ESSAI-1", "x" * 81),
        ),
    ),
    "neither a place nor a telephone": (
        "SANS_LIEU_NI_TELEPHONE",
        "a",
        each(NOWHERE, NO_WAY, (ADDRESS, ""), (PHONE, ""), (CALLBACK, "")),
    ),
    "no SAMU for that place": (
        "AUCUNE_ROUTE",
        "",
        each(
            {"place__insee_code": "29019", "place__postal_code": None},
            {"Location__address__district": "29019", "Location__address__postalCode": "29200"},
            ("77288", "29019"),
            ("<t:codePostal>77000</t:codePostal>", ""),
        ),
    ),
}
"""Code, a part of the field that is named, and how each door is told."""


def latin(**elements: Any) -> dict[str, Any]:
    """As it is: a name for what the FHIR doors are told."""
    return elements


ACCEPTED: dict[str, tuple[str, dict[str, Callable[[], bytes]]]] = {
    "latitude and longitude swapped": (
        "POSITION_INVERSEE",
        each(
            {"place__latitude": 2.66, "place__longitude": 48.53},
            latin(Location__position={"latitude": 2.66, "longitude": 48.53}),
            (
                "</t:codeInsee>",
                "</t:codeInsee><t:position><t:latitude>2.66</t:latitude><t:longitude>48.5</t:longitude></t:position>",
            ),
        ),
    ),
    "a latitude of 480": (
        "POSITION_ILLISIBLE",
        each(
            {"place__latitude": 480, "place__longitude": 2},
            latin(Location__position={"latitude": 480, "longitude": 2}),
            (
                "</t:codeInsee>",
                "</t:codeInsee><t:position><t:latitude>480</t:latitude><t:longitude>2</t:longitude></t:position>",
            ),
        ),
    ),
    "a telephone in words": (
        "TELEPHONE_ILLISIBLE",
        each(
            {"patient__phone": "zéro six douze"},
            latin(Patient__telecom=[{"system": "phone", "value": "zéro six douze"}]),
            ("+33600000000", "zéro six douze"),
        ),
    ),
    "control characters": (
        "CARACTERES_RETIRES",
        each(
            {"note__text": "SpO2\u0000 84 \u001b[31m"},
            latin(Location__description="Porte\u0000 B\u0007"),
            ("SpO2 84 %", "SpO2\u0085\ufdd0 84 %"),
        ),
    ),
    "born this year and a hundred": (
        "AGE_CONTREDIT",
        each(
            {"patient__birth_year": 2026, "patient__age": 100},
            latin(
                Patient__birthDate="2026",
                Observation__code={"coding": [{"system": "http://loinc.org", "code": "30525-0"}]},
                Observation__valueQuantity={"value": 100, "code": "a"},
            ),
            ("<t:anneeNaissance>1952", "<t:anneeNaissance>2026"),
            ("</t:telephone>", "</t:telephone><t:age>100</t:age>"),
        ),
    ),
    "a PDF that is none": (
        "DOCUMENT_PAS_PDF",
        each(
            {"documents": [{"title": "essai", "content": NOT_PDF}]},
            latin(
                DocumentReference__content=[
                    {"attachment": {"contentType": "text/plain; charset=utf-8", "data": "U3BPMg=="}},
                    {"attachment": {"contentType": "application/pdf", "data": NOT_PDF}},
                ]
            ),
            ("</t:noteSuivi>", f"</t:noteSuivi><t:document><t:contenu>{NOT_PDF}</t:contenu></t:document>"),
        ),
    ),
    "nobody's name, sex nor birth": (
        "NOM_ABSENT",
        each(
            {"patient": {"phone": "+33600000000"}},
            latin(Patient__name=None, Patient__gender=None, Patient__birthDate=None),
            ("<t:nom>TESTE</t:nom><t:prenom>Angèle</t:prenom>", ""),
        ),
    ),
    "a matricule with a wrong key": (
        "INS_CLE",
        each(
            {"patient__ins": {"matricule": "269052A00400138", "oid": "1.2.250.1.213.1.4.8"}},
            latin(
                Patient__identifier=[
                    {
                        "type": {"coding": [{"code": "INS-NIR"}]},
                        "system": "urn:oid:1.2.250.1.213.1.4.8",
                        "value": "269052A00400138",
                    }
                ]
            ),
            (
                "<t:patient>",
                "<t:patient><t:ins><t:matricule>269052A00400138</t:matricule><t:oid>1.2.250.1.213.1.4.8</t:oid></t:ins>",
            ),
        ),
    ),
    "a CRRA that is no name": (
        "CRRA_SANS_ROUTE",
        each(
            {"crra": "\u0000\u0007"},
            latin(MessageHeader__destination=[{"endpoint": "https://x.example/fr.rien"}]),
            ("<t:demandeur>", "<t:crra>SAMU quelque part</t:crra><t:demandeur>"),
        ),
    ),
}


@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_what_cannot_be_read_is_refused_at_every_door(house: LiveHouse, folder: Path, wire: Wire, how: str) -> None:
    """The shape of the protocol, the telephone first, nothing of the patient, and not a row more than before."""
    bad = REFUSED[how](wire)
    content, headers = bad if isinstance(bad, tuple) else (bad, [])
    before = kept(folder)
    check_refusal(wire.ask(house, content, headers))
    assert kept(folder) == before


@pytest.mark.parametrize("how", REFUSED_WORDS)
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_what_may_not_be_asked_is_refused_at_every_door(house: LiveHouse, folder: Path, wire: Wire, how: str) -> None:
    """Our code, the field in this door's own words, and not a row more."""
    code, field, said = REFUSED_WORDS[how]
    before = kept(folder)
    refusal = wire.ask(house, named(said[wire.name](), f"{how[:40]} {wire.name}"))
    check_refusal(refusal)
    assert code in refusal.codes, refusal.text
    assert any(field in one for one in refusal.fields), refusal.text
    assert kept(folder) == before


# A transaction has no destination to name a CRRA with.
SAYABLE = [
    (one, how) for one in WIRES for how in ACCEPTED if (one.name, how) != ("transaction", "a CRRA that is no name")
]


@pytest.mark.parametrize(("wire", "how"), SAYABLE, ids=[f"{one.name}-{how}" for one, how in SAYABLE])
def test_what_is_only_wrong_is_accepted_at_every_door(house: LiveHouse, wire: Wire, how: str) -> None:
    """A warning that names the field, a reference to read aloud; an identity defect never blocks."""
    code, said = ACCEPTED[how]
    answer = wire.ask(house, named(said[wire.name](), f"{how} {wire.name}"))
    assert answer.accepted, answer.text
    assert code in answer.codes, answer.text
    assert all(answer.fields), answer.text
    assert answer.reference


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_utf_16_and_a_wrong_action(house: LiveHouse, folder: Path, wire: Wire) -> None:
    """UTF-16 is XML's own right and no JSON; an action that lies is a lie at the SOAP doors only."""
    is_xml = wire.name in XML
    text = wire.good().decode().replace("UTF-8", "UTF-16")
    media = wire.media_type.partition(";")[0]
    answer = wire.ask(
        house, named(text.encode(), f"16 {wire.name}").decode().encode("utf-16"), [("Content-Type", media)]
    )
    assert answer.accepted is is_xml, answer.text
    before = kept(folder)
    lie = f'"{NAMESPACE}:AnnulerDemande"'
    headers = [("SOAPAction", lie)]
    if wire.name == "SOAP 1.2":
        headers = [("Content-Type", f"{wire.media_type}; action={lie}")]
    lied = wire.ask(house, named(wire.good(), f"mensonge {wire.name}"), headers)
    assert lied.accepted is not is_xml, lied.text
    if is_xml:
        check_refusal(lied)
        assert kept(folder) == before


@pytest.mark.parametrize("wire", WIRES[1:3], ids=lambda wire: wire.name)
def test_a_reference_that_dangles_is_named(house: LiveHouse, wire: Wire) -> None:
    """Where it stands in the Bundle, as a warning: an emergency is not refused for its form."""
    nobody = {"reference": "urn:uuid:00000000-0000-0000-0000-000000000000"}
    answer = wire.ask(house, recent(f"exemple-{wire.name}", ServiceRequest__subject=nobody))
    assert answer.accepted, answer.text
    assert answer.codes >= {"REFERENCE_PENDANTE"}
    assert any(field.endswith("resource.subject.reference") for field in answer.fields), answer.text


@pytest.mark.parametrize("wire", WIRES[1:3], ids=lambda wire: wire.name)
def test_a_date_that_no_calendar_has_is_named(house: LiveHouse, wire: Wire) -> None:
    """Left out with a warning at its place; the request goes on."""
    content = wire.good().replace(b"2026-01-01T08:00:00.000+01:00", b"2026-02-31T08:00:00+01:00")
    answer = wire.ask(house, named(content, f"date {wire.name}"))
    assert answer.accepted, answer.text
    assert "FORME" in answer.codes
