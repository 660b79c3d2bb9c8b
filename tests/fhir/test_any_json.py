"""Whatever JSON stands in the place of anything, at any depth, of a request or of an event: it is read, or refused with a reason and a place."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.fhir.bundle import read_json
from adapters.wire.fhir.reading.event import read_event
from adapters.wire.fhir.reading.request import read_document
from adapters.wire.fhir.vocabulary import FhirRefusalError
from tests.fhir.bundles import NOW, example, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
ODD = st.sampled_from([None, 7, -0.5, True, "", "mot", [], {}, [[]], [None], [7], ["a"], {"a": [1]}, [{"url": ["x"]}]])
NAMES = ("extension", "modifierExtension", "contained", "meta", "text", "period", "use", "value", "reference", "coding")


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a document."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


PLACES = {name: list(places(example(name))) for name in ("exemple-message", "exemple-victimes")}


@settings(deadline=None, max_examples=400)
@pytest.mark.parametrize("name", PLACES)
@given(data=st.data())
def test_nothing_that_json_can_say_breaks_a_reader(name: str, data: st.DataObject) -> None:
    """One value replaced by any other, or one more element that a reader looks for; never an accident of ours."""
    bundle = copy.deepcopy(example(name))
    path = data.draw(st.sampled_from(PLACES[name]))
    holder: Any = bundle
    for key in path[:-1]:
        holder = holder[key]
    odd = data.draw(ODD)
    if data.draw(st.booleans()) and isinstance(holder[path[-1]], dict):
        holder[path[-1]][data.draw(st.sampled_from(NAMES))] = odd
    else:
        holder[path[-1]] = odd
    document = read_json(raw(bundle))
    try:
        outcome: Any = read_event(document, NOW) if name == "exemple-victimes" else read_document(document, NOW)
    except FhirRefusalError as refusal:
        outcome = [issue.reason for issue in refusal.issues if issue.blocks]
    assert outcome
