"""R-42 to R-50: who is counted, in which table, and how it is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.counting.boards import Board, board_csv, shown, stamped, tb1, tb2, tb3, tb4
from domain.counting.counts import Cell, cell_of, cells_of, counts_document, localisation_rows, tally
from domain.decisions.commands import (
    AskOrientation,
    ChangePatient,
    ConfirmExit,
    DecideOrientation,
    DeletePatient,
    RecordBilan,
    RequestEvacuation,
)
from domain.errors import ConflictError
from domain.event import close_event, remove_localisation
from domain.severity import TRIAGE_ORDER
from domain.source import Source
from domain.victim.care_path import PRESENT
from domain.victim.projection import as_of
from tests.domain.stage import HOSPITAL, PLACES, TR, Stage

if TYPE_CHECKING:
    from domain.decisions.commands import PatientCommand

FIRST_LOOK = datetime(2020, 9, 1, 15, 58, 46, tzinfo=UTC)  # 17:58:46 in Paris
SECOND_LOOK = datetime(2020, 9, 1, 16, 13, 47, tzinfo=UTC)
ORIENTATION = (AskOrientation(),)
EVACUATION = (*ORIENTATION, RequestEvacuation(HOSPITAL, "SMUR.AR"))
ON_SITE = (*ORIENTATION, DecideOrientation("SUR_PLACE"), ConfirmExit())
GOLDEN: tuple[tuple[str, str, tuple[PatientCommand, ...]], ...] = (
    ("pma", "UA", ()),
    ("pma", "UR", ()),
    ("pma", "UR", ()),
    ("stade", "IMP", ()),
    ("cyan", "UA", ORIENTATION),
    ("cyan", "IMP", ORIENTATION),
    ("cyan", "UR", EVACUATION),
    ("pma", "UR", EVACUATION),
    ("amb", "UR", ON_SITE),
    ("amb", "IMP", ON_SITE),
    ("mag", "DCD", ON_SITE),
)


@pytest.fixture
def golden() -> Stage:
    """The eleven victims of the portal's own screens, moved there by commands."""
    stage = Stage()
    for rank, (place, severity, steps) in enumerate(GOLDEN):
        stage.create(f"p{rank}", localisation_id=place, severity_entry="NC")
        for command in (RecordBilan(None, severity), *steps):
            stage.do(f"p{rank}", command)
    return stage


def lines(board: Board) -> dict[tuple[str, str], tuple[int | str, ...]]:
    """The rows of a board that are not subtotals: (group, label) → UA, UR, IMP, DCD, NC."""
    return {(row.group, row.label): row.values[:5] for row in board.rows if not row.subtotal}


def test_r45_the_golden_screen_of_17_58_46(golden: Stage) -> None:
    """TB4 as the portal showed it: status by localisation by severity, eleven in all."""
    board = tb4(golden.event, cells_of(as_of(golden.log, FIRST_LOOK).values()), FIRST_LOOK)
    assert lines(board) == {
        ("Attente de soins", "PMA"): (1, 2, 0, 0, 0),
        ("Attente de soins", "Stade"): (0, 0, 1, 0, 0),
        ("Attente d’orientation", "Parking Cyan"): (1, 0, 1, 0, 0),
        ("Attente d’évacuation", "Parking Cyan"): (0, 1, 0, 0, 0),
        ("Attente d’évacuation", "PMA"): (0, 1, 0, 0, 0),
        ("Laissé sur place", "Ambulance"): (0, 1, 1, 0, 0),
        ("Laissé sur place", "Parking Magenta"): (0, 0, 0, 1, 0),
    }
    assert board.totals == (2, 5, 3, 1, 0, 11)
    assert [row.values[5] for row in board.rows if row.subtotal] == [4, 2, 2, 3]
    assert [(row.label, row.values[5]) for row in board.by_place] == [
        ("Ambulance", 2),
        ("Parking Cyan", 3),
        ("Parking Magenta", 1),
        ("PMA", 4),
        ("Stade", 1),
    ]


def test_r42_the_golden_screen_of_18_13_47(golden: Stage) -> None:
    """TB1 as the portal showed it a quarter of an hour later."""
    board = tb1(golden.event, cells_of(as_of(golden.log, SECOND_LOOK).values()), SECOND_LOOK)
    assert lines(board) == {
        ("", "Ambulance"): (0, 1, 1, 0, 0),
        ("", "Parking Cyan"): (1, 1, 1, 0, 0),
        ("", "Parking Magenta"): (0, 0, 0, 1, 0),
        ("", "PMA"): (1, 3, 0, 0, 0),
        ("", "Stade"): (0, 0, 1, 0, 0),
    }
    assert board.totals == (2, 5, 3, 1, 0, 11)


def test_r43_the_nominative_board_leads_to_fiches_and_is_not_exported(golden: Stage) -> None:
    """Numbers, names, triage and orientation; no CSV of it."""
    golden.do("p0", ChangePatient({"used_name": "TESTE", "sinus_number": TR, "age": 34}))
    board = tb2(golden.event, golden.victims.values())
    assert (board.rows[0].victim_id, board.rows[0].values) == ("p0", (TR, "", "TESTE", "", "34 ans", "", "UA", ""))
    assert board.rows[6].values[-1] == HOSPITAL["name"]
    with pytest.raises(ConflictError) as refused:
        board_csv(board)
    assert refused.value.code == "R-43"


