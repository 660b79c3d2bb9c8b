"""Code tables are checked in both directions, and a code without a pair is counted, never replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mapping import CodeTable, MappingError, MappingFaultsError, load_catalogue
from mapping.codes.tables import MOST_BYTES, read_table
from tests.mapping.made_up import ESSAI, catalogue_folder, counts, victim, with_rules

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "canon,wire,label,lossy,source\n"


def table(tmp_path: Path, text: str) -> CodeTable:
    """The table that a text says."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, "essai/t", "t.csv")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("canon,wir,label,lossy,source\nA,1,,,\n", "t.csv:1:7: colonne inconnue « wir », vouliez-vous « wire » ?"),
        (
            "canon,wire,label,lossy\nA,1,,\n",
            "t.csv:1:1: colonnes manquantes : source, l'en-tête est « canon,wire,label,lossy,source »",
        ),
        (HEAD + "A,1,,\n", "t.csv:2:1: 4 cellules au lieu de 5"),
        (HEAD + "A,,,,\n", "t.csv:2:1: cellule « wire » vide"),
        (HEAD + "A,1,,oui,\n", "t.csv:2:1: cellule « lossy » : vide ou « true »"),
        (HEAD + "A,1,,,s1\nA,2,,,s1\n", "t.csv:3:1: code « A » déjà écrit à la ligne 2"),
        (
            HEAD + "A,1,,,s1\nB,1,,,s1\n",
            "t.csv:3:1: « B » et « A » donnent tous deux « 1 », marquez lossy=true la paire qui ne se relit pas",
        ),
        (HEAD + "A,1,,,\n", "t.csv:2:1: cellule « source » vide"),
        (
            HEAD + "A,1,,,un courrier\n",
            (
                "t.csv:2:1: la source ne dit pas sa version, nommez-la (« contrat v1 », « arrêté de 2010 »), "
                "ou ajoutez une colonne « version »"
            ),
        ),
        (
            "canon,wire,label,lossy,source,valid_from,valid_to\nA,1,,,s1,2026-02-01,2026-01-01\n",
            "t.csv:2:1: « valid_from » vient après « valid_to », ce code ne vaut jamais",
        ),
        (HEAD, "t.csv:1:1: table sans aucune ligne"),
        (HEAD + 'A,"1,,,\n', "t.csv:2:1: ligne CSV illisible, vérifiez les guillemets"),
        (
            "canon,wire,label,lossy,source,valid_from,valid_to\nA,1,,,,2026-13-01,\n",
            "t.csv:2:1: cellule « valid_from » : une date AAAA-MM-JJ, ou rien",
        ),
        (
            "canon,wire,label,lossy,source,valid_from,valid_to\nA,1,,,s1,,2026-01-01\nA,2,,,s1,2026-01-01,\n",
            "t.csv:3:1: code « A » déjà écrit à la ligne 2",
        ),
    ],
)
def test_a_line_that_cannot_stand_is_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    """Each fault has its line and says what to do."""
    with pytest.raises(MappingFaultsError) as raised:
        table(tmp_path, text)
    assert fault in [str(found) for found in raised.value.faults]


def test_a_table_reads_both_ways(tmp_path: Path) -> None:
    """The lossy pair goes out and does not come back; the exact one does both."""
    found = table(tmp_path, HEAD + "M,1,,,s1\nA,9,,,s1\n?,9,,true,s1\n")
    assert [found.to_wire(code) for code in "MA?"] == ["1", "9", "9"]
    assert [found.to_canon(code) for code in "19"] == ["M", "A"]


def test_a_code_that_comes_back_to_two_is_not_guessed(tmp_path: Path) -> None:
    """When every pair of a wire code is lossy there is no way back."""
    found = table(tmp_path, HEAD + "A,9,,true,s1\nB,9,,true,s1\n")
    assert found.to_canon("9") is None
    assert found.unknown == {"9": 1}


def test_a_dated_table_answers_for_a_day() -> None:
    """Bounds are inclusive; both directions follow the day."""
    found = load_catalogue(ESSAI).table("essai/etat")
    assert [found.to_wire("open", day) for day in ("2025-12-31", "2026-01-01")] == ["OUVERT", "O"]
    assert [found.to_canon("O", day) for day in ("2025-12-31", "2026-01-01")] == [None, "open"]


