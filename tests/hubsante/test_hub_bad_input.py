"""Hostile or broken bytes: refused with a code and words, nothing of them repeated, nothing that takes long."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.judge.judgement import MAX_FAULTS
from adapters.lrm.hubsante.wire.documents import (
    MAX_BYTES,
    UnreadableError,
    read_json,
    read_json_exactly,
    read_number,
    read_xml,
    told_format,
)
from tests.hubsante.hub_messages import DATE, full_envelope, judge, message_of, models
from tests.shared_material import shared

LAUGHS = b"".join(b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(12))


@pytest.mark.parametrize(("raw", "words"), [
    (b"", "vide"),
    (b"\xff\xfe", "illisible"),
    (b'{"a": NaN}', "illisible"),
    (b'{"a": 1e400}', "illisible"),
    (b'{"a": 1, "a": 2}', "deux fois"),
    (b'{"a" :1,\n"a"\n:2}', "deux fois"),
    (b'{"\\u0061":1,"a":2}', "deux fois"),
    (b'["\\u0022:", {"a":1,"a":1}]', "deux fois"),
    (b'["\\"\\u003a", {"a":1,"a":1}]', "deux fois"),
    (b"[" * 200 + b"]" * 200, "imbrication"),
    (b"[" * 5000 + b"]" * 5000, "illisible"),
    (b'{"a": "' + b"x" * MAX_BYTES + b'"}', "octets"),
    (b'{"a": "\\ud800"}', "illisible"),
])  # fmt: skip
def test_json_that_is_no_document(raw: bytes, words: str) -> None:
    """Refused by the reader, by the exact reader alike, and judged invalid."""
    for read in (read_json, read_json_exactly):
        with pytest.raises(UnreadableError, match=words):
            read(raw)
    assert judge(3).judge(raw).code == 300


@pytest.mark.parametrize(("raw", "words"), [
    (b"<a><b></a>", "illisible"),
    (b"<a>\x00</a>", "illisible"),
    (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', "DOCTYPE"),
    (b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', "DOCTYPE"),
    (b'<!DOCTYPE a [<!ENTITY a "ha">' + LAUGHS + b"]><a>&m;</a>", "DOCTYPE"),
    (b"<a>" * 100_000, "illisible"),
    (b"<a>" + b"x" * MAX_BYTES + b"</a>", "octets"),
])  # fmt: skip
def test_xml_that_is_no_document(raw: bytes, words: str) -> None:
    """No document type, no entity, no depth without end."""
    with pytest.raises(UnreadableError, match=words):
        read_xml(raw)
    assert judge(3).judge(raw).code == 300


@pytest.mark.parametrize(
    "raw", [b"[1]", b'"a"', b"{}", b'{"message": "x"}', b'{"content": {"contentObject": {}}}', b"<a/>"]
)
def test_documents_that_are_no_message(raw: bytes) -> None:
    """Readable, and no part of any message: refused, whatever is missing."""
    assert judge(3).judge(raw).code == 300


@pytest.mark.parametrize("identifier", ["a" * 10_000 + "!", "a." * 5_000, "a" * 40 + "!"])
def test_identifiers_that_explode_elsewhere_are_judged(identifier: str) -> None:
    """A backtracking engine would take minutes over these case ids; JSON and XML refuse them alike, by the same rule."""
    tree = full_envelope(models(3), models(3).types["createCaseHealth"])
    message_of(tree)["createCaseHealth"]["caseId"] = identifier
    for raw in (orjson.dumps(tree), xml_bytes(to_xml(tree, models(3)))):
        verdict = judge(3).judge(raw)
        assert [fault.path for fault in verdict.faults] == ["createCaseHealth.caseId"]
        assert r"([a-zA-Z0-9_-]+\.?){4,10}" in verdict.faults[0].text
        assert identifier not in str(verdict.faults)


def test_a_case_id_of_one_letter_ten_thousand_times_is_legal() -> None:
    """The official pattern bounds the segments, not their length: JSON and XML agree that it passes."""
    tree = full_envelope(models(3), models(3).types["createCaseHealth"])
    message_of(tree)["createCaseHealth"]["caseId"] = "a" * 10_000
    assert judge(3).judge(orjson.dumps(tree)).valid
    assert judge(3).judge(xml_bytes(to_xml(tree, models(3)))).valid


def test_faults_are_bounded() -> None:
    """A hundred thousand faults give one, and the word that there are more."""
    many = {"resourcesInfo": {"caseId": "aaaa", "resource": [{}] * 100_000}}
    verdict = judge(3).judge(orjson.dumps(many))
    assert (len(verdict.faults), verdict.more) == (1, True)
    some = {"resourcesInfo": {"caseId": "aaaa", "resource": [{}] * 100}}
    verdict = judge(3).judge(orjson.dumps(some))
    assert (len(verdict.faults), verdict.more) == (MAX_FAULTS, True)


def test_a_name_of_the_sender_is_cut_short() -> None:
    """An unknown key is named, but a key of a million letters is not repeated whole."""
    verdict = judge(3).judge(b'{"reference": {"distributionID": "a_1", "' + b"x" * 100_000 + b'": 1}}')
    assert len(str(verdict.faults[0])) < 300


def test_format_is_told_from_the_first_character() -> None:
    """A byte order mark and spaces do not hide it."""
    assert told_format(b"\xef\xbb\xbf\n <a/>").name == "XML"
    assert told_format(b'\xef\xbb\xbf {"a": 1}').name == "JSON"
    assert read_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(_trees, st.booleans())
@settings(deadline=None)
def test_any_document_without_a_double_key_is_read(tree: object, indented: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """Neither reader takes a good document for a bad one, however it is spaced, and both read the same."""
    raw = json.dumps(tree, indent=2 if indented else None, separators=(" ,", " : ")).encode()
    assert read_json_exactly(raw) == tree
    assert read_json(raw) == tree


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_no_bytes_make_the_judge_raise(raw: bytes) -> None:
    """Whatever comes, a verdict comes out."""
    assert not judge(3).judge(raw).valid


@pytest.mark.parametrize(
    "text", ["abc", "1_0", "nan", "inf", "", "1e999999999", "1e-999999999", "0e-999999999", "9" * 200, "."]
)
def test_a_number_that_nobody_can_hold_is_refused(text: str) -> None:
    """In free content too, where no schema stands before the reader."""
    with pytest.raises(UnreadableError, match=r"illisible|démesuré"):
        read_number(text)
    raw = '<customContent xmlns="urn:emergency:eda:1.9" xmlns:j="urn:passerelle:json"><a j:as="number">%s</a></customContent>'
    verdict = judge(3).judge((raw % text).encode())
    assert "sans équivalent JSON" in verdict.flags[0].text


def test_a_coordinate_of_many_digits_is_judged() -> None:
    """More digits than a float holds are valid in both forms."""
    raw = shared("examples/hub/rs-eda.json").read_bytes()
    tree = read_json_exactly(raw)
    message_of(tree)["createCaseHealth"]["location"]["geometry"] = {
        "datetime": DATE,
        "point": {
            "coord": {
                "lat": read_number("44.837812345678901234567"),
                "lon": 12345678901234567890,
                "precision": "EXACTE",
            }
        },
    }
    assert judge(3).judge(xml_bytes(to_xml(tree, models(3)))).faults == ()
    assert not [flag for flag in judge(3).judge(xml_bytes(to_xml(tree, models(3)))).flags if "JSON" in flag.text]
