"""What is shown to try a mapping on says nobody: every word of every document is hidden, or known to be a code, an instant or a place of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.canon.documents import DOCUMENTS
from mapping.language.paths import topic_shape
from mapping.proof.masking import HIDDEN, masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapping.language.paths import Shape

SAFE_NAMES = """
answer associated care care_type case_id case_number category centre code convention country crra deadline destination
event_id family finess finess_geo finess_legal id identity_status label lane letter message_id nationality number oid
organisation owner diagnosis patient_id precision place_kind procedures purpose reference relation request_id resource
resource_ids role sex since source status structure structure_id structure_name task_status to topic type value vector
vehicle victim_id age birth_year service external_id left planned_end cause_code cause_title cata_code start end
news fields beside nature mobility capacity move engaged_status speciality speciality_list profession profession_list at field kind ended_because unread valid_from valid_to state status_label flags
"""
"""Codes, identifiers of ours, numbers of a case, ages and years: with them alone nobody is recognised."""
SAFE_PATHS = frozenset(
    (
        "event.name",
        "event.localisations.name",
        "victim.localisation.name",
        "victim.destination.name",
        "vehicles.name",
        "resources.name",
        "organisation.name",
    )
)
"""Names of places and of vehicles."""


def _texts(shape: Shape, before: str = "") -> Iterator[str]:
    for name, below in shape.fields.items():
        path = before + name
        of = below.item if below.kind == "list" and below.item is not None else below
        if of.fields:
            yield from _texts(of, path + ".")
        elif of.kind == "text" and not of.codes:
            yield path


@pytest.mark.parametrize("topic", sorted(DOCUMENTS))
def test_every_word_is_hidden_or_known_to_say_nobody(topic: str) -> None:
    """A new field of free text, of any topic, must be thought of before it can be shown."""
    shape = topic_shape(topic)
    assert shape is not None
    unthought = [
        path
        for path in _texts(shape)
        if path not in HIDDEN
        and path not in SAFE_PATHS
        and (name := path.rpartition(".")[2]) not in SAFE_NAMES.split()
        and not name.endswith("_at")
    ]
    assert unthought == []


def test_lists_of_words_are_hidden_one_by_one() -> None:
    """Notes of a tablet keep their number and their length, and nothing of what they say."""
    shown = masked({"topic": "x", "notes": ["Appelle son fils Zéphyr", None], "patient": {"name": "ESSAI"}})
    assert shown == {"topic": "x", "notes": ["XXXXXXX XXX XXXX XXXXXX", None], "patient": {"name": "XXXXX"}}
