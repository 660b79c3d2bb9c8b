"""Numbers at the doors: the deck's own boards, counts by every dimension, and any past instant counted again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from openpyxl import load_workbook

from gateway.mappings import training_event
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

# Printed by the deck at 18:13:47 and 17:58:46 (UA, UR, IMP, DCD, NC, total).
TB1 = {
    "Parking Ambulance": [0, 1, 1, 0, 0, 2],
    "Parking Cyan": [1, 1, 1, 0, 0, 3],
    "Parking Magenta": [0, 0, 0, 1, 0, 1],
    "PMA": [1, 3, 0, 0, 0, 4],
    "Stade": [0, 0, 1, 0, 0, 1],
}
TB4 = [
    ("Attente de soins", "PMA", [1, 2, 0, 0, 0, 3]),
    ("Attente de soins", "Stade", [0, 0, 1, 0, 0, 1]),
    ("Attente de soins", "Sous-total Attente de soins", [1, 2, 1, 0, 0, 4]),
    ("Attente d’orientation", "Parking Cyan", [1, 0, 1, 0, 0, 2]),
    ("Attente d’orientation", "Sous-total Attente d’orientation", [1, 0, 1, 0, 0, 2]),
    ("Attente d’évacuation", "Parking Cyan", [0, 1, 0, 0, 0, 1]),
    ("Attente d’évacuation", "PMA", [0, 1, 0, 0, 0, 1]),
    ("Attente d’évacuation", "Sous-total Attente d’évacuation", [0, 2, 0, 0, 0, 2]),
    ("Laissé sur place", "Parking Ambulance", [0, 1, 1, 0, 0, 2]),
    ("Laissé sur place", "Parking Magenta", [0, 0, 0, 1, 0, 1]),
    ("Laissé sur place", "Sous-total Laissé sur place", [0, 1, 1, 1, 0, 3]),
]
ALL = [2, 5, 3, 1, 0, 11]


async def _play(house: OpenHouse) -> str:
    async def unseen(_: int, __: int) -> None: ...

    async with house.portal as portal:
        return await training_event.play(portal, unseen)


async def _board(house: OpenHouse, event: str, name: str, scope: Scope = Scope.COUNTS) -> dict[str, Any]:
    async with house.as_(scope) as reader:
        answer = await reader.get(f"/v1/events/{event}/boards/{name}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_tb1_is_the_one_that_the_deck_prints(house: OpenHouse) -> None:
    """R-42: localisation by severity, places in the order declared, and totals with and without IMP."""
    board = await _board(house, await _play(house), "tb1")
    assert {row["label"]: row["values"] for row in board["rows"]} == TB1
    assert [row["label"] for row in board["rows"]] == list(TB1)
    assert (board["title"], board["totals"]) == ("Triage médical", ALL)


async def test_tb4_is_the_one_that_the_deck_prints(house: OpenHouse) -> None:
    """R-45, R-50: status by localisation, with a subtotal for each status; they add up to TB1."""
    board = await _board(house, await _play(house), "tb4")
    assert [(row["group"], row["label"], row["values"]) for row in board["rows"]] == TB4
    assert {row["label"]: row["values"] for row in board["by_place"]} == TB1, "the deck's last block"
    assert board["totals"] == ALL


async def test_tb3_counts_who_is_oriented_before_being_evacuated(house: OpenHouse) -> None:
    """R-44: the établissements receveurs, also of those who still wait for their vecteur."""
    board = await _board(house, await _play(house), "tb3")
    assert [(row["label"], row["values"]) for row in board["rows"]] == [
        (training_event.HOSPITAL["name"], [0, 2, 0, 0, 0, 2])
    ]


async def test_tb2_is_for_the_portal_alone_and_never_leaves_as_a_file(house: OpenHouse) -> None:
    """R-43: nominative: numbers readers are refused, and no format of it exists."""
    event = await _play(house)
    board = await _board(house, event, "tb2", Scope.PORTAL)
    assert (len(board["rows"]), board["exportable"]) == (11, False)
    async with house.portal as portal, house.as_(Scope.COUNTS) as counts:
        export = await portal.get(f"/v1/events/{event}/boards/tb2", params={"format": "csv"})
        refused = await counts.get(f"/v1/events/{event}/boards/tb2")
    assert (export.status_code, export.json()["errors"][0]["field"]) == (400, "?format")
    assert refused.status_code == 403


async def test_a_board_is_a_file_that_a_spreadsheet_opens(house: OpenHouse) -> None:
    """R-46 to R-48: heading, stamps to the second, zeros as a hyphen, and the TOTAL; with the mark that keeps accents."""
    event = await _play(house)
    async with house.as_(Scope.COUNTS) as reader:
        answer = await reader.get(f"/v1/events/{event}/boards/tb1", params={"format": "csv"})
        unknown = await reader.get(f"/v1/events/{event}/boards/tb9")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.text.removeprefix("\ufeff").split("\r\n")
    assert lines[:4] == [
        "Événement;Match de Rugby Toulouse VS Pau",
        "Tableau;Triage médical",
        "Date de début;01/09/2020 - 17:00:00",
        "Date de fin;-",
    ]
    assert lines[4].startswith("Dernière mise à jour;01/09/2020 - 17:00:0")
    assert lines[7:9] == ["Parking Ambulance;-;1;1;-;-;2", "Parking Cyan;1;1;1;-;-;3"]
    assert lines[12] == "TOTAL;2;5;3;1;-;11"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "tableau_inconnu")


async def test_a_board_leaves_as_a_spreadsheet_and_as_a_page(house: OpenHouse) -> None:
    """R-46, R-47: XLSX and PDF by parameter or by Accept, audited; numbers are numbers, a zero is shown as a hyphen."""
    event = await _play(house)
    async with house.as_(Scope.COUNTS) as reader:
        by_parameter = await reader.get(f"/v1/events/{event}/boards/tb4", params={"format": "xlsx"})
        by_header = await reader.get(f"/v1/events/{event}/boards/tb1", headers={"Accept": "application/pdf"})
    assert by_parameter.headers["content-disposition"] == f'attachment; filename="{event}-tb4.xlsx"'
    sheet = load_workbook(io.BytesIO(by_parameter.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[:2] for row in rows[:4]] == [
        ["Événement", "Match de Rugby Toulouse VS Pau"],
        ["Tableau", "État de la prise en charge"],
        ["Date de début", "01/09/2020 - 17:00:00"],
        ["Date de fin", "-"],
    ]
    assert rows[6] == ["Statut", None, "UA", "UR", "IMP", "DCD", "NC", "Total"]
    assert rows[7] == ["Attente de soins", "PMA", 1, 2, 0, 0, 0, 3]
    assert (rows[-2][:2], rows[-1]) == (["TOTAL", "Stade"], ["TOTAL", None, *ALL])
    assert sheet.cell(8, 5).number_format == '0;-0;"-"'
    assert (by_header.headers["content-type"], by_header.content[:5]) == ("application/pdf", b"%PDF-")
    taken = await house.runtime.read(lambda register: register.audit.latest(about=event))
    assert [(act.act, act.by, act.facts["format"]) for act in taken] == [
        ("board.exported", "essai-counts", "pdf"),
        ("board.exported", "essai-counts", "xlsx"),
    ]


@pytest.mark.parametrize(
    ("params", "headers"), [({"format": "ods"}, {}), ({"format": ""}, {}), ({}, {"Accept": "image/png"})]
)
async def test_a_form_that_does_not_exist_is_refused(
    house: OpenHouse, params: dict[str, str], headers: dict[str, str]
) -> None:
    """406 with the forms there are: nobody receives JSON under another name."""
    await house.event()
    async with house.as_(Scope.COUNTS) as reader:
        refused = await reader.get("/v1/events/evt/boards/tb1", params=params, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["expected"]) == (406, "json, csv, xlsx ou pdf")


async def test_a_browser_that_takes_anything_gets_the_document(house: OpenHouse) -> None:
    """What a browser sends by itself is no wish for a file."""
    await house.event()
    async with house.as_(Scope.COUNTS) as reader:
        answer = await reader.get(
            "/v1/events/evt/boards/tb1", headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
        )
    assert answer.json()["columns"] == ["UA", "UR", "IMP", "DCD", "NC", "Total"]


async def test_a_name_that_looks_like_a_formula_stays_a_name(house: OpenHouse) -> None:
    """No file runs what somebody typed: not in the heading, not in a row."""
    await house.event(name='=HYPERLINK("http://x")', localisations=[{"id": "a", "name": "@SOMME(1)"}])
    await house.patient(localisation_id="a")
    async with house.as_(Scope.COUNTS) as reader:
        sheet = load_workbook(
            io.BytesIO((await reader.get("/v1/events/evt/boards/tb1", params={"format": "xlsx"})).content)
        ).active
        text = (await reader.get("/v1/events/evt/boards/tb1", params={"format": "csv"})).text
        page = await reader.get("/v1/events/evt/boards/tb1", params={"format": "pdf"})
    assert (sheet["B1"].data_type, sheet["B1"].value) == ("s", '=HYPERLINK("http://x")')
    assert (sheet["A8"].data_type, sheet["A8"].value) == ("s", "@SOMME(1)")
    assert "'=HYPERLINK" in text
    assert "'@SOMME(1)" in text
    assert page.status_code == 200


async def test_the_total_without_imp_is_for_who_asks(house: OpenHouse) -> None:
    """The deck does not print it: it is a column besides, on demand."""
    event = await _play(house)
    async with house.as_(Scope.COUNTS) as reader:
        board = (await reader.get(f"/v1/events/{event}/boards/tb1", params={"columns": "total_hors_imp"})).json()
    assert (board["columns"][-1], board["totals"]) == ("Total hors IMP", [*ALL, 8])


async def test_the_same_numbers_are_at_both_neighbours(house: OpenHouse) -> None:
    """What the portal said, what SINUS recounts, what SINUS was told, what SI-VIC holds: one count."""
    event = await _play(house)
    await house.settle()
    async with house.portal as portal:
        columns = (await portal.get(f"/v1/events/{event}/sync")).json()
    assert columns["portal"] == training_event.TOTALS
    assert [(one["name"], one["held"], one["agrees"]) for one in columns["destinations"]] == [
        ("sinus", training_event.TOTALS, True),
        ("sivic", training_event.TOTALS, True),
    ]
    (told,) = (await house.state("sinus"))["evenements"].values()
    total = told["denombrement"]["total"]
    assert [total[name] for name in ("@ua", "@ur", "@imp", "@dcd", "@nonCode", "@total", "@totalSansImp")] == list(
        map(str, [*ALL, 8])
    )
    places = {line["@libelle"]: int(line["@total"]) for line in told["denombrement"]["parLocalisation"]}
    assert places == {name: values[5] for name, values in TB1.items()}


async def test_every_way_of_cutting_adds_up_to_the_total(house: OpenHouse) -> None:
    """By place, destination, age band and nationality: each adds up to the same totals."""
    event = await _play(house)
    async with house.as_(Scope.COUNTS) as reader:
        counts = (await reader.get(f"/v1/events/{event}/counts")).json()
    for cut in ("by_localisation", "by_destination", "by_age_band", "by_nationality"):
        assert {name: sum(line[name] for line in counts[cut]) for name in training_event.TOTALS} == counts["totals"], (
            cut
        )


async def _total(house: OpenHouse, **query: str) -> int:
    async with house.as_(Scope.COUNTS) as reader:
        answer = await reader.get("/v1/events/evt/counts", params=query)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["totals"]["total"])


async def test_any_past_instant_is_counted_again_as_it_was_known(house: OpenHouse) -> None:
    """Counts go up and down; what was known at each instant is still what it was."""
    await house.event()
    await house.patient("p1")
    await house.patient("p2")
    two = house.clock().isoformat()
    house.clock.forward(minutes=5)
    async with house.portal as portal:
        await portal.delete("/v1/events/evt/patients/p2")
    one = house.clock().isoformat()
    house.clock.forward(minutes=5)
    await house.patient("p3")
    await house.patient("p4")
    assert [await _total(house, at=two), await _total(house, at=one), await _total(house)] == [2, 1, 3]
    assert await _total(house, at="2020-09-01T16:00:00+02:00") == 0


async def test_a_late_batch_lands_in_the_past(house: OpenHouse) -> None:
    """Back-entry with old dates: nobody knew at the time, and yet it was so; both counts can be asked for."""
    await house.event()
    await house.patient("p1")
    house.clock.forward(hours=2)
    lines = [
        {"op": "create", "id": "l1", "severity_entry": "UA", "happened_at": "2020-09-01T16:10:00+02:00"},
        {"op": "create", "id": "l2", "severity_entry": "UR", "happened_at": "2020-09-01T16:20:00+02:00"},
        {
            "op": "triage",
            "patient_id": "l2",
            "stage": "exit",
            "severity": "DCD",
            "happened_at": "2020-09-01T16:40:00+02:00",
        },
    ]
    async with house.portal as portal:
        answer = await portal.post(
            "/v1/events/evt/batch",
            content=b"\n".join(map(orjson.dumps, lines)),
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert [orjson.loads(line)["ok"] for line in answer.content.splitlines()] == [True] * 3
        history = (await portal.get("/v1/events/evt/patients/l2/history")).json()["observations"]
        assert [one["happened_at"][:16] for one in history] == ["2020-09-01T14:20", "2020-09-01T14:40"]
        assert {one["received_at"][:13] for one in history} == {"2020-09-01T17"}
    at = "2020-09-01T16:30:00+02:00"
    assert [await _total(house, at=at), await _total(house, at=at, by="happened"), await _total(house)] == [0, 2, 3]
    async with house.as_(Scope.COUNTS) as reader:
        then = (await reader.get("/v1/events/evt/counts", params={"at": at, "by": "happened"})).json()["totals"]
        now = (await reader.get("/v1/events/evt/counts")).json()["totals"]
    assert ((then["UR"], then["DCD"]), (now["UR"], now["DCD"])) == ((1, 0), (1, 1))


@pytest.mark.parametrize(("name", "value"), [("at", "hier"), ("at", "2020-09-01T16:30:00"), ("by", "devinette")])
async def test_a_question_that_cannot_be_read_is_refused(house: OpenHouse, name: str, value: str) -> None:
    """An instant without its offset means nothing, and no third kind of time exists."""
    await house.event()
    async with house.as_(Scope.COUNTS) as reader:
        answer = await reader.get("/v1/events/evt/counts", params={name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, f"?{name}")


async def test_who_reads_numbers_never_reads_a_person(house: OpenHouse) -> None:
    """Every answer that the counts key gets, of the whole event, holds no name and no number of a patient."""
    event = await _play(house)
    await house.settle()
    async with house.as_(Scope.COUNTS) as reader:
        for path in ("", "/counts", "/boards/tb1", "/boards/tb3", "/boards/tb4", "/boards/tb1?format=csv"):
            text = (await reader.get(f"/v1/events/{event}{path}")).text
            assert [one for one in training_event.PATIENTS if one.name in text or (one.number or "—") in text] == [], (
                path
            )
