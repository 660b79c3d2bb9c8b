"""The forms of values on a wire, and what each refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.formats import FORMATS
from tests.mapping.made_up import UNHURRIED


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("date", "1980-02-29", "1980-02-29"),
        ("date", "2026-09-01T23:30:00+02:00", "2026-09-01"),
        ("instant", "2026-09-01T15:30:00.250+02:00", "2026-09-01T15:30:00+02:00"),
        ("instant", "2026-09-01T13:30:00Z", "2026-09-01T13:30:00+00:00"),
        ("integer", 3, 3),
        ("integer", 3.0, 3),
        ("integer", "007", 7),
        ("decimal", 72.5, 72.5),
        ("decimal", "72.5", 72.5),
        ("text", 72.5, "72.5"),
        ("text", 72.0, "72"),
        ("text", 0.0000001, "0.0000001"),
        ("text", True, "true"),
        ("upper", "Zoé", "ZOÉ"),
        ("boolean", "false", False),
        ("code", " ACCIDENT  DE CAR", "ACCIDENT-DE-CAR"),
        ("urn", "evenement|evt|Patient|v1", "urn:uuid:cd5c4229-4130-54c6-98e8-d85386886460"),
    ],
)
def test_what_a_format_writes(name: str, value: object, written: object) -> None:
    """The value in its form, with its type."""
    result = FORMATS[name].write(value)
    assert result == written
    assert type(result) is type(written)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "01/09/2026"),
        ("date", "2026-02-30"),
        ("date", "2026-09-01T10:00:00"),
        ("date", 20260901),
        ("instant", "2026-09-01"),
        ("instant", "2026-09-01T10:00:00"),
        ("instant", "demain"),
        ("integer", True),
        ("integer", 3.5),
        ("integer", "3 mois"),
        ("integer", "٣"),
        ("decimal", float("nan")),
        ("decimal", "72,5"),
        ("text", {"a": 1}),
        ("text", float("inf")),
        ("upper", 3),
        ("boolean", 1),
        ("boolean", "oui"),
    ],
)
def test_what_a_format_refuses_without_quoting_it(name: str, value: object) -> None:
    """The reason is French and does not hold the value."""
    with pytest.raises(ValueError, match=r"^n'est pas") as raised:
        FORMATS[name].write(value)
    assert str(value) not in str(raised.value)


@UNHURRIED
@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001 - the offset is drawn beside
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_an_instant_on_the_wire_is_the_same_second(moment: datetime, minutes: int) -> None:
    """Whatever the offset, the wire says the same second, with an offset and never Z."""
    said = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    written = FORMATS["instant"].write(said.isoformat())
    assert "Z" not in written
    assert datetime.fromisoformat(written).astimezone(UTC) == said.replace(microsecond=0).astimezone(UTC)
