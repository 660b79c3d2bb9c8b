"""The INS dossier, rule by rule: nothing blocks, and only one case lets a matricule leave."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.intervention.ins import (
    TITLES,
    Decision,
    IdentityStatus,
    Ins,
    Judgement,
    Oid,
    Traits,
    first_given_name_agrees,
    interpreted_birth_date,
    is_shaped,
    judge,
    key_is_right,
    key_of,
    read_birth_date,
    read_status,
    status_of,
)
from domain.mode import Mode

GOOD = "269052A00400139"
FULL = Traits("TESTE", ("ANGELE", "ZOE"), "F", "1969-05-17", "2A004")
BASE = "https://hl7.fr/ig/fhir/core/CodeSystem/"
PROV, VALI, RECUP, QUAL = IdentityStatus


def judged(
    matricule: str = GOOD,
    oid: str = Oid.NIR,
    status: IdentityStatus | None = QUAL,
    traits: Traits = FULL,
    mode: Mode = Mode.ACTUAL,
    type_code: str | None = "INS-NIR",
    **attributes: bool,
) -> Judgement:
    """An identity received whole, but for what a test changes."""
    return judge(Ins(matricule, oid, type_code), status, traits, mode, **attributes)


def codes(judgement: Judgement) -> list[str]:
    """What was said."""
    return [remark.code for remark in judgement.remarks]


@pytest.mark.parametrize(
    ("thirteen", "key"),
    [
        ("2951099126111", "93"),
        ("2550814168025", "38"),
        ("269052A004001", "39"),
        ("185082B033007", "56"),
        ("2520677288001", "17"),
        ("7801299341012", "79"),
        ("1234567890122", "12"),
        ("2880912345678", "94"),
    ],
)
def test_the_keys_of_the_dossier(thirteen: str, key: str) -> None:
    """Each vector, Corsica and waiting numbers included, has the key that was computed apart."""
    assert key_of(thirteen) == key
    assert key_is_right(thirteen + key)


@pytest.mark.parametrize("published", ["123456789012244", "288091234567823"])
def test_the_matricules_of_public_examples_fail_the_key(published: str) -> None:
    """They are well shaped and their key is wrong: a key must never block."""
    assert is_shaped(published)
    assert not key_is_right(published)


@settings(deadline=None)
@given(
    sex=st.sampled_from("123478"),
    middle=st.from_regex(r"[0-9]{4}", fullmatch=True),
    island=st.sampled_from([("2A", 1_000_000), ("2B", 2_000_000)]),
    end=st.from_regex(r"[0-9]{6}", fullmatch=True),
)
def test_both_ways_of_counting_corsica_agree(sex: str, middle: str, island: tuple[str, int], end: str) -> None:
    """2A as 19 and 2B as 18 give the same key as a zero in place of the letter minus one or two millions."""
    letters, less = island
    other = 97 - (int(f"{sex}{middle}20{end}") - less) % 97
    assert key_of(f"{sex}{middle}{letters}{end}") == f"{other:02d}"


@settings(deadline=None)
@given(matricule=st.from_regex(r"[123478][0-9]{12}", fullmatch=True), place=st.integers(0, 12), digit=st.integers(1, 9))
def test_one_digit_mistyped_is_seen(matricule: str, place: int, digit: int) -> None:
    """97 is prime and no power of ten is a multiple of it: one wrong digit always breaks the key."""
    wrong = matricule[:place] + str((int(matricule[place]) + digit) % 10) + matricule[place + 1 :]
    assert not key_is_right(wrong + key_of(matricule))


@pytest.mark.parametrize(
    "text",
    ["", "2690520040013", "569052A00400139", "269052C00400139", "269052A0040013X", "269052A0040013٣", GOOD + "0"],
)
def test_what_has_not_the_shape_of_a_matricule(text: str) -> None:
    """Thirteen characters without a key, a letter elsewhere, a foreign digit: not a matricule."""
    assert not is_shaped(text)


@pytest.mark.parametrize("month", ["20", "31", "42", "50", "99"])
def test_a_month_that_is_no_month_is_no_mistake(month: str) -> None:
    """Incomplete and waiting birth dates are written with months above twelve."""
    assert is_shaped(f"150{month}7511600142"[:15])


@pytest.mark.parametrize("oid", [Oid.NIR, "urn:oid:1.2.250.1.213.1.4.8"])
def test_a_qualified_identity_with_its_five_traits_leaves(oid: str) -> None:
    """The one case: QUAL, production OID, right key, five traits."""
    judgement = judged("2 69 05 2a 004 001 39", oid)
    assert (judgement.decision, judgement.remarks) == (Decision.SENT, ())
    assert judgement.outgoing == Ins(GOOD, Oid.NIR, "INS-NIR")


def test_the_white_list_is_the_only_way_out() -> None:
    """Over every status, OID, type, mode and attribute, a matricule leaves only when all is right."""
    types = ["INS-NIR", "INS-NIA", "INS-NIR-TEST", "INS-C", "NH", "PI", None]
    everything = product([*IdentityStatus, None], [*Oid, "1.2.3", ""], types, Mode, *[[False, True]] * 3)
    left = set()
    for status, oid, kind, mode, doubtful, fictitious, whole in everything:
        traits = FULL if whole else Traits()
        judgement = judged(GOOD, oid, status, traits, mode, kind, doubtful=doubtful, fictitious=fictitious)
        assert (judgement.outgoing is not None) == (judgement.decision is Decision.SENT)
        if judgement.outgoing:
            assert whole
            left.add((status, oid, kind, doubtful, fictitious))
    assert left == {
        (QUAL, Oid.NIR, "INS-NIR", False, False),
        (QUAL, Oid.NIR, None, False, False),
        (QUAL, Oid.NIA, "INS-NIA", False, False),
        (QUAL, Oid.NIA, None, False, False),
    }


@pytest.mark.parametrize(
    ("traits", "missing"),
    [
        (Traits(), ["birth_name", "given_names", "sex", "birth_date", "birth_place"]),
        (Traits(" ", ("ANGELE",), "F", "1969-05-17", "2A004"), ["birth_name"]),
        (Traits("TESTE", ("",), "F", "1969-05-17", "2A004"), ["given_names"]),
        (Traits("TESTE", ("ANGELE",), "?", "1969-05-17", "2A004"), ["sex"]),
        (Traits("TESTE", ("ANGELE",), "F", "1969", "2A004"), ["birth_date"]),
        (Traits("TESTE", ("ANGELE",), "F", "1969-02-30", "2A004"), ["birth_date"]),
        (Traits("TESTE", ("ANGELE",), "F", "19690517", "2A004"), ["birth_date"]),
        (Traits("TESTE", ("ANGELE",), "F", "1969-05-17", "20004A"), ["birth_place"]),
    ],
)
def test_five_traits_or_no_matricule(traits: Traits, missing: list[str]) -> None:
    """A trait that is absent or not strict keeps the matricule here, and is named."""
    judgement = judged(traits=traits)
    assert judgement.decision is Decision.WITHHELD
    assert [remark.field for remark in judgement.remarks] == [f"patient.{trait}" for trait in missing]
    assert set(codes(judgement)) == {"INS_TRAITS_INCOMPLETS"}


@pytest.mark.parametrize("status", [PROV, VALI, RECUP, None])
def test_an_identity_that_is_not_qualified_keeps_its_matricule_here(status: IdentityStatus | None) -> None:
    """The request goes on, the matricule does not."""
    judgement = judged(status=status)
    assert (judgement.decision, judgement.status, codes(judgement)) == (
        Decision.WITHHELD,
        status,
        ["INS_NON_QUALIFIEE"],
    )


@pytest.mark.parametrize(
    ("matricule", "oid", "kind", "mode", "decision", "said", "incident"),
    [
        ("269052A00400138", Oid.NIR, "INS-NIR", Mode.ACTUAL, Decision.QUARANTINED, ["INS_CLE"], False),
        ("2690520040013", Oid.NIR, "INS-NIR", Mode.ACTUAL, Decision.QUARANTINED, ["INS_FORME"], False),
        (GOOD, Oid.TEST, "INS-NIR-TEST", Mode.ACTUAL, Decision.DROPPED, ["INS_DE_TEST"], True),
        (GOOD, Oid.DEMO, "INS-NIR-DEMO", Mode.EXERCISE, Decision.WITHHELD, ["INS_DE_TEST"], False),
        ("123456789012244", Oid.TEST, None, Mode.EXERCISE, Decision.WITHHELD, ["INS_DE_TEST", "INS_CLE"], False),
        (GOOD, Oid.NIR, "NH", Mode.ACTUAL, Decision.DROPPED, ["INS_AUTRE_TYPE"], False),
        (GOOD, Oid.NIA, "INS-NIR", Mode.ACTUAL, Decision.QUARANTINED, ["INS_TYPE_ET_OID"], False),
        (GOOD, "1.2.3", None, Mode.ACTUAL, Decision.QUARANTINED, ["INS_OID_INCONNU"], False),
        (GOOD, Oid.INS_C, "INS-C", Mode.ACTUAL, Decision.WITHHELD, ["INS_C"], False),
    ],
)
def test_what_is_done_on_receipt(
    matricule: str, oid: str, kind: str | None, mode: Mode, decision: Decision, said: list[str], *, incident: bool
) -> None:
    """Each row of the dossier's table, and the traps beside: the decision, what is said, whether it counts as an incident."""
    judgement = judged(matricule, oid, mode=mode, type_code=kind)
    assert (judgement.decision, codes(judgement), judgement.incident) == (decision, said, incident)