def test_r44_a_receiving_place_counts_before_anybody_has_left(golden: Stage) -> None:
    """Oriented is enough."""
    board = tb3(golden.event, cells_of(golden.victims.values()))
    assert [(row.label, row.values[:5]) for row in board.rows] == [("CH Essai", (0, 2, 0, 0, 0))]
    assert board.totals[5] == 2


def test_r46_r47_an_export_carries_its_stamps_dashes_and_total(golden: Stage) -> None:
    """Event, start, end, title, last update; zero is `-`; a TOTAL row."""
    event = close_event(golden.event, SECOND_LOOK)
    sheet = board_csv(tb1(event, cells_of(golden.victims.values()), FIRST_LOOK)).split("\r\n")
    assert sheet[:5] == [
        "Événement;ESSAI",
        "Tableau;Triage médical",
        "Date de début;01/09/2020 - 14:00:00",
        "Date de fin;01/09/2020 - 18:13:47",
        "Dernière mise à jour;01/09/2020 - 17:58:46",
    ]
    assert sheet[6:8] == [";UA;UR;IMP;DCD;NC;Total", "Ambulance;-;1;1;-;-;2"]
    assert sheet[-2] == "TOTAL;2;5;3;1;-;11"


def test_r47_a_name_is_never_a_formula() -> None:
    """A place called like a formula is text for the spreadsheet."""
    stage = Stage((("l1", "=1+1"),))
    stage.create()
    assert "'=1+1;1;" in board_csv(tb1(stage.event, cells_of(stage.victims.values())))


def test_r47_zero_and_absence_are_shown_as_a_dash() -> None:
    """And nothing else is."""
    assert [shown(0), shown(3), shown("")] == ["-", "3", ""]
    assert stamped(None) == "-"


def test_r48_the_stamp_is_to_the_second_in_local_time() -> None:
    """`JJ/MM/AAAA - HH:MM:SS`."""
    assert stamped(FIRST_LOOK) == "01/09/2020 - 17:58:46"


def test_r49_patients_with_no_place_have_their_row() -> None:
    """`Non localisé` comes last, and only when somebody is there."""
    stage = Stage()
    assert [row.label for row in tb1(stage.event, []).rows] == [name for _id, name in PLACES]
    stage.create(source=Source.SINUS)
    row = tb1(stage.event, cells_of(stage.victims.values())).rows[-1]
    assert (row.label, row.values[5]) == ("Non localisé", 1)


def test_r49_a_removed_place_is_shown_while_somebody_is_there() -> None:
    """A table always adds up."""
    stage = Stage()
    stage.create(localisation_id="amb")
    stage.event = remove_localisation(remove_localisation(stage.event, "amb"), "cyan")
    labels = [label for label, _id, _tally in localisation_rows(stage.event, cells_of(stage.victims.values()))]
    assert labels == ["Ambulance", "Parking Magenta", "PMA", "Stade"]


CELLS = st.builds(
    Cell,
    localisation_id=st.sampled_from([*(place for place, _name in PLACES), None]),
    status=st.sampled_from(PRESENT),
    severity=st.sampled_from(TRIAGE_ORDER),
    destination_finess=st.sampled_from(["820000016", "310000001"]),
    destination_name=st.just("CH"),
    age_band=st.sampled_from(["nourrisson", "pediatrie", "adulte", "inconnu"]),
    nationality=st.sampled_from(["FRA", "BEL", None]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELLS, st.integers(1, 40)), max_size=25))
def test_r50_every_table_adds_up(cells: list[tuple[Cell, int]]) -> None:
    """Severities make the total, statuses of TB4 make TB1 place by place, each cut of a count makes its totals."""
    event = Stage().event
    by_place = {row.label: row.values for row in tb1(event, cells).rows}
    summed: dict[str, list[int]] = {}
    for row in tb4(event, cells).rows:
        assert sum(int(value) for value in row.values[:5]) == row.values[5]
        if not row.subtotal:
            before = summed.get(row.label, [0] * 6)
            summed[row.label] = [old + int(new) for old, new in zip(before, row.values, strict=True)]
    assert all(tuple(summed.get(label, [0] * 6)) == values for label, values in by_place.items())
    assert {row.label: row.values for row in tb4(event, cells).by_place} == {
        label: values for label, values in by_place.items() if values[5]
    }
    document = counts_document(event, cells, 1, FIRST_LOOK, "gateway")
    whole = document["totals"]
    assert whole == tally(cells).canon()
    assert whole["total"] - whole["IMP"] == whole["total_without_imp"]
    for cut in ("by_localisation", "by_destination", "by_age_band", "by_nationality"):
        assert sum(line["total"] for line in document[cut]) == whole["total"]


def test_a_deleted_patient_is_not_counted_and_counts_may_go_down(golden: Stage) -> None:
    """The count follows, without complaint."""
    assert cell_of(golden.do("p0", DeletePatient("doublon"))) is None
    assert tally(cells_of(golden.victims.values())).total == 10


def test_an_implique_counts_with_no_name_and_no_bracelet() -> None:
    """And both totals are given."""
    stage = Stage()
    stage.create("p1", severity_entry="IMP")
    stage.create("p2", severity_entry="UA", nationality="bel", age="3 MOIS")
    document = counts_document(stage.event, cells_of(stage.victims.values()), 4, stage.now, "portal")
    assert (document["totals"]["total"], document["totals"]["total_without_imp"]) == (2, 1)
    assert [(line["label"], line["code"]) for line in document["by_nationality"]] == [("BEL", "BEL"), ("inconnu", None)]
    assert [line["label"] for line in document["by_age_band"]] == ["nourrisson", "inconnu"]
