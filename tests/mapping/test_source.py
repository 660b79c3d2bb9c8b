"""YAML that is dangerous, surprising or broken is refused with its place; the rest keeps its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mapping.faults import MappingFaultsError, Spot
from mapping.language.source import MOST_BYTES, Branch, Leaf, parse_yaml, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a: &a [x, x, x, x]\n" + "".join(
    f"{k}: &{k} [*{b}, *{b}, *{b}, *{b}]\n" for b, k in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (BOMB, "f:1:4: ancre ou alias YAML refusé, répétez le texte, ou utilisez « extends »"),
        ("a: *b\n", "f:1:4: ancre ou alias YAML refusé, répétez le texte, ou utilisez « extends »"),
        ("a: 1\nb: 2\na: 3\n", "f:3:1: clé « a » écrite deux fois, la première est à la ligne 1"),
        ("a:\n\tb: 1\n", "f:2:1: tabulation en début de ligne, indentez avec des espaces"),
        ("a:\n  \tb: 1\n", "f:2:3: tabulation en début de ligne, indentez avec des espaces"),
        ("a: !!python/object:os.system x\n", "f:1:4: étiquette YAML « ! » refusée"),
        ("a: 1\n---\nb: 2\n", "f:2:1: plusieurs documents dans un fichier, gardez-en un seul"),
        ("? [a]\n: 1\n", "f:1:3: une clé doit être un mot simple"),
        ("", "f:1:1: fichier vide"),
        ("# rien\n", "f:1:1: fichier vide"),
        ("[" * 5000, "f:1:13: plus de 12 niveaux d'imbrication"),
        ("a: [1, 2\n", "f:2:1: syntaxe YAML : virgule ou crochet fermant manquant"),
        (
            "a: b: c\n",
            "f:1:5: syntaxe YAML : « : » inattendu, mettez le texte entre guillemets ou vérifiez l'indentation",
        ),
        ("a: 'b\n", "f:2:1: syntaxe YAML : guillemet jamais refermé"),
        (
            "a: @b\n",
            "f:1:4: syntaxe YAML : caractère qui ne peut pas commencer un mot, mettez le texte entre guillemets",
        ),
        ("a: \x00\n", "f:1:1: syntaxe YAML illisible"),
    ],
)
def test_what_is_refused_says_where_and_why(text: str, fault: str) -> None:
    """One fault, at the place where a person will look, in French."""
    with pytest.raises(MappingFaultsError) as raised:
        parse_yaml(text, "f")
    assert [str(found) for found in raised.value.faults] == [fault]


def test_all_duplicate_keys_are_told_at_once() -> None:
    """A duplicate does not hide the next one."""
    with pytest.raises(MappingFaultsError) as raised:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f")
    assert [(found.line, found.column) for found in raised.value.faults] == [(2, 1), (3, 11)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("012", "012"),
        ("2026-09-01", "2026-09-01"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("~", None),
        ("'12'", "12"),
        ("1e400", "1e400"),
        ("9" * 40, "9" * 40),
    ],
)
def test_a_plain_word_means_what_it_looks_like(text: str, value: object) -> None:
    """Only numbers, true, false and null are not texts: the old traps of YAML are closed."""
    node = parse_yaml(text, "f")
    assert isinstance(node, Leaf)
    assert node.value == value
    assert type(node.value) is type(value)


def test_every_word_keeps_its_place() -> None:
    """Keys and values know their line and column, counted from 1."""
    node = parse_yaml("rules:\n  - {to: a, from: victim.id}\n", "f")
    assert isinstance(node, Branch)
    assert node.entries["rules"].key == Spot("f", 1, 1)
    assert node.entries["rules"].node.spot == Spot("f", 2, 3)


def test_a_file_that_is_too_long_is_not_even_read(tmp_path: Path) -> None:
    """The limit is on the size that the file system tells."""
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a" * (MOST_BYTES + 1))
    with pytest.raises(MappingFaultsError, match="au-delà de la limite de 256 Ko"):
        read_yaml(path, "f")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """Latin-1 from an old editor is told, with the place of the first wrong byte."""
    path = tmp_path / "f.yaml"
    path.write_bytes("a: é".encode("latin-1"))
    with pytest.raises(MappingFaultsError, match=r"n'est pas en UTF-8 \(octet 4\)"):
        read_yaml(path, "f")