@pytest.mark.parametrize("mode", Mode)
def test_no_ins_is_normal(mode: Mode) -> None:
    """Nothing is said of an identity without a matricule, whatever else is missing."""
    assert judge(None, None, Traits(), mode) == Judgement(Decision.NONE, None, None)


@pytest.mark.parametrize(
    ("mode", "attribute", "said"),
    [
        (Mode.ACTUAL, "doubtful", ["IDENTITE_DOUTEUSE"]),
        (Mode.ACTUAL, "fictitious", ["IDENTITE_FICTIVE"]),
        (Mode.EXERCISE, "fictitious", []),
    ],
)
def test_a_doubtful_or_fictitious_identity_falls_back(mode: Mode, attribute: str, said: list[str]) -> None:
    """It becomes provisional and its matricule is void; a fictitious one is only natural in an exercise."""
    judgement = judged(mode=mode, **{attribute: True})
    assert (judgement.decision, judgement.status, codes(judgement)) == (Decision.DROPPED, PROV, said)


def test_an_unknown_birth_place_is_said_and_does_not_hold_back() -> None:
    """99999 in a qualified identity is a warning of FR Core, not a missing trait."""
    traits = Traits("TESTE", ("ANGELE",), "F", "1969-05-17", "99999")
    assert (judged(traits=traits).decision, codes(judged(traits=traits))) == (
        Decision.SENT,
        ["LIEU_NAISSANCE_INCONNU"],
    )


