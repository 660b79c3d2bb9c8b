"""The XML of the SINUS contract: golden pairs, the schema's order, and what the reader refuses."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.sinus.adapter import ROOTS
from adapters.sinus.document import LARGEST, NAMESPACE, DocumentError, read, write
from mapping import shipped
from tests.sinus.sinus_documents import event_document, mappings, victim_document

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sinus"
CASES = sorted(path.name.removesuffix(".canon.json") for path in FIXTURES.glob("*.canon.json"))


def golden(case: str) -> tuple[str, Any]:
    """The topic and the canon document of a pair."""
    topic, _, _ = case.partition("-")
    return topic, json.loads((FIXTURES / f"{case}.canon.json").read_text(encoding="utf-8"))


def test_every_topic_has_golden_pairs() -> None:
    """No topic of the adapter is left without an example that a person has read."""
    assert {case.split("-")[0] for case in CASES} == set(ROOTS)
    assert [case for case in CASES if not (FIXTURES / f"{case}.out.xml").exists()] == []


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_allowed_is_not_needed(case: str) -> None:
    """The document restricted to SINUS's allow-list gives the same bytes: nothing else was read."""
    topic, canon = golden(case)
    restricted = shipped().allow_list("sinus").restrict(topic, canon)
    assert restricted != canon or topic != "victim"
    assert mappings()[topic].apply(restricted) == mappings()[topic].apply(canon)


@pytest.mark.parametrize("case", CASES)
def test_a_golden_pair(case: str) -> None:
    """This canon document gives this XML, element for element."""
    topic, canon = golden(case)
    written = write(ROOTS[topic], mappings()[topic].apply(canon))
    expected = etree.parse(FIXTURES / f"{case}.out.xml", etree.XMLParser(remove_blank_text=True, remove_comments=True))
    assert etree.tostring(etree.fromstring(written), method="c14n2") == etree.tostring(expected, method="c14n2")


def test_the_order_is_the_schema_s() -> None:
    """A mapping file may list its rules in any order: the bytes are the same."""
    tree = mappings()["victim"].apply(victim_document())
    turned = dict(reversed([(key, _turned(value)) for key, value in tree.items()]))
    assert write("victime", turned) == write("victime", tree)


def _turned(value: Any) -> Any:
    return dict(reversed(value.items())) if isinstance(value, dict) else value


def test_what_is_written_is_read_back() -> None:
    """Reading gives the tree again, as texts, with repeated elements always as lists."""
    one = event_document(localisations=[{"id": "loc-1", "name": "PMA nord", "letter": "A"}])
    root, tree = read(write("evenement", mappings()["event"].apply(one)))
    assert root == "evenement"
    assert tree["localisation"] == [{"@id": "loc-1", "nom": "PMA nord"}]
    assert tree["@contrat"] == "1.0"


@pytest.mark.parametrize("key", ["inconnu", "identite.inconnu"])
def test_a_key_that_the_contract_lacks_is_named(key: str) -> None:
    """A mapping that invents an element is told which one."""
    tree = mappings()["victim"].apply(victim_document())
    *above, last = key.split(".")
    (tree[above[0]] if above else tree)[last] = "x"
    with pytest.raises(DocumentError) as raised:
        write("victime", tree)
    assert raised.value.field == "victime/" + key.replace(".", "/")


LAUGHS = b"".join(
    [
        b'<!DOCTYPE x [<!ENTITY a0 "ah">',
        *(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 9)),
        b'] ><erreur xmlns="urn:passerelle:sinus:v1" contrat="&a8;"><code>&a8;</code></erreur>',
    ]
)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "xml_illisible"),
        (b"{}", "xml_illisible"),
        (b"<html>portail captif</html>", "non_conforme"),
        (b"<!DOCTYPE erreur><erreur/>", "xml_illisible"),
        (LAUGHS, "xml_illisible"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><erreur>&e;</erreur>', "xml_illisible"),
        ("<!DOCTYPE erreur><erreur/>".encode("utf-16"), "xml_illisible"),
        (b"<a>" * 300 + b"</a>" * 300, "xml_illisible"),
        (b" " * (LARGEST + 1), "trop_gros"),
        (b'<erreur contrat="1.0"><code>indisponible</code><libelle>x</libelle></erreur>', "non_conforme"),
    ],
)
def test_a_hostile_or_foreign_document_is_refused(raw: bytes, code: str) -> None:
    """No entity is expanded, no file is read, nothing off the contract passes."""
    with pytest.raises(DocumentError) as raised:
        read(raw)
    assert raised.value.code == code


def test_a_refusal_names_the_element_and_never_the_value() -> None:
    """What the schema says of a value stays with the schema."""
    good = write("erreur", {"code": "indisponible", "libelle": "x"})
    with pytest.raises(DocumentError) as raised:
        read(good.replace(b"indisponible", b"TESTEZ"))
    assert str(raised.value) == "non_conforme: code"
    with pytest.raises(DocumentError) as raised:
        read(good.replace(b"code>", b"TESTEZ>"))
    assert "TESTEZ" not in str(raised.value)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_reading_either_gives_a_document_or_a_document_error(raw: bytes) -> None:
    """No bytes make the reader raise anything else."""
    with pytest.raises(DocumentError):
        read(raw)


UNSAYABLE = [*map(chr, range(0x20)), "\ufffe", "\uffff", "\r"]
"""What XML 1.0 cannot say, and the whitespace that its readers alter."""


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=UNSAYABLE), min_size=1, max_size=200))
def test_any_name_is_carried_as_it_is(name: str) -> None:
    """A place's name comes out of the XML as it went in."""
    body = event_document(localisations=[{"id": "loc-1", "name": name, "letter": "A"}])
    raw = write("evenement", mappings()["event"].apply(body))
    assert read(raw)[1]["localisation"][0]["nom"] == name


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\ufffe", "\ud800"])
def test_a_character_that_xml_cannot_say_is_refused(character: str) -> None:
    """It is neither dropped nor replaced: the field is named, its value is not."""
    body = event_document(name=f"TESTEZ{character}")
    with pytest.raises(DocumentError) as raised:
        write("evenement", mappings()["event"].apply(body))
    assert str(raised.value) == "non_conforme: evenement/nom"


def test_each_thread_has_its_own_schema() -> None:
    """Threads that refuse different elements at once each hear of their own."""
    heard: dict[str, set[str]] = {"code": set(), "libelle": set()}
    good = write("erreur", {"code": "indisponible", "libelle": "x"})
    wrong = {"code": good.replace(b"indisponible", b"?"), "libelle": good.replace(b">x<", b"><")}
    start = threading.Barrier(4)

    def refuse(field: str) -> None:
        start.wait()
        for _ in range(200):
            try:
                read(wrong[field])
            except DocumentError as error:
                heard[field].add(error.field)

    threads = [threading.Thread(target=refuse, args=(field,)) for field in [*heard, *heard]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"code": {"code"}, "libelle": {"libelle"}}


def test_the_schema_has_no_place_for_what_may_not_leave() -> None:
    """Whatever a mapping file says, a NIR, a bilan or a comment has no element to stand in."""
    schema = etree.parse(Path(__file__).resolve().parents[2] / "adapters/sinus/contract/sinus-v1.xsd")
    names = {str(name).lower() for name in schema.xpath("//@name")}
    for forbidden in ("nir", "ins", "bilan", "commentaire", "particularite", "cata", "contact", "telephone", "poids"):
        assert forbidden not in names
    assert schema.getroot().get("targetNamespace") == NAMESPACE
