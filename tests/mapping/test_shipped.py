"""What every shipped file keeps: the table of who may see what, proved on the files themselves."""

from __future__ import annotations

import pytest

from domain.canon.documents import DOCUMENTS
from mapping import shipped
from mapping.language.paths import topic_shape

MEDICAL = ["victim.bilan", "victim.comment", "victim.particularity"]
NEVER = {
    "sinus": [*MEDICAL, "victim.nir", "victim.cata_code", "victim.contact_person", "victim.contact"],
    "sivic": [*MEDICAL, "victim.cata_code", "victim.contact"],
    "lrm": ["victim.comment", "victim.particularity"],
    "dashboards": ["victim"],
}
"""Recipient → what it never gets: the field filters of the dossier. SI-VIC has the NIR and the person to contact by law."""
IDENTITY = ["birth_name", "used_name", "given_name", "birth_date", "nir", "contact", "contact_person"]


@pytest.mark.parametrize(("recipient", "path"), [(who, path) for who, paths in NEVER.items() for path in paths])
def test_what_the_law_keeps_from_a_recipient_is_on_no_list_of_it(recipient: str, path: str) -> None:
    """Neither the field nor anything above or below it is allowed, in any topic."""
    allow_list = shipped().allow_list(recipient)
    assert not [topic for topic in DOCUMENTS if allow_list.enters(topic, path)]


def test_the_dashboards_of_the_state_get_numbers_and_no_names() -> None:
    """No topic of a victim, and no field of identity by any path."""
    allow_list = shipped().allow_list("dashboards")
    assert sorted(allow_list.allowed) == ["counts", "event"]
    for paths in allow_list.allowed.values():
        assert not [path for path in paths if path.split(".")[-1] in IDENTITY]


@pytest.mark.parametrize("recipient", ["sinus", "sivic", "lrm", "portal", "dashboards", "nexsis"])
def test_every_recipient_says_its_source(recipient: str) -> None:
    """A list without a law or a dossier behind it is somebody's opinion."""
    assert len(shipped().allow_list(recipient).source) > 40


@pytest.mark.parametrize("recipient", ["sinus", "sivic", "lrm", "portal", "dashboards", "nexsis"])
def test_every_recipient_knows_what_is_real(recipient: str) -> None:
    """The mode is on every list of every topic: an exercise never goes out without saying so."""
    allow_list = shipped().allow_list(recipient)
    for topic in allow_list.allowed:
        shape = topic_shape(topic)
        assert shape is not None
        assert allow_list.allows(topic, "mode")
