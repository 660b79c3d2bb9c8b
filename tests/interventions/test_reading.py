"""Readers of leaves, the reference, and the moves of a status: what holds for any text."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidError
from domain.intervention.fields import Pen, department, phone
from domain.intervention.reading import read
from domain.intervention.reference import ALPHABET, read_reference, reference
from domain.intervention.request import Fact, FactKind, InterventionRequest, Note, Patient, Place, Requester
from domain.intervention.status import LABELS, MOVES, TASK_STATUS, InterventionStatus, heard
from domain.mode import Mode

NOW = datetime(2026, 1, 1, 8, tzinfo=UTC)
numbers = st.lists(st.integers(0, len(ALPHABET) - 1), min_size=7, max_size=7)
words = st.none() | st.text(max_size=40)


@given(numbers, st.integers(0, 7), st.sampled_from(ALPHABET))
@settings(deadline=None)
def test_one_wrong_character_is_found(drawn: list[int], place: int, other: str) -> None:
    """Whichever it is, and whichever it becomes."""
    bare = reference(drawn).replace("-", "")
    changed = bare[:place] + other + bare[place + 1 :]
    assert (read_reference(changed) is None) == (changed != bare)


@given(numbers, st.integers(0, 6))
@settings(deadline=None)
def test_two_neighbours_exchanged_are_found(drawn: list[int], place: int) -> None:
    """The commonest mistake of a dictation."""
    bare = reference(drawn).replace("-", "")
    changed = bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :]
    assert (read_reference(changed) is None) == (changed != bare)


def test_a_reference_has_no_look_alikes_and_is_read_as_it_is_said() -> None:
    """Small letters, spaces and a missing hyphen change nothing."""
    assert not set(ALPHABET) & set("0O1IL2Z5S8BNU")
    name = reference([0, 5, 10, 15, 20, 22, 1])
    assert read_reference(f" {name.lower().replace('-', ' ')} ") == name
    with pytest.raises(ValueError, match="sept"):
        reference([1])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("06 00 00 00 00", "+33600000000"),
        ("+33 (0)6 00 00 00 00", "+33600000000"),
        ("0033600000000", "+33600000000"),
        ("0262 00 00 00", "+262262000000"),
        ("0690000000", "+590690000000"),
        ("tel:+3200000000", "+3200000000"),
        ("15", None),
        ("zéro six", None),
        ("", None),
    ],
)
def test_a_telephone_becomes_e164_or_stays_words(said: str, expected: str | None) -> None:
    """French forms, overseas too; nothing is guessed."""
    pen = Pen()
    assert phone(pen, "patient.phone", "Téléphone", said) == expected
    assert bool(pen.kept) == (expected is None and bool(said))


def test_a_department_is_that_of_the_commune_before_the_postal_code() -> None:
    """Corsica by its letter, overseas by three digits."""
    assert department("2A004", "20000") == "2A"
    assert department("97411", None) == "974"
    assert department(None, "20200") == "2B"
    assert department(None, "77000") == "77"
    assert department(None, None) is None


@st.composite
def requests(draw: st.DrawFn) -> InterventionRequest:
    """Anything a door may hand over."""

    def any_of(kind: type, names: tuple[str, ...]) -> dict[str, str | None]:
        return {name: draw(words) for name in names}

    return InterventionRequest(
        request_id="R",
        clicked_at=draw(words),
        requester=Requester(**any_of(Requester, ("structure_id", "structure_name", "professional_id", "callback"))),
        patient=Patient(
            **any_of(Patient, ("name", "given_name", "sex", "birth_date", "birth_year", "age", "phone", "weight_kg"))
        ),  # type: ignore[arg-type]
        place=Place(**any_of(Place, ("city", "postal_code", "insee_code", "latitude", "longitude", "floor", "access"))),  # type: ignore[arg-type]
        note=Note(draw(words), draw(words), draw(words)),
        facts=tuple(
            Fact(draw(st.sampled_from(FactKind)), draw(st.text(max_size=40))) for _ in range(draw(st.integers(0, 3)))
        ),
    )


@given(requests())
@settings(deadline=None, max_examples=150)
def test_any_text_at_all_is_read_or_refused_for_the_one_reason(request: InterventionRequest) -> None:
    """What comes out has no character that a wire refuses, no empty obligatory text, and every limit kept."""
    try:
        reading = read(request, Mode.ACTUAL, NOW, "essai")
    except InvalidError as error:
        if error.code == "SANS_LIEU_NI_TELEPHONE":
            return
        raise
    document = reading.document
    for text in (document["note"]["text"], document["place"]["address"], document["patient"]["name"]):
        assert text
        assert not [one for one in text if unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t"]
    assert len(document["note"]["text"]) <= 20_000
    assert len(document["place"]["access"] or "") <= 1000


def test_the_moves_are_drawn_for_every_status() -> None:
    """Each has its label, its FHIR word and its moves; nothing follows the end, and no status follows itself."""
    assert set(MOVES) == set(LABELS) == set(TASK_STATUS) == set(InterventionStatus)
    assert [one for one in InterventionStatus if one in MOVES[one]] == []
    assert {one for one in InterventionStatus if one.is_final} == {
        InterventionStatus.TERMINEE,
        InterventionStatus.REFUSEE,
        InterventionStatus.ANNULEE,
    }


def test_a_crra_is_understood_by_its_own_words() -> None:
    """Those of the contract, hyphen or underscore; an unknown one moves nothing, and an error is ours to say."""
    assert heard("RECUE") is InterventionStatus.TRANSMISE
    assert heard("DOSSIER_OUVERT") is heard("DOSSIER-OUVERT") is InterventionStatus.DOSSIER_OUVERT
    assert heard("ERREUR") is None
    assert heard("BIENTOT") is None
