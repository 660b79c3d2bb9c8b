"""The shapes are those of canon, and closed lists of codes follow the rest of the house."""

from __future__ import annotations

from typing import get_type_hints

import pytest

from domain.canon import answers, documents, hub, intervention, view
from mapping.language.paths import CODES, topic_shape


@pytest.mark.parametrize("topic", sorted(documents.DOCUMENTS))
def test_every_topic_has_a_shape(topic: str) -> None:
    """Each field of each document has a path, and its mode is one of two words."""
    shape = topic_shape(topic)
    assert shape is not None
    assert set(get_type_hints(documents.DOCUMENTS[topic])) == set(shape.fields)
    assert sorted(shape.fields["mode"].codes or ()) == ["Actual", "Exercise"]


def test_what_is_below_an_optional_object_is_optional() -> None:
    """A FINESS may be absent because the destination may."""
    shape = topic_shape("victim")
    assert shape is not None
    finess = shape.find("victim.destination.finess")
    assert finess is not None
    assert (finess.kind, finess.nullable) == ("text", True)


def test_a_list_is_not_entered_by_a_path() -> None:
    """The elements of a list are reached with `each` only."""
    shape = topic_shape("counts")
    assert shape is not None
    assert shape.find("by_localisation.UA") is None
    places = shape.find("by_localisation")
    assert places is not None
    assert places.item is not None
    assert places.item.fields["UA"].kind == "integer"


def test_every_closed_list_belongs_to_a_field_of_canon() -> None:
    """A field that was renamed in canon does not leave its codes behind."""
    for shape, name in CODES:
        room = next(one for one in (documents, intervention, hub, view, answers) if hasattr(one, shape))
        assert name in getattr(room, shape).__annotations__


def test_there_is_no_shape_without_a_topic() -> None:
    """An unknown topic is None, for the caller to tell."""
    assert topic_shape("victims") is None
