"""R-16 to R-21: what is written on a fiche, and by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.decisions.commands import (
    AskOrientation,
    AssignCata,
    ChangePatient,
    ConfirmEvacuation,
    DecideOrientation,
    ReplacePatient,
    RequestEvacuation,
    StepBack,
    Triage,
)
from domain.errors import ConflictError, InvalidError
from domain.event import add_localisation, change_event, remove_localisation
from domain.numbers.cata import CATA_CODE, cata_code
from domain.numbers.identifier import IdentifierKind
from domain.rules import Rules
from domain.source import Source
from domain.victim.care_path import CareStatus
from domain.victim.offers import offers
from domain.victim.snapshot import WRITABLE, destination_of, victim_canon
from domain.victim.victim import disagreements
from tests.domain.stage import HP, TR, TR_2, Stage


@pytest.mark.parametrize("severity", ["UA", "UR", "IMP", "DCD", "NC", "ua"])
def test_r16_the_five_severities(severity: str) -> None:
    """They are read in any case and written in capitals."""
    assert Stage().create(severity_entry=severity).severity.value == severity.upper()


def test_r16_another_word_is_refused() -> None:
    """A finer or foreign code is not guessed into one of ours."""
    with pytest.raises(InvalidError) as refused:
        Stage().create(severity_entry="UD")
    assert (refused.value.code, refused.value.field) == ("R-16", "severity_entry")


def test_r16_a_death_is_reversible_and_leaves_its_trace() -> None:
    """A DCD said by mistake is corrected, and the history shows who said what and when."""
    stage = Stage()
    stage.create()
    stage.do("p1", Triage("entry", "DCD"))
    victim = stage.do("p1", Triage("entry", "UA"))
    assert victim.severity == "UA"
    assert [entry.severity for entry in victim.triage] == ["UA", "DCD", "UA"]
    assert victim.triage[1].stamp.author == "arm-essai"


def test_r17_an_unreadable_number_is_kept_raw_and_flagged() -> None:
    """The victim is created all the same; nothing is dropped, nothing is corrected."""
    stage = Stage()
    victim = stage.create(sinus_number="FR825N0VI0000TR123123")
    (kept,) = victim.identifiers
    assert (kept.kind, kept.value, kept.unread) == (IdentifierKind.UNREAD, "FR825N0VI0000TR123123", "letter_or_zero")
    assert kept.quarantined
    assert victim.flags == ("sinus_number_unread",)
    assert victim_canon(victim, stage.event)["sinus_number"] is None


def test_r17_a_readable_number_settles_the_quarantine() -> None:
    """Once the right number is there, the unread text is history."""
    stage = Stage()
    stage.create(sinus_number="FR825N0VI0000TR123123")
    victim = stage.do("p1", ChangePatient({"sinus_number": TR}))
    assert victim.sinus_number == TR
    assert victim.flags == ("sinus_year_0000",)
    assert len(victim.identifiers) == 2


def test_r17_an_unreadable_number_displaces_no_good_one() -> None:
    """A bad scan over a good bracelet leaves the bracelet, and shows the scan."""
    stage = Stage()
    stage.create(sinus_number=TR)
    victim = stage.do("p1", ChangePatient({"sinus_number": "scan"}))
    assert victim.sinus_number == TR
    assert "sinus_number_unread" in victim.flags


def test_r17_a_person_may_have_a_number_of_the_field_and_one_of_a_hospital() -> None:
    """The field's is shown; both hold; emptying the number empties both."""
    stage = Stage()
    stage.create(sinus_number=TR)
    victim = stage.do("p1", ChangePatient({"sinus_number_hp": HP}), Source.SIVIC)
    canon = victim_canon(victim, stage.event)
    assert (canon["sinus_number"], canon["sinus_number_hp"]) == (TR, HP)
    assert victim_canon(stage.do("p1", ChangePatient({"sinus_number": None})), stage.event)["sinus_number_hp"] is None


def test_r17_a_field_number_is_no_hospital_number() -> None:
    """TR written where HP is asked is refused, by name."""
    with pytest.raises(InvalidError) as refused:
        Stage().create(sinus_number_hp=TR)
    assert refused.value.field == "sinus_number_hp"


