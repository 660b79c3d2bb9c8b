"""JSON ⇄ XML: the same leaves in both directions, for every message of every model, and free content too."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.lrm.hubsante.codec.free import NSMAP, read_free, write_free
from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.wire.documents import read_json_exactly, read_xml
from adapters.lrm.hubsante.wire.layout import CodecError
from tests.hubsante.hub_messages import every_message, full_body, full_envelope, full_message, judge, message_of, models
from tests.shared_material import BESIDE, shared

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = sorted((BESIDE / "hubsante" / "samples").rglob("*.json")) + sorted(
    (BESIDE / "examples" / "hub").glob("*.json")
)


def _there_and_back(tree: dict[str, Any], version: int) -> dict[str, Any]:
    decoded = to_json(read_xml(xml_bytes(to_xml(tree, models(version)))), models(version))
    assert decoded.left_out == []
    return decoded.tree


@pytest.mark.parametrize(("version", "key"), [*every_message()])
def test_every_message_goes_to_xml_and_back(version: int, key: str) -> None:
    """Envelope, `message` and bare use case: same leaves after JSON → XML → JSON, with every field filled."""
    kind = models(version).types[key]
    for tree in (
        full_envelope(models(version), kind),
        {"message": full_message(models(version), kind)},
        {key: full_body(kind)},
    ):
        assert _there_and_back(tree, version) == tree


@pytest.mark.parametrize(("version", "key"), [*every_message()])
def test_every_message_written_in_xml_is_valid(version: int, key: str) -> None:
    """What the codec writes, the official XSD accepts; two messages of model 1 have no XSD envelope and say so."""
    kind = models(version).types[key]
    bare = xml_bytes(to_xml({key: full_body(kind)}, models(version)))
    assert judge(version).judge(bare).faults == ()
    if kind.in_json_envelope:
        whole = judge(version).judge(xml_bytes(to_xml(full_envelope(models(version), kind), models(version))))
        assert whole.valid is kind.in_xml_envelope
        assert kind.in_xml_envelope or "JSON seulement" in str(whole.faults[0])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_official_samples_keep_their_leaves(path: Path) -> None:
    """Each sample survives JSON → XML → JSON, and its XML twin says the same."""
    tree = read_json_exactly(path.read_bytes())
    assert _there_and_back(tree, 3) == tree
    twin = path.with_suffix(".xml")
    if twin.exists():
        assert to_json(read_xml(twin.read_bytes()), models(3)).tree == tree


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_official_xml_samples_come_back_valid(path: Path) -> None:
    """XML → JSON → XML is valid against the XSD, and equal in canonical form once spaces between elements are gone."""
    twin = path.with_suffix(".xml")
    if not twin.exists():
        pytest.skip("no XML twin")
    root = read_xml(twin.read_bytes())
    back = to_xml(to_json(root, models(3)).tree, models(3))
    assert judge(3).judge(xml_bytes(back)).valid
    if root.tag == back.tag and "edxl" not in str(root.tag):
        assert _leaves(root) == _leaves(back)


def _leaves(root: etree._Element) -> list[tuple[str, str]]:
    return [(str(element.tag), element.text or "") for element in root.iter() if len(element) == 0]


def test_numbers_keep_every_digit() -> None:
    """A coordinate with more digits than a float holds, and one written with an exponent, arrive whole."""
    raw = b'{"geoPositionsUpdate": {"position": [{"resourceId": "fr.health.samu330.resource.V1", "datetime": "2026-03-01T10:00:00+01:00",'
    raw += b' "coord": {"lat": 44.837812345678901234567, "lon": -1e-7, "height": 12}}]}}'
    tree = read_json_exactly(raw)
    element = to_xml(tree, models(3))
    texts = [leaf.text for leaf in element.iter() if str(leaf.tag).endswith(("}lat", "}lon", "}height"))]
    assert texts == ["44.837812345678901234567", "-0.0000001", "12"]
    assert to_json(element, models(3)).tree == tree
    assert isinstance(tree["geoPositionsUpdate"]["position"][0]["coord"]["lat"], Decimal)


def test_dates_leave_in_the_form_of_the_hub() -> None:
    """Z becomes +00:00 and fractions go, in the envelope and in the body; an offset stays."""
    tree = full_envelope(models(3), models(3).types["resourcesStatus"])
    tree["dateTimeSent"] = "2026-03-01T09:00:00.250Z"
    message_of(tree)["resourcesStatus"]["state"]["datetime"] = "2026-03-01T09:00:00Z"
    back = _there_and_back(tree, 3)
    assert back["dateTimeSent"] == "2026-03-01T09:00:00+00:00"
    assert message_of(back)["resourcesStatus"]["state"]["datetime"] == "2026-03-01T09:00:00+00:00"


def test_text_survives_with_its_spaces() -> None:
    """Leading spaces of model 2, line ends and reserved characters are data."""
    tree = {"reference": {"distributionID": ' ACTIF\r\n<&>"é\u2019\t'}}
    assert _there_and_back(tree, 3) == tree


@pytest.mark.parametrize(("tree", "path"), [
    ({"reference": {"distributionID": "a\x00b"}}, "reference.distributionID"),
    ({"reference": {"distributionID": 3}}, "reference.distributionID"),
    ({"reference": {"distributionID": "a", "autre": "b"}}, "reference.autre"),
    ({"message": {"inconnu": {}}}, "message.inconnu"),
    ({"resourcesInfo": {"caseId": "a", "resource": {}}}, "resourcesInfo.resource"),
])  # fmt: skip
def test_what_xml_cannot_say_is_refused_with_its_path(tree: dict[str, Any], path: str) -> None:
    """Nothing is dropped in silence, and the value is not in the words."""
    with pytest.raises(CodecError) as caught:
        to_xml(tree, models(3))
    assert caught.value.path == path
    assert "\x00" not in str(caught.value)


def test_what_json_cannot_say_is_listed() -> None:
    """Keywords of the descriptor pass the XSD and have no place in JSON."""
    raw = shared("examples/hub/rs-sr.xml").read_text(encoding="utf-8")
    keyword = (
        "<keyword><ct:valueListURI xmlns:ct='urn:oasis:names:tc:emergency:edxl:ct:1.0'>a:b</ct:valueListURI></keyword>"
    )
    decoded = to_json(read_xml(raw.replace("<explicitAddress>", keyword + "<explicitAddress>").encode()), models(3))
    assert decoded.left_out == ["descriptor.keyword"]


_names = st.text(alphabet="ab_x0 é@#-.:", max_size=6)
_free = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(alphabet="ab <&\n é", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_names, _free, max_size=4))
@settings(deadline=None)
def test_free_content_is_given_back_as_it_was(tree: dict[str, Any]) -> None:
    """Lists of one, empty things, nulls, numbers and keys that are no XML name: all come back."""
    element = etree.Element("libre", nsmap=NSMAP)
    write_free(element, tree)
    assert read_free(etree.fromstring(xml_bytes(element))) == tree
