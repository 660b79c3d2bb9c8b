"""The official models folder is indexed whole, and a folder that is not one is refused."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator, RegexOptions
from lxml import etree

from adapters.lrm.hubsante.models.models import ModelsError, read_models
from adapters.lrm.hubsante.models.schemas import linear_xsd
from adapters.lrm.hubsante.models.shapes import ShapeError, read_shape
from tests.hubsante.hub_messages import FOLDERS, models
from tests.shared_material import shared

if TYPE_CHECKING:
    from pathlib import Path

XS = "http://www.w3.org/2001/XMLSchema"


@pytest.mark.parametrize(("version", "count", "namespace"), [
    (1, 17, "urn:emergency:cisu:2.0"),
    (2, 22, "urn:emergency:cisu:2.0"),
    (3, 23, "urn:emergency:eda:1.9"),
])  # fmt: skip
def test_every_message_of_a_release_is_known(version: int, count: int, namespace: str) -> None:
    """The version is told from the content, and each message has its schema, its XSD and its namespace."""
    known = models(version)
    assert (known.version, len(known.types), known.namespace) == (version, count, namespace)
    assert all(kind.namespace.startswith(namespace) and kind.xsd.is_file() for kind in known.types.values())


def test_namespaces_of_model_3_are_lower_case_but_for_a_few() -> None:
    """Element names are camelCase; the namespaces follow the XSD, letter by letter."""
    known = models(3)
    assert known.types["resourcesStatus"].tag == "{urn:emergency:eda:1.9:resourcesstatus}resourcesStatus"
    assert known.types["createCaseHealth"].tag == "{urn:emergency:eda:1.9:createCaseHealth}createCaseHealth"
    assert models(2).types["resourcesStatus"].namespace == "urn:emergency:cisu:2.0:resourcesStatus"


def test_two_messages_of_model_1_have_no_place_in_its_xml_envelope() -> None:
    """The official XSD of model 1 forgets RS-EDA-MAJ and RS-SR; nothing else is missing anywhere."""
    outside = {
        version: sorted(
            kind.name for kind in models(version).types.values() if not kind.in_xml_envelope and kind.in_json_envelope
        )
        for version in FOLDERS
    }
    assert outside == {1: ["RS-EDA-MAJ", "RS-SR"], 2: [], 3: []}


def test_errors_and_free_content_travel_without_header() -> None:
    """The header is required where the schema says so, and nowhere else."""
    assert not models(3).types["error"].header
    assert not models(3).types["customContent"].header
    assert models(3).types["reference"].header


def test_a_name_or_a_key_finds_a_message() -> None:
    """People say RC-REF, the wire says reference; an unknown word is refused."""
    assert models(3).named("RC-REF") is models(3).named("reference")
    with pytest.raises(ModelsError, match="RC-XYZ"):
        models(3).named("RC-XYZ")


def test_a_folder_without_schemas_is_refused(tmp_path: Path) -> None:
    """The refusal names the missing file."""
    with pytest.raises(ModelsError, match="EDXL-DE-full"):
        read_models(tmp_path)


def test_a_message_without_xsd_is_refused(tmp_path: Path) -> None:
    """A folder whose two sides do not meet is no models folder."""
    source = shared("hubsante")
    for side in ("json-schema", "xsd"):
        shutil.copytree(source / side, tmp_path / side)
    (tmp_path / "xsd" / "RS-SR.xsd").unlink()
    with pytest.raises(ModelsError, match="resourcesStatus"):
        read_models(tmp_path)


def test_a_schema_of_no_envelope_and_no_xsd_is_left_aside(tmp_path: Path) -> None:
    """Something of the publisher's own beside the messages does not make the folder unusable."""
    source = shared("hubsante")
    for side in ("json-schema", "xsd"):
        shutil.copytree(source / side, tmp_path / side)
    (tmp_path / "json-schema" / "essai.schema.json").write_text(
        '{"type": "object", "properties": {}}', encoding="utf-8"
    )
    assert read_models(tmp_path).types.keys() == models(3).types.keys()


def test_a_schema_beyond_the_codec_is_refused_at_loading() -> None:
    """A union of types, a foreign reference or a recursion is said when the folder is read."""
    for node, word in (
        ({"properties": {"a": {"type": ["string", "null"]}}}, "type inattendu"),
        ({"properties": {"a": {"$ref": "other.json"}}}, "hors du schéma"),
        ({"properties": {"a": {"$ref": "#/definitions/b"}}}, "récursif"),
    ):
        schema = {
            "type": "object",
            "definitions": {"b": {"type": "object", "properties": {"b": {"$ref": "#/definitions/b"}}}},
            **node,
        }
        with pytest.raises(ShapeError, match=word):
            read_shape("essai", schema, "urn:essai")


def _xsd(pattern: str) -> etree.XMLSchema:
    source = (
        f'<xs:schema xmlns:xs="{XS}"><xs:element name="id"><xs:simpleType><xs:restriction base="xs:string">'
        f'<xs:pattern value="{pattern}"/></xs:restriction></xs:simpleType></xs:element></xs:schema>'
    )
    return etree.XMLSchema(etree.fromstring(linear_xsd(source.encode())))


CASE_ID = r"([a-zA-Z0-9_-]+\.?){4,10}"
LINEAR = _xsd(CASE_ID)
OFFICIAL = Draft7Validator({"pattern": f"^{CASE_ID}$"}, pattern_options=RegexOptions())


@given(st.text(alphabet="a_9.-!", max_size=24))
@settings(deadline=None)
def test_a_rewritten_pattern_says_what_the_official_one_says(text: str) -> None:
    """Two linear patterns in the XSD accept exactly the identifiers of the ambiguous official one."""
    element = etree.Element("id")
    element.text = text
    assert LINEAR.validate(element) == OFFICIAL.is_valid(text)


def test_other_patterns_are_left_as_they_are() -> None:
    """Only the ambiguous form is rewritten."""
    source = shared("hubsante/xsd/RS-EDA.xsd").read_bytes()
    before, after = (re.findall(rb'pattern value="([^"]*)"', text) for text in (source, linear_xsd(source)))
    assert [one for one in before if b"\\.?)" not in one] == [one for one in after if one in before]