def test_r17_a_changed_number_keeps_its_validity() -> None:
    """Who gave it, from when to when, and why it ended."""
    stage = Stage()
    stage.create(sinus_number=TR)
    first, second = stage.do("p1", ChangePatient({"sinus_number": TR_2})).identifiers
    assert (first.source, first.ended_because, first.valid_to) == (Source.PORTAL, "changed", stage.now)
    assert (second.source, second.value, second.holds) == (Source.PORTAL, TR_2, True)


def test_r17_a_neighbours_number_displaces_no_number_that_a_person_gave() -> None:
    """It is set aside with its source and offered; taken over by a person, it holds and is offered no more."""
    stage = Stage()
    stage.create(sinus_number=TR)
    victim = stage.do("p1", ChangePatient({"sinus_number": TR_2}), Source.SINUS)
    assert (victim.sinus_number, victim.flags) == (TR, ("sinus_number_offered", "sinus_year_0000"))
    assert [(offer.field, offer.value, offer.source) for offer in offers(victim)] == [
        ("sinus_number", TR_2, Source.SINUS)
    ]
    assert stage.do("p1", ChangePatient({"sinus_number": TR_2}), Source.SINUS) == victim
    taken = stage.do("p1", ChangePatient({"sinus_number": TR_2}))
    assert (taken.sinus_number, offers(taken)) == (TR_2, ())


def test_a_neighbours_step_does_not_undo_what_a_person_decided() -> None:
    """An orientation, a vecteur and a move back stand against the dispatcher's word, which is kept beside and offered."""
    stage = Stage()
    stage.create(severity_exit="UA")
    mine, theirs = {"finess": "310000001", "name": "ESSAI A"}, {"finess": "310000002", "name": "ESSAI B"}
    stage.do("p1", AskOrientation())
    stage.do("p1", DecideOrientation("ETABLISSEMENT", mine))
    kept = stage.do("p1", DecideOrientation("ETABLISSEMENT", theirs), Source.LRM)
    assert destination_of(kept) == {**mine, "service": None}
    assert [(offer.field, offer.value["finess"]) for offer in offers(kept)] == [("destination", "310000002")]
    stage.do("p1", RequestEvacuation(vector="SMUR.AR"))
    assert stage.do("p1", RequestEvacuation(vector="SIS.VSAV"), Source.LRM).care.vector == "SMUR.AR"
    stage.do("p1", ConfirmEvacuation(), Source.LRM)
    back = stage.do("p1", StepBack())
    again = stage.do("p1", ConfirmEvacuation(), Source.LRM)
    assert (back.status, again.status) == (CareStatus.ATTENTE_EVACUATION, CareStatus.ATTENTE_EVACUATION)
    assert "status" in {offer.field for offer in offers(again)}
    with pytest.raises(ConflictError):
        stage.do("p1", StepBack(), Source.LRM)


def test_an_orientation_decided_since_the_admission_stands() -> None:
    """The hospital's word names where the victim is; a person who then sends the victim on is not undone by it."""
    stage = Stage()
    stage.create(severity_exit="UA")
    there, onward = {"finess": "310000001", "name": "ESSAI A"}, {"finess": "310000002", "name": "ESSAI B"}
    stage.do("p1", AskOrientation())
    admitted = stage.do(
        "p1", ChangePatient({"destination": there, "admitted_at": "2020-09-01T16:00:00+00:00"}), Source.SIVIC
    )
    assert (destination_of(admitted) or {})["finess"] == "310000001"
    moved = stage.do("p1", DecideOrientation("ETABLISSEMENT", onward))
    assert (destination_of(moved) or {})["finess"] == "310000002"


def test_r18_a_cata_code_is_drawn_on_demand_and_once() -> None:
    """Asked twice, the same code."""
    stage = Stage()
    assert not stage.create().identifiers
    stage.do("p1", AssignCata())
    victim = stage.do("p1", AssignCata())
    assert victim_canon(victim, stage.event)["cata_code"] == "A0001"
    assert victim.revision == 2


def test_r18_the_code_stays_when_a_number_arrives_or_the_victim_moves() -> None:
    """Papers with the code still circulate; a deployment may choose otherwise on both counts."""
    stage = Stage()
    stage.create()
    stage.do("p1", AssignCata())
    victim = stage.do("p1", ChangePatient({"sinus_number": TR, "localisation_id": "stade"}))
    assert victim_canon(victim, stage.event)["cata_code"] == "A0001"
    other = Stage(rules=Rules(cata_kept_on_number=False, cata_follows_localisation=True))
    other.create()
    other.do("p1", AssignCata())
    victim = other.do("p1", ChangePatient({"localisation_id": "stade"}))
    assert victim_canon(victim, other.event)["cata_code"] == "E0001"
    victim = other.do("p1", ChangePatient({"sinus_number": TR}))
    assert victim_canon(victim, other.event)["cata_code"] is None


