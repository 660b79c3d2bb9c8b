"""A patient at the portal's door: what is named changes and nothing else, nothing said is forgotten, no code is given twice."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.gateway.house import NUMBER, WHOLE

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

PATIENTS = "/v1/events/evt/patients"
ONE = PATIENTS + "/p1"
IDENTITY = ("used_name", "given_name", "birth_date", "sex", "nationality", "nir", "contact_person", "comment")


@pytest.fixture
async def known(house: OpenHouse) -> OpenHouse:
    """An event with one patient of whom everything is known."""
    await house.event()
    await house.patient(**WHOLE)
    return house


async def _read(house: OpenHouse, patient: str = "p1") -> dict[str, Any]:
    async with house.portal as portal:
        return dict((await portal.get(f"{PATIENTS}/{patient}")).json())


async def test_a_partial_change_erases_nothing_that_it_does_not_name(known: OpenHouse) -> None:
    """One field changes; all the others, the triage and the number are what they were."""
    before = await _read(known)
    async with known.portal as portal:
        assert (await portal.patch(ONE, json={"sex": "A"})).status_code == 200
    after = await _read(known)
    assert {name for name in after if after[name] != before[name]} == {"sex", "revision"}


async def test_null_empties_one_field(known: OpenHouse) -> None:
    """An explicit null is the only way to empty by a partial change."""
    async with known.portal as portal:
        await portal.patch(ONE, json={"comment": None})
    after = await _read(known)
    assert (after["comment"], after["used_name"]) == (None, "ESSAI-UN")


async def test_a_change_that_says_what_is_known_changes_nothing(known: OpenHouse) -> None:
    """The same word twice makes no revision, no row and no message."""
    before = await known.written()
    async with known.portal as portal:
        answer = await portal.patch(ONE, json={"sex": "F"})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert await known.written() == before


async def test_a_replacement_empties_what_it_does_not_repeat(known: OpenHouse) -> None:
    """A whole form: what it leaves out is emptied, but neither the triage nor the place, which no form may empty."""
    async with known.portal as portal:
        answer = await portal.put(ONE, json={"used_name": "TESTE"})
    after = answer.json()
    assert answer.status_code == 200
    assert {name: after[name] for name in IDENTITY} == {**dict.fromkeys(IDENTITY), "used_name": "TESTE"}
    assert (after["severity"], after["localisation"]["id"], after["sinus_number"]) == ("UR", "pma", None)


async def test_a_replacement_of_nobody_creates(known: OpenHouse) -> None:
    """The portal may choose the identifier: a put on a new one creates, the same put again does not."""
    async with known.portal as portal:
        first = await portal.put(f"{PATIENTS}/p2", json={"severity_entry": "IMP"})
        again = await portal.put(f"{PATIENTS}/p2", json={"severity_entry": "IMP"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["location"] == f"{PATIENTS}/p2"


async def test_the_etag_is_the_revision_that_if_match_takes(known: OpenHouse) -> None:
    """What was read last may be changed; an asterisk asks for nothing."""
    async with known.portal as portal:
        tag = (await portal.get(ONE)).headers["etag"]
        changed = await portal.patch(ONE, json={"sex": "M"}, headers={"If-Match": tag})
        anyhow = await portal.patch(ONE, json={"sex": "A"}, headers={"If-Match": "*"})
    assert (tag, changed.headers["etag"], anyhow.headers["etag"]) == ('"1"', '"2"', '"3"')


async def test_of_two_writers_who_read_the_same_one_wins(known: OpenHouse) -> None:
    """Twenty changes at once upon one revision: one is taken, nineteen are told to read again."""
    async with known.portal as portal:
        answers = await asyncio.gather(
            *(portal.patch(ONE, json={"comment": f"commentaire {n}"}, headers={"If-Match": '"1"'}) for n in range(20))
        )
    assert sorted(one.status_code for one in answers) == [200] + [412] * 19
    assert (await _read(known))["revision"] == 2


async def test_the_triage_is_one_at_a_time_and_its_history_is_kept(known: OpenHouse) -> None:
    """Entry and exit, who said it, when it happened, when it was received: all of it stays readable."""
    said = [
        ("entry", "UA", "2020-09-01T16:30:00+02:00", "medecin-essai-1"),
        ("exit", "UR", "2020-09-01T16:50:00+02:00", "medecin-essai-2"),
        ("exit", "DCD", "2020-09-01T16:55:00+02:00", "medecin-essai-2"),
    ]
    for stage, severity, at, author in said:
        body = {"stage": stage, "severity": severity, "happened_at": at, "author": author}
        await known.act("patients/p1/triage", body)
    shown = await _read(known)
    # The entry of the creation happened at 17:00, after the one that was entered late.
    assert (shown["severity"], shown["severity_entry"], shown["severity_exit"]) == ("DCD", "UR", "DCD")
    assert shown["triaged_by"] == "medecin-essai-2"
    async with known.portal as portal:
        history = (await portal.get(f"{ONE}/history")).json()["observations"]
    told = [
        (act["stage"], act["severity"], datetime.fromisoformat(line["happened_at"]), line["author"])
        for line in history[1:]
        for act in line["facts"]["triage"]
    ]
    assert told == [(stage, severity, datetime.fromisoformat(at), author) for stage, severity, at, author in said]
    assert all(line["received_at"] > line["happened_at"] for line in history[1:])


async def test_the_whole_path_of_an_evacuated_patient(known: OpenHouse) -> None:
    """Bilan, orientation, evacuation: each status in its turn, at both neighbours as well, and one step back."""
    hospital = {"finess": "310781406", "name": "Hôpital d’essai"}
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("bilan", {"text": "bilan confié", "severity_exit": "UR"}, "ATTENTE_SOINS"),
        ("orientation-request", {}, "ATTENTE_ORIENTATION"),
        ("orientation", {"choice": "ETABLISSEMENT", "destination": hospital}, "ATTENTE_ORIENTATION"),
        ("evacuation-request", {"vector": "SMUR.AR"}, "ATTENTE_EVACUATION"),
        ("evacuation", {}, "PATIENT_EVACUE"),
        ("step-back", {"reason": "demi-tour"}, "ATTENTE_EVACUATION"),
        ("evacuation", {}, "PATIENT_EVACUE"),
    ]
    for step, body, status in steps:
        assert (await known.act(f"patients/p1/{step}", body))["status"] == status
    await known.settle()
    assert known.sinus_victims()["p1"]["fiche"]["destination"]["nom"] == "Hôpital d’essai"
    person = known.sivic_persons()["p1"]["person"]
    assert person["situation"] == "EN_ROUTE"
    assert "bilan confié" not in str(person) + str(known.sinus_victims())


async def test_a_number_read_by_a_scanner_is_kept_in_its_one_form(known: OpenHouse) -> None:
    """Spaces, hyphens, lower case and the scanner's line end are noise."""
    shown = await known.patient("p2", sinus_number="fr 825 novi - 0000 tr - 100002\r\n")
    assert (shown["sinus_number"], shown["flags"]) == ("FR825NOVI0000TR100002", ["sinus_year_0000"])