def test_no_word_of_ours_holds_the_patient() -> None:
    """Neither a judgement nor a remark shows the matricule or a trait when printed."""
    told = repr(judged()) + repr(judged(status=PROV)) + repr(FULL) + repr(Ins(GOOD, Oid.NIR))
    assert [value for value in (GOOD, "TESTE", "ANGELE", "1969", "2A004") if value in told] == []
    assert len(set(TITLES.values())) == len(TITLES)


def test_two_questions_give_four_statuses() -> None:
    """Document checked, INSi recovered: each pair has its status."""
    given = [
        status_of(document_checked=checked, insi_recovered=found)
        for found in (False, True)
        for checked in (False, True)
    ]
    assert given == [PROV, VALI, RECUP, QUAL]


@pytest.mark.parametrize(
    ("system", "code", "has_ins", "status"),
    [
        (BASE + "fr-core-cs-identity-status", "VALI", True, VALI),
        (BASE + "fr-core-cs-identity-status|2.3.0", "QUAL", False, QUAL),
        (BASE + "fr-core-cs-v2-0445", "VALI", True, QUAL),
        (BASE + "fr-core-cs-v2-0445", "VALI", False, VALI),
        (BASE + "fr-core-cs-fiabilite-identite", "VALI", True, QUAL),
        (BASE + "fr-core-cs-fiabilite-identite", "PROV", True, PROV),
        (BASE + "fr-core-cs-identity-status", "FICT", True, None),
        ("https://example.fr/autre", "QUAL", True, None),
        (None, "QUAL", True, None),
        (BASE + "fr-core-cs-identity-status", None, True, None),
    ],
)
def test_a_status_is_read_with_its_system(
    system: str | None, code: str | None, *, has_ins: bool, status: IdentityStatus | None
) -> None:
    """VALI changed meaning with its code system; a code without a known system says nothing."""
    assert read_status(system, code, has_ins=has_ins) == status


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1952-03-04", ("1952-03-04", "1952")),
        ("1952-03", (None, "1952")),
        ("1952", (None, "1952")),
        ("1952-02-30", (None, None)),
        ("52", (None, None)),
        ("", (None, None)),
    ],
)
def test_an_incomplete_date_is_never_completed(text: str, read: tuple[str | None, str | None]) -> None:
    """A year stays a year, and a date that does not exist is none."""
    assert read_birth_date(text) == read


def test_a_stored_date_is_completed_by_the_rule() -> None:
    """Month and year: the first; day and year: January; year alone: 31 December."""
    assert interpreted_birth_date(1952, month=3) == date(1952, 3, 1)
    assert interpreted_birth_date(1952, day=31) == date(1952, 1, 31)
    assert interpreted_birth_date(1952) == date(1952, 12, 31)
    assert interpreted_birth_date(1952, month=3, day=4) == date(1952, 3, 4)


@pytest.mark.parametrize(
    ("first", "names", "agrees"),
    [
        ("ANNE-LISE", "ANNE LISE MARIE", True),
        ("Anne", "ANNE-LISE", True),
        ("D'Arcy", "D ARCY", True),
        ("LISE", "ANNE LISE", False),
        ("ANN", "ANNE", False),
        ("", "ANNE", False),
    ],
)
def test_the_first_given_name_begins_the_list(first: str, names: str, *, agrees: bool) -> None:
    """Hyphen and apostrophe count as a space, and whole names are compared."""
    assert first_given_name_agrees(first, names) is agrees