def test_r19_letter_of_the_place_and_four_digits() -> None:
    """The first patient of the first place is A0001; each place counts for itself."""
    stage = Stage()
    drawn = []
    for name, place in (("p1", "amb"), ("p2", "amb"), ("p3", "cyan")):
        stage.create(name, localisation_id=place)
        drawn.append(victim_canon(stage.do(name, AssignCata()), stage.event)["cata_code"])
    assert drawn == ["A0001", "A0002", "B0001"]
    assert all(code and CATA_CODE.fullmatch(code) for code in drawn)


def test_r19_a_letter_is_never_given_twice() -> None:
    """A removed place keeps its letter, and a name may come back under another."""
    event = add_localisation(remove_localisation(Stage().event, "amb"), "amb2", "Ambulance")
    assert [place.letter for place in event.localisations] == ["A", "B", "C", "D", "E", "F"]


def test_r19_past_z_the_place_opens_and_the_code_is_refused() -> None:
    """A code must not stop a place; a deployment may refuse the place instead."""
    places = [(f"l{rank}", f"Lieu {rank}") for rank in range(27)]
    stage = Stage(places)
    stage.create(localisation_id="l26")
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", AssignCata())
    assert refused.value.code == "R-19"
    with pytest.raises(ConflictError) as refused:
        Stage(places, Rules(localisations_without_letter=False))
    assert refused.value.code == "R-19"


def test_r19_past_9999_the_code_is_refused_and_none_is_reused() -> None:
    """The error names the rule."""
    assert cata_code("A", 9999) == "A9999"
    with pytest.raises(ConflictError) as refused:
        cata_code("A", 10000)
    assert refused.value.code == "R-19"


def test_r19_no_place_no_code() -> None:
    """A code needs the letter of a place."""
    stage = Stage(places=())
    stage.create()
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", AssignCata())
    assert refused.value.field == "localisation_id"


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("patient_type", "Pédiatrie", "pediatrie"),
        ("sex", "m", "M"),
        ("sex", "?", "?"),
        ("birth_date", "12/03/1950", "1950-03-12"),
        ("weight_kg", "72,5", 72.5),
        ("nationality", "fra", "FRA"),
        ("nationality", "Française", "Française"),
        ("used_name", "  TESTE ", "TESTE"),
        ("used_name", "  ", None),
        ("particularity", "force de l’ordre", "FORCE_DE_L_ORDRE"),
        ("nir", "2 55 08 14 168 025 38", "255081416802538"),
        ("contact_person", {"name": "TESTE Autre"}, {"name": "TESTE Autre", "relation": None, "phone": None}),
    ],
)
def test_r20_a_field_is_kept_in_its_one_form(name: str, said: Any, kept: object) -> None:
    """Readers bring what people write to one form."""
    assert Stage().create(**{name: said}).value(name) == kept


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("patient_type", "senior"),
        ("sex", "X"),
        ("birth_date", "31/02/2000"),
        ("weight_kg", -1),
        ("weight_kg", "lourd"),
        ("weight_kg", True),
        ("age", {"value": 3, "unit": "decades"}),
        ("age", {"value": 300, "unit": "years"}),
        ("used_name", 12),
        ("comment", "x" * 10_001),
        ("nir", "255081416802539"),
        ("contact_person", {"phone": "0"}),
        ("particularity", "D"),
        ("admitted_at", "2020-09-01T12:00:00"),
        ("destination", {"finess": "1", "name": "CH"}),
        ("cata_code", "A0001"),
        ("status", "PATIENT_EVACUE"),
    ],
)
def test_r20_a_wrong_field_is_named_and_its_value_is_not_repeated(name: str, wrong: Any) -> None:
    """The error says which field and what was expected, in French, and what was accepted before is untouched."""
    stage = Stage()
    before = stage.create()
    with pytest.raises(InvalidError) as refused:
        stage.do("p1", ChangePatient({name: wrong}))
    assert refused.value.field.startswith(name)
    assert str(wrong) not in refused.value.title
    assert stage.victims["p1"] == before


