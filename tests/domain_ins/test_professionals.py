"""Who asks is read as it came, and a doubt is said, never opposed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.intervention.professionals import check, luhn, read_professional, read_structure, read_system


def said(remarks: tuple[object, ...]) -> list[str]:
    """The codes of the remarks."""
    return [getattr(remark, "code", "") for remark in remarks]


@pytest.mark.parametrize(
    "number",
    [
        "10005536080",
        "10106065971",
        "10002909371",
        "750712184",
        "750100125",
        "310781406",
        "130783293",
        "330781196",
        "690781810",
    ],
)
def test_the_numbers_of_the_dossier_pass(number: str) -> None:
    """Every RPPS and FINESS checked for the dossier has its key."""
    assert luhn(number)


@pytest.mark.parametrize("number", ["10002673899", "10100050075"])
def test_numbers_printed_in_official_documentation_fail(number: str) -> None:
    """They are read all the same, with a remark: a wrong key is no refusal."""
    identifier = read_professional(number, "requester.professional_id")
    assert (identifier.kind, identifier.number, said(identifier.remarks)) == ("RPPS", number, ["IDENTIFIANT_CLE"])


@settings(deadline=None)
@given(number=st.from_regex(r"[0-9]{10}", fullmatch=True), place=st.integers(0, 10), more=st.integers(1, 9))
def test_exactly_one_key_and_no_digit_mistyped(number: str, place: int, more: int) -> None:
    """One key of ten is right, and one digit changed anywhere is always seen."""
    right = [number + str(key) for key in range(10) if luhn(number + str(key))]
    assert len(right) == 1
    whole = right[0]
    assert not luhn(whole[:place] + str((int(whole[place]) + more) % 10) + whole[place + 1 :])


@pytest.mark.parametrize("text", ["", "1", "É" * 9, "٣٣", "1-2"])
def test_what_is_no_number_has_no_key(text: str) -> None:
    """Other characters are refused without a crash."""
    assert not luhn(text)


@pytest.mark.parametrize(
    ("text", "kind", "number", "codes"),
    [
        ("10005536080", "RPPS", "10005536080", []),
        ("8 10005536080", "RPPS", "10005536080", []),
        ("0759912345", "ADELI", "759912345", ["ADELI_RETIRE"]),
        ("2a9912345", "ADELI", "2A9912345", ["ADELI_RETIRE"]),
        ("INF-12", None, "INF-12", ["IDENTIFIANT_FORME"]),
        ("", None, "", ["IDENTIFIANT_FORME"]),
    ],
)
def test_a_professional_is_read_in_each_form(text: str, kind: str | None, number: str, codes: list[str]) -> None:
    """RPPS alone or with its 8, ADELI alone or with its 0; anything else is kept as it came."""
    identifier = read_professional(text, "p")
    assert (identifier.kind, identifier.number, said(identifier.remarks)) == (kind, number, codes)


@pytest.mark.parametrize(
    ("text", "kind", "number", "codes"),
    [
        ("1750712184", "FINESS", "750712184", []),
        ("1750712185", "FINESS", "750712185", ["IDENTIFIANT_CLE"]),
        ("2732829320", "SIREN", "732829320", []),
        ("373282932000074", "SIRET", "73282932000074", []),
        ("41000553608001", "RPPS_RANG", "1000553608001", []),
        ("075991234501", "ADELI_RANG", "75991234501", ["ADELI_RETIRE"]),
        ("750712184", None, "750712184", ["IDENTIFIANT_PREFIXE"]),
        ("9750712184", None, "9750712184", ["IDENTIFIANT_PREFIXE"]),
        ("", None, "", ["IDENTIFIANT_PREFIXE"]),
    ],
)
def test_a_structure_is_read_by_its_prefix(text: str, kind: str | None, number: str, codes: list[str]) -> None:
    """One digit says what the rest is; nine characters alone could be two things and stay untold."""
    identifier = read_structure(text, "requester.structure_id")
    assert (identifier.kind, identifier.number, said(identifier.remarks)) == (kind, number, codes)


def test_a_corsican_finess_is_shaped() -> None:
    """2A counts as 21 and 2B as 22: with 000001 the keys, worked out by hand, are 4 and 2."""
    keys = {letter: [key for key in range(10) if luhn(f"2{letter}000001{key}")] for letter in "AB"}
    assert keys == {"A": [4], "B": [2]}
    assert said(check("FINESS", "2A0000014", "p")) == []
    assert said(check("FINESS", "2B0000014", "p")) == ["IDENTIFIANT_CLE"]
    assert said(check("FINESS", "2C0000014", "p")) == ["IDENTIFIANT_FORME"]


@pytest.mark.parametrize(
    ("text", "kind", "codes"),
    [
        ("https://rpps.esante.gouv.fr", "RPPS", []),
        ("urn:oid:1.2.250.1.71.4.2.2", "IDNAT_STRUCT", []),
        ("1.2.250.1.71.4.2.2", "IDNAT_STRUCT", ["OID_SANS_URN"]),
        ("1.2.3", None, ["OID_SANS_URN", "SYSTEME_INCONNU"]),
        ("https://example.fr", None, ["SYSTEME_INCONNU"]),
    ],
)
def test_a_system_is_understood_without_its_urn(text: str, kind: str | None, codes: list[str]) -> None:
    """The commonest mistake of senders is read, and said."""
    found, remarks = read_system(text, "p")
    assert (found, said(remarks)) == (kind, codes)