def test_a_dated_table_without_a_day_gives_nothing(tmp_path: Path) -> None:
    """A document that does not say its instant has no code of that table: the first line is not a guess to take."""
    rules = "  - {to: etat, from: event.status, table: essai/etat}\n"
    folder = catalogue_folder(tmp_path, with_rules(rules, topic="counts"))
    path = folder / "recipients" / "essai.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("- source\n", "- source\n    - event.status\n"), encoding="utf-8"
    )
    mapping = load_catalogue(folder).mapping("essai/neuf@1")
    document = {**counts(), "event": {**counts()["event"], "status": "open"}}
    assert mapping.apply({**document, "counted_at": "2025-12-31T10:00:00+00:00"}) == {"etat": "OUVERT"}
    assert mapping.apply({**document, "counted_at": "2026-01-01T10:00:00+00:00"}) == {"etat": "O"}
    with pytest.raises(MappingError, match="la table essai/etat est datée et ce document n'a pas de date"):
        mapping.apply({**document, "counted_at": None})


def test_a_source_may_have_its_version_in_a_column(tmp_path: Path) -> None:
    """Then each line says both."""
    found = table(tmp_path, "canon,wire,label,lossy,source,version\nA,1,,,un courrier,2026-03\n")
    assert [(pair.source, pair.version) for pair in found.pairs] == [("un courrier", "2026-03")]


def test_a_folder_adds_pairs_to_a_table_of_another(tmp_path: Path) -> None:
    """Its own codes are read as the others; one that the table has already is a fault, and so is a table that is not there."""
    own = tmp_path / "atelier" / "tables" / "essai"
    own.mkdir(parents=True)
    added = own / "nationalite.ajouts.csv"
    added.write_text(HEAD + "ZZZ,99999,Inventée,,courrier v1\n", encoding="utf-8")
    found = load_catalogue(ESSAI, tmp_path / "atelier").table("essai/nationalite")
    assert (found.to_wire("ZZZ"), found.to_wire("FRA"), found.to_canon("99999")) == ("99999", "99100", "ZZZ")
    added.write_text(HEAD + "FRA,99999,Inventée,,courrier v1\n", encoding="utf-8")
    with pytest.raises(
        MappingFaultsError, match=r"tables/essai/nationalite\.ajouts\.csv:2:1: code « FRA » déjà écrit à la"
    ) as one:
        load_catalogue(ESSAI, tmp_path / "atelier")
    assert "la ligne 2 de tables/essai/nationalite.csv" in str(one.value)
    added.rename(own / "nationalit.ajouts.csv")
    with pytest.raises(
        MappingFaultsError, match=r"aucune table « essai/nationalit » .*, vouliez-vous « essai/nationalite »"
    ):
        load_catalogue(ESSAI, tmp_path / "atelier")


def test_unknown_codes_are_counted_and_the_rule_refuses() -> None:
    """The catalogue tells which codes were asked for and have no pair, and how often."""
    catalogue = load_catalogue(ESSAI)
    for _ in range(2):
        with pytest.raises(MappingError, match="code absent de la table essai/nationalite"):
            catalogue.mapping("essai/personne@1").apply(victim(nationality="XYZ"))
    assert catalogue.unknown_codes() == {"essai/nationalite": {"XYZ": 2}}


def test_a_text_that_is_no_code_is_counted_without_being_kept() -> None:
    """Free text in a coded field may be anything about a person: only that it happened is kept."""
    catalogue = load_catalogue(ESSAI)
    with pytest.raises(MappingError):
        catalogue.mapping("essai/personne@1").apply(victim(nationality="française par sa mère"))
    assert catalogue.unknown_codes() == {"essai/nationalite": {"(texte)": 1}}


def test_a_ten_megabyte_table_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """The size is checked first; the fault says the limit."""
    path = tmp_path / "t.csv"
    path.write_bytes(b"A,1,,,\n" * (10 * 1024 * 1024 // 7))
    with pytest.raises(MappingFaultsError, match=f"au-delà de la limite de {MOST_BYTES // 1024} Ko"):
        read_table(path, "essai/t", "t.csv")


def test_a_table_of_nothing_but_mistakes_stops_early(tmp_path: Path) -> None:
    """A hundred thousand wrong lines give some hundred faults, not a hundred thousand."""
    with pytest.raises(MappingFaultsError) as raised:
        table(tmp_path, HEAD + "A,1,,,s1\n" * 100_000)
    assert len(raised.value.faults) < 1000
