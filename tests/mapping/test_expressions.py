"""Expressions see only what their rule lists, and cannot run away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.faults import Faults, Spot
from mapping.language.expressions import MOST_WORK, Expression, read_expression
from mapping.language.paths import Shape, reader, topic_shape
from mapping.language.rules import Token
from tests.mapping.made_up import UNHURRIED

USES = ["mode", "totals.UA", "totals.UR", "source", "by_localisation"]


def shape() -> Shape:
    """The shape of a count."""
    found = topic_shape("counts")
    assert found is not None
    return found


def read(text: str, *, condition: bool = False) -> tuple[Expression | None, list[str]]:
    """The expression and what is wrong with it."""
    faults = Faults()
    expression = read_expression(Token(text, Spot("f")), shape(), USES, faults, condition=condition)
    return expression, [fault.message for fault in faults._found]


def value(text: str, document: dict[str, Any], *, condition: bool = False) -> Any:
    """What an expression gives for a document."""
    expression, faults = read(text, condition=condition)
    assert expression is not None, faults
    return expression.bind(reader)(document)


def test_a_sum_and_a_condition() -> None:
    """The two uses of an expression, on the paths it lists."""
    document = {"totals": {"UA": 2, "UR": 5}, "source": "portal", "by_localisation": [{"UA": 0}, {"UA": 2}]}
    assert value("totals.UA + totals.UR", document) == 7
    assert value("source in ['portal', 'sinus'] && totals.UA > 1", document, condition=True) is True
    assert value("by_localisation.exists(place, place.UA > 1)", document, condition=True) is True
    assert value("source.startsWith('totals.UA') ? 'oui' : 'non'", document) == "non"


def test_a_path_through_a_missing_object_is_null() -> None:
    """An expression may ask whether a field is there without failing on what is above it."""
    assert value("totals.UA == null", {"totals": None}, condition=True) is True
    assert value("totals.UA == null", {}, condition=True) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("totals.UA +", "expression CEL illisible au caractère 12"),
        ("totals.DCD + 1", "« totals.DCD » est lu par l'expression sans être listé"),
        ("totals.UAA + 1", "champ inconnu « totals.UAA »"),
        ("has(totals.UA)", "fonction refusée « has »"),
        ("cel.bind(x, 1, x)", "fonction refusée « bind »"),
        ("totals.UA + 'x'", "expression sur des types qui ne vont pas ensemble"),
        ("[1, 2].map(x, x)", "« map » ne parcourt qu'un champ répété du document"),
        ("source.all(x, true)", "« all » ne parcourt qu'un champ répété du document"),
        ("by_localisation.all(x, x.UAX > 1)", "champ inconnu « UAX »"),
        ("source == 'portal' && mode == 'Actuel'", "« mode » n'a jamais le code « Actuel »"),
        ("mode in ['Actual', 'Exercice']", "« mode » n'a jamais le code « Exercice »"),
        ("{'a': 1}", "« { » refusé dans une expression"),
        ("totals.UA // source", "commentaire refusé dans une expression"),
        ("r'a' + source", "préfixe de texte « r » refusé"),
        ("[totals.UA]", "un calcul doit donner un texte, un nombre ou un booléen"),
        ("1" + "+1" * 300, "expression de 601 caractères, au-delà de la limite de 512"),
    ],
)
def test_what_an_expression_may_not_do(text: str, message: str) -> None:
    """Each refusal is a fault at load."""
    expression, faults = read(text)
    assert expression is None
    assert message in faults


def test_a_condition_must_be_true_or_false() -> None:
    """A number is not a condition."""
    assert read("totals.UA", condition=True) == (None, ["une condition doit être vraie ou fausse"])


@pytest.mark.parametrize(
    "text",
    [
        "by_localisation.all(a, by_localisation.all(b, by_localisation.all(c, a.UA + b.UA + c.UA > 0)))",
        "by_localisation.map(a, by_localisation.map(b, by_localisation)).size() > 0",
        "by_localisation.all(a, a.label.matches('(((a{99}){99}){9}){9}'))",
        "source.matches('(a+)+$') && source.matches('(b+)+$')",
    ],
)
def test_costs_that_multiply_are_refused(text: str) -> None:
    """One loop or one regular expression, never one inside the other."""
    expression, faults = read(text, condition=True)
    assert expression is None
    assert "plusieurs boucles ou expressions rationnelles dans une condition" in faults


def test_a_regular_expression_that_backtracks_elsewhere_is_linear_here() -> None:
    """The engine has no backtracking: the classic bomb answers on a long text."""
    assert value("source.matches('^(a+)+$')", {"source": "a" * 100_000 + "b"}, condition=True) is False


@UNHURRIED
@given(st.text(alphabet="pl.total sUAR()[]{}'\"\\+-*/?:&|!=<>0123456789,@\n", max_size=40))
def test_any_text_is_an_expression_or_a_fault(text: str) -> None:
    """No text, however broken, gets past the reader without one or the other."""
    expression, faults = read(text)
    assert (expression is None) == bool(faults)


@pytest.mark.parametrize(
    "text",
    [
        "timestamp(at) > timestamp('2020-01-01T00:00:00Z')",
        "int(number) > 3",
        "timestamp(at) - timestamp('2020-01-01T00:00:00Z') > duration('1h')",
    ],
)
def test_a_text_may_be_read_as_an_instant_or_a_number(text: str) -> None:
    """The functions that the page names are of use: a made-up text of the right form goes through them."""
    shape = Shape("object", fields={"at": Shape("text"), "number": Shape("text")})
    faults = Faults()
    expression = read_expression(Token(text, Spot("x")), shape, ["at", "number"], faults, condition=True)
    assert expression is not None, faults
    assert expression.bind(reader)({"at": "2026-01-01T00:00:00+00:00", "number": "4"}) is True


def test_what_an_expression_may_build_is_bounded_by_what_it_is_given() -> None:
    """A text that is doubled, and one that is joined at each turn of a loop, stop before they are built."""
    shape = Shape("object", fields={"text": Shape("text"), "list": Shape("list", item=Shape("text"))})
    faults = Faults()
    joined = Token("list.map(one, one + text + text + text).size() > 0", Spot("x"))
    loop = read_expression(joined, shape, ["text", "list"], faults, condition=True)
    double = read_expression(Token("text + text == text", Spot("x")), shape, ["text"], faults, condition=True)
    assert loop is not None
    assert double is not None
    assert loop.bind(reader)({"text": "a" * 1000, "list": ["b"] * 20}) is True
    for expression, document in (
        (loop, {"text": "a" * 200_000, "list": ["b"] * 3000}),
        (loop, {"text": "a", "list": ["b" * 1000] * 3000}),
        (double, {"text": "a" * (MOST_WORK + 1)}),
    ):
        with pytest.raises(OverflowError):
            expression.bind(reader)(document)