@pytest.mark.parametrize("raw", ["FR825NOVI0000XX123123", "FR825N0VI0000TR123123", "A0001", "FR825NOVI0000TR12312"])
async def test_a_number_that_cannot_be_read_is_kept_and_flagged(known: OpenHouse, raw: str) -> None:
    """An unknown shape goes to quarantine: never corrected, never dropped, and no neighbour is told of it as a number."""
    shown = await known.patient("p2", sinus_number=raw)
    assert (shown["sinus_number"], shown["flags"]) == (None, ["sinus_number_unread"])
    assert [(one["value"], one["unread"] is not None) for one in shown["identifiers"]] == [(raw, True)]
    await known.settle()
    assert raw not in str(known.sinus_victims()) + str(known.sivic_persons())


async def test_a_detached_number_then_a_deletion_reach_both_as_two_messages(known: OpenHouse) -> None:
    """R-40, R-41: the number is emptied first, then the record is deleted; each is said as such, in that order."""
    await known.settle()
    async with known.portal as portal:
        assert (await portal.request("DELETE", ONE)).status_code == 409
        emptied = await portal.patch(ONE, json={"sinus_number": None})
        await known.settle()
        deleted = await portal.request("DELETE", ONE, json={"reason": "doublon"})
    assert (emptied.status_code, deleted.status_code) == (200, 200)
    await known.settle()
    for side in ("sinus", "sivic"):
        sent = [one for one in await known.messages(destination=side) if one["lane"] == "victim:p1"]
        delivered = [one["topic"] for one in reversed(sent) if one["status"] == "delivered"]
        assert delivered == ["victim", "identifier.detached", "victim", "victim"], side
    held = known.sinus_victims()["p1"]
    assert (held["numeros"], held["fiche"]["retiree"]) == ([], "true")
    assert known.sivic_persons()["p1"]["withdrawn"] is True
    shown = await known.patient("p2", sinus_number=NUMBER)
    await known.settle()
    assert shown["sinus_number"] == NUMBER
    assert known.sinus_victims()["p2"]["numeros"] == [NUMBER]


