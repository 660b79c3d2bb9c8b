"""EMSI is reached by files alone: a mapping, two tables and an allow-list, held to the official schema where it is at hand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from gateway.doors.studio.sample_documents import demo
from mapping import SHIPPED, load_catalogue, shipped
from mapping.contracts.writing import check_xml, write_xml
from mapping.faults import Faults
from tests.mapping.made_up import counts
from tests.shared_material import shared

if TYPE_CHECKING:
    from mapping import Catalogue

NAME = "nexsis/emsi-event@1"


@pytest.fixture
def official(tmp_path: Path) -> Catalogue:
    """The shipped mappings, with the official schema where a deployment puts it."""
    (tmp_path / "contracts").mkdir()
    shutil.copy(shared("hubsante/xsd/EMSI.xsd"), tmp_path / "contracts")
    return load_catalogue(SHIPPED, tmp_path)


def document(catalogue: Catalogue, mode: str, status: str = "open") -> bytes:
    """The XML of the demo's count in a mode."""
    (canon,) = demo("counts", "nexsis").values()
    canon["mode"] = canon["event"]["mode"] = mode
    canon["event"]["status"] = status
    mapping = catalogue.mapping(NAME)
    root = catalogue.contracts.find(mapping.whole.target, Faults())
    assert root is not None
    return write_xml(root, mapping.apply(catalogue.allow_list("nexsis").restrict("counts", canon)))


def test_the_official_schema_accepts_the_file_and_what_it_writes(official: Catalogue) -> None:
    """Checked at load, and every document of both modes and both states is valid."""
    assert NAME not in official.unchecked
    schema = official.contracts.path("EMSI.xsd")
    assert schema is not None
    for mode in ("Actual", "Exercise"):
        for status in ("open", "closed"):
            assert check_xml(schema, document(official, mode, status)) == ""


def test_the_numbers_of_the_deck_reach_the_casualties(official: Catalogue) -> None:
    """Two UA are red, five UR yellow, one DCD black; three impliqués have no colour, and nobody is green."""
    root = etree.fromstring(document(official, "Exercise"))
    said = {etree.QName(node).localname: node.text for node in root.iter() if len(node) == 0}
    assert said["MODE"] == "EXERCS"
    assert (said["TRIAGERED"], said["TRIAGEYELLOW"], said["TRIAGEBLACK"]) == ("2", "5", "1")
    assert said["DISPLACED"] == "3"
    assert "TRIAGEGREEN" not in said


def test_an_implique_is_never_green() -> None:
    """No rule of the file writes the green triage, whatever it reads."""
    assert not [rule for rule in shipped().mapping(NAME).rules if "GREEN" in rule.to.text]


def test_a_victim_not_coded_is_counted_in_words() -> None:
    """EMSI has no field for NC: the context says how many."""
    canon = counts()
    canon["totals"]["NC"] = 4
    assert shipped().mapping(NAME).apply(canon)["EVENT"]["CASUALTIES"]["CONTEXT"].endswith("non codées 4")


def test_no_python_of_ours_knows_this_target() -> None:
    """The words of the schema are in the mapping folder's files, and in no module of the mapping engine or the gateway."""
    words = re.compile(r"CASUALTIES|TRIAGERED|EMSI\.xsd|nexsis/emsi", re.IGNORECASE)
    sources = [*Path("mapping").rglob("*.py"), *Path("gateway").rglob("*.py")]
    assert [path for path in sources if words.search(path.read_text(encoding="utf-8"))] == []