def test_r20_every_reader_keeps_what_it_has_read() -> None:
    """A value in its one form is read as itself, so a fiche may be sent back as it was shown."""
    forms = {"severity_entry": "UR", "sex": "F", "birth_date": "1950-03-12", "weight_kg": 60.0, "particularity": "VIP"}
    assert {name: WRITABLE[name](value) for name, value in forms.items()} == forms


def test_r20_a_partial_change_erases_nothing() -> None:
    """Only what is named changes; a name with None is emptied."""
    stage = Stage()
    stage.create(used_name="TESTE", given_name="Essai", contact="sœur")
    victim = stage.do("p1", ChangePatient({"given_name": "Autre", "contact": None}))
    assert (victim.value("used_name"), victim.value("given_name"), victim.value("contact")) == ("TESTE", "Autre", None)


def test_r20_a_replacement_empties_its_own_words_and_no_others() -> None:
    """What the portal does not repeat goes; the triage, the place and what SI-VIC said stay."""
    stage = Stage()
    stage.create(used_name="TESTE", comment="essai", severity_entry="UR", localisation_id="stade", sinus_number=TR)
    stage.do("p1", ChangePatient({"contact_person": {"name": "AUTRE"}, "sinus_number_hp": HP}), Source.SIVIC)
    victim = stage.do("p1", ReplacePatient({"used_name": "TESTE"}))
    canon = victim_canon(victim, stage.event)
    assert (canon["comment"], canon["severity"], canon["contact_person"] is None) == (None, "UR", False)
    assert canon["localisation"] == {"id": "stade", "name": "Stade", "letter": "E"}
    assert (canon["sinus_number"], canon["sinus_number_hp"]) == (HP, HP)


def test_r20_what_repeats_is_no_news() -> None:
    """The same word of the same source again gives no observation."""
    stage = Stage()
    stage.create(used_name="TESTE", sinus_number=TR, age="45 ANS")
    same = ReplacePatient({"used_name": "TESTE", "sinus_number": TR, "age": "45 ANS", "severity_entry": "UA"})
    assert stage.decided("p1", same, stage.stamp()) == ()


def test_r20_each_source_keeps_its_word_and_the_precedence_is_visible() -> None:
    """The portal is shown before SINUS; both words stay, and the disagreement can be seen."""
    stage = Stage()
    stage.create(source=Source.SINUS, severity_entry="UR", used_name="TEST")
    victim = stage.do("p1", ChangePatient({"used_name": "TESTE", "severity_entry": "UA"}))
    assert (victim.value("used_name"), victim.severity) == ("TESTE", "UA")
    word = victim.said_by(Source.SINUS, "used_name")
    assert word is not None
    assert word.value == "TEST"
    assert set(disagreements(victim)) == {"used_name", "severity_entry"}
    first_sinus = Rules(precedence_identity=(Source.SINUS, Source.PORTAL))
    again = Stage(rules=first_sinus)
    again.create(source=Source.SINUS, used_name="TEST")
    # A person who corrects what SINUS said is not undone by it; what SINUS says a day later is shown first again.
    assert again.do("p1", ChangePatient({"used_name": "TESTE"})).value("used_name") == "TESTE"
    again.now += timedelta(hours=25)
    assert again.do("p1", ChangePatient({"used_name": "TEST"}), Source.SINUS).value("used_name") == "TESTE"
    assert again.do("p1", ChangePatient({"used_name": "TESTER"}), Source.SINUS).value("used_name") == "TESTER"


def test_r21_three_groups_have_a_meaning_per_event() -> None:
    """A, B and C, and no other."""
    event = change_event(Stage().event, particularity_groups={"A": "passagers du car 1"})
    assert event.particularity_groups == {"A": "passagers du car 1"}
    with pytest.raises(InvalidError) as refused:
        change_event(event, particularity_groups={"D": "?"})
    assert refused.value.field == "particularity_groups.D"


def test_no_merge_on_a_name() -> None:
    """Two victims of one same identity are two victims."""
    stage = Stage()
    for name in ("p1", "p2"):
        stage.create(name, used_name="TESTE", given_name="Essai", birth_date="1950-03-12")
    assert len(stage.victims) == 2
    assert [victim.value("used_name") for victim in stage.victims.values()] == ["TESTE", "TESTE"]