async def test_r40_what_sivic_gives_after_a_number_was_emptied_is_offered_and_stops_no_deletion(
    known: OpenHouse,
) -> None:
    """The emptied field stays empty whatever a neighbour answers; a person may take the offer, or delete the record."""
    await known.settle()
    async with known.portal as portal:
        await portal.patch(ONE, json={"sinus_number": None})
        await known.settle()
        given = known.sivic_persons()["p1"]["given_number"]
        shown = (await portal.get(ONE)).json()
        assert (shown["sinus_number"], shown["sinus_number_hp"]) == (None, None)
        assert [(one["field"], one["value"], one["source"]) for one in shown["offers"]] == [
            ("sinus_number_hp", given, "sivic")
        ]
        assert "sinus_number_offered" in shown["flags"]
        await portal.patch(ONE, json={"comment": "un autre mot"})
        await known.settle()
        assert (await _read(known))["sinus_number"] is None
        assert (await portal.request("DELETE", ONE)).status_code == 200
    await known.settle()
    assert known.sivic_persons()["p1"]["withdrawn"] is True


async def test_a_number_that_was_offered_holds_once_a_person_takes_it(known: OpenHouse) -> None:
    """Typed by a person, the number of the hospital names the victim and reaches SINUS."""
    await known.settle()
    async with known.portal as portal:
        await portal.patch(ONE, json={"sinus_number": None})
        await known.settle()
        given = known.sivic_persons()["p1"]["given_number"]
        taken = (await portal.patch(ONE, json={"sinus_number": given})).json()
    assert (taken["sinus_number"], taken["offers"]) == (given, [])
    await known.settle()
    assert known.sinus_victims()["p1"]["numeros"] == [given]


async def test_a_deleted_patient_is_seen_nowhere_and_forgotten_nowhere(known: OpenHouse) -> None:
    """Neither listed nor counted, yet its history can be read and its record says what it is."""
    await known.patient("p2", localisation_id="stade")
    async with known.portal as portal:
        await portal.delete(f"{PATIENTS}/p2")
        listed = (await portal.get(PATIENTS)).json()["patients"]
        history = (await portal.get(f"{PATIENTS}/p2/history")).json()["observations"]
    assert [one["id"] for one in listed] == ["p1"]
    assert [one["kind"] for one in history] == ["patient.created", "patient.deleted"]
    assert (await _read(known, "p2"))["status"] == "PATIENT_SUPPRIME"


async def test_a_hundred_cata_codes_at_once_are_a_hundred_codes(known: OpenHouse) -> None:
    """R-18, R-19: whatever arrives together, no code names two victims, and asking again gives the same one."""
    lines = [orjson.dumps({"op": "create", "id": f"c{n}", "severity_entry": "UR"}) for n in range(100)]
    async with known.portal as portal:
        await portal.post(
            "/v1/events/evt/batch", content=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
        )
        answers = await asyncio.gather(*(portal.post(f"{PATIENTS}/c{n}/cata-code") for n in range(100)))
        again = await portal.post(f"{PATIENTS}/c7/cata-code")
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["cata_code"] for one in answers}) == 100
    assert again.json()["cata_code"] == answers[7].json()["cata_code"]


async def test_the_number_that_sivic_gives_comes_back_and_reaches_sinus(house: OpenHouse) -> None:
    """A patient without a bracelet gets an HP number from SI-VIC: an identifier of that source, told to SINUS, not back to SI-VIC."""
    await house.event()
    await house.patient()
    await house.settle()
    given = house.sivic_persons()["p1"]["given_number"]
    shown = await _read(house)
    names = {(one["kind"], one["value"], one["source"]) for one in shown["identifiers"]}
    assert ("sinus_hp", given, "sivic") in names
    assert ("sivic", house.sivic_persons()["p1"]["fiche"], "sivic") in names
    assert house.sinus_victims()["p1"]["numeros"] == [given]
    assert [one["topic"] for one in await house.messages(destination="sivic")] == ["victim", "event"]


async def test_a_patient_is_found_by_number_code_or_name(known: OpenHouse) -> None:
    """What a scanner reads, what is written on a paper, or how a name begins."""
    code = (await known.act("patients/p1/cata-code"))["cata_code"]
    await known.patient("p2")
    async with known.portal as portal:
        for sought, expected in (
            ({"number": "fr 825 novi - 0000 tr - 100001"}, ["p1"]),
            ({"number": code.lower()}, ["p1"]),
            ({"name": "tes"}, []),
            ({"name": "x"}, []),
            ({}, ["p1", "p2"]),
        ):
            found = (await portal.post(f"{PATIENTS}/search", json=sought)).json()["patients"]
            assert [one["id"] for one in found] == expected


async def test_the_sync_of_a_patient_says_where_its_record_stands(known: OpenHouse) -> None:
    """Per destination: waiting before, delivered with its lag after; no word of the person."""
    await known.settle()
    async with known.operator as operator:
        shown = (await operator.get(f"{ONE}/sync")).json()["destinations"]
    assert {one["destination"]: one["status"] for one in shown} == {"sinus": "delivered", "sivic": "delivered"}
    assert all(one["lag_ms"] is not None and one["cause"] is None for one in shown)
