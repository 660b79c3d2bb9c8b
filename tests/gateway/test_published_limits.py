"""What the published contract accepts the register accepts, and the other way round: the same lengths, forms and ceilings, from one place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import InvalidError
from domain.victim.age import UNITS, most
from domain.victim.fields import FINESS, NIR_BLANKS, WRITABLE, read_fields
from gateway.doors.http.schemas import ChangedPatient, ContactPerson, Destination
from gateway.doors.neighbours.schemas import NewAdmission

FORMS = ("birth_date", "nir", "patient_type", "sex", "particularity", "identity_status", "localisation_id")
"""Fields that a form or a list bounds, before any length does."""
PROPERTIES: dict[str, Any] = ChangedPatient.model_json_schema()["properties"]


def published(name: str) -> dict[str, Any]:
    """The schema of a field of a patient, without its null."""
    schema = PROPERTIES[name]
    return next((side for side in schema.get("anyOf", [schema]) if side.get("type") != "null"), schema)


LENGTHS = {
    name: published(name)["maxLength"]
    for name in PROPERTIES
    if name in WRITABLE and name not in FORMS and "maxLength" in published(name)
}


def taken(name: str, value: object) -> tuple[bool, bool]:
    """Whether the door takes the value, and whether the register does."""
    try:
        ChangedPatient.model_validate({name: value})
        door = True
    except ValidationError:
        door = False
    try:
        read_fields({name: value})
        register = True
    except InvalidError:
        register = False
    return door, register


@pytest.mark.parametrize("name", sorted(LENGTHS))
def test_a_text_is_as_long_at_the_door_as_in_the_register(name: str) -> None:
    """The longest is taken by both; one character more by neither."""
    assert taken(name, "A" * LENGTHS[name]) == (True, True)
    assert taken(name, "A" * (LENGTHS[name] + 1)) == (False, False)


def test_every_text_of_a_patient_was_compared() -> None:
    """A list that no field fell out of."""
    assert {"birth_name", "used_name", "given_name", "comment", "contact", "nationality", "sinus_number"} <= set(
        LENGTHS
    )


@pytest.mark.parametrize("part", ["name", "relation", "phone"])
@pytest.mark.parametrize(("more", "both"), [(0, True), (1, False)])
def test_a_contact_is_as_long_on_both_sides(part: str, more: int, *, both: bool) -> None:
    """Each part of the person to contact."""
    schema = ContactPerson.model_json_schema()["properties"][part]
    longest = next(side["maxLength"] for side in schema.get("anyOf", [schema]) if "maxLength" in side)
    assert taken("contact_person", {"name": "TESTE", part: "A" * (longest + more)}) == (both, both)


def test_a_weight_has_one_ceiling() -> None:
    """In kilograms."""
    heaviest = published("weight_kg")["maximum"]
    assert taken("weight_kg", float(heaviest)) == (True, True)
    assert taken("weight_kg", heaviest + 0.5) == (False, False)


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_an_age_has_one_ceiling_in_each_unit(unit: str) -> None:
    """130 years, in years, months, weeks or days; what is published says so."""
    assert taken("age", {"value": most(unit), "unit": unit})[1]
    assert not taken("age", {"value": most(unit) + 1, "unit": unit})[1]
    ceilings = {
        rule["if"]["properties"]["unit"]["const"]: rule["then"]["properties"]["value"]["maximum"]
        for rule in ChangedPatient.model_json_schema()["$defs"]["Age"]["allOf"]
    }
    assert ceilings[unit] == most(unit)


@given(st.one_of(st.from_regex(FINESS, fullmatch=True), st.text("0123456789AB", min_size=8, max_size=10)))
@settings(max_examples=200, deadline=None)
def test_a_finess_has_one_form_everywhere(finess: str) -> None:
    """`AAAAAAAAA` is refused by the doors that the register would refuse it behind."""
    form = FINESS.fullmatch(finess) is not None
    for model, document in (
        (Destination, {"finess": finess, "name": "Hôpital d’essai"}),
        (NewAdmission, {"message_id": "m1", "news": "admission", "finess": finess}),
    ):
        try:
            model.model_validate(document)
            door = True
        except ValidationError:
            door = False
        assert door is form


@given(st.from_regex(published("birth_date")["pattern"], fullmatch=True).filter(lambda day: len(day) <= 10))
@settings(max_examples=200, deadline=None)
def test_a_published_day_is_refused_only_when_the_calendar_has_not_got_it(day: str) -> None:
    """The form that is published is the form that is read."""
    parts = [int(part) for part in day.replace("/", "-").replace(".", "-").split("-") if part.isdecimal()]
    year, month, date = parts if len(str(parts[0])) > 2 or day[4:5] == "-" else parts[::-1]
    possible = year >= 1 and 1 <= month <= 12 and 1 <= date <= 28
    if possible:
        assert taken("birth_date", day) == (True, True)


@given(st.lists(st.sampled_from([*"0123456789", " ", ".", "-"]), max_size=20).map("".join))
@settings(max_examples=200, deadline=None)
def test_a_nir_that_the_register_reads_has_the_published_form(text: str) -> None:
    """Its key is beyond a pattern, its blanks are not."""
    if taken("nir", text)[1]:
        assert re.fullmatch(published("nir")["pattern"], text)
    assert re.sub(f"[{NIR_BLANKS}]", "", "1 85-05.78 006 084 91") == "185057800608491"
    assert taken("nir", "1 85-05.78 006 084 91") == (True, True)
