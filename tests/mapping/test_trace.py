"""An explanation says for each rule what it gave, without stopping at the first error."""

from __future__ import annotations

from typing import Any

from mapping import load_catalogue
from tests.mapping.made_up import ESSAI, canon, counts, victim

CATALOGUE = load_catalogue(ESSAI)


def test_every_value_is_told_with_its_rule() -> None:
    """Target, source, file and line, value."""
    steps = {step.to: step for step in CATALOGUE.mapping("essai/personne@1").explain(victim())}
    assert (steps["categorie"].reads, steps["categorie"].place, steps["categorie"].value) == (
        "victim.severity",
        "essai/personne@1.yaml:13",
        "1",
    )
    assert steps["identite.nir"].value is None
    assert steps["identite.sexe"].because == "Le destinataire note ? quand le sexe n'est pas connu."


def test_repeated_elements_are_numbered() -> None:
    """Each element's values are told under its number."""
    told = {step.to: step.value for step in CATALOGUE.mapping("essai/comptage@1").explain(counts())}
    assert told["ventilation.localisation[0].ua"] == 2
    assert told["ventilation.localisation[1].@code"] is None


def test_all_errors_of_a_document_are_told() -> None:
    """Two codes without a pair are two steps with an error, and the other rules still answer."""
    steps = CATALOGUE.mapping("essai/personne@1").explain(victim(severity="ZZ", nationality="ZZZ"))
    assert [step.to for step in steps if step.error] == ["categorie", "identite.nationalite"]
    assert {step.to: step.value for step in steps}["identite.prenom"] == "Camille"


def test_the_explanation_is_the_document() -> None:
    """The values told and the values sent are the same."""
    for case in ("complete", "inconnue"):
        mapping = CATALOGUE.mapping("essai/personne@1")
        rebuilt: dict[str, Any] = {}
        for step in mapping.explain(canon("personne@1", case)):
            if step.value is not None:
                *above, last = step.to.split(".")
                branch = rebuilt
                for part in above:
                    branch = branch.setdefault(part, {})
                branch[last] = step.value
        assert rebuilt == mapping.apply(canon("personne@1", case))
