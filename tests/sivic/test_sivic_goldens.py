"""What leaves for SI-VIC, document by document, beside what it was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.sivic.client import contract
from tests.sivic.documents import PERSONAL, victim_document
from tests.sivic.sivic_pair import shipped_mappings

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sivic"
MAPPINGS = shipped_mappings()
TOPICS = {
    "OuvrirOuLierEvenement": "event",
    "AnnoncerPersonne": "victim",
    "RetirerPersonne": "victim.deleted",
    "DetacherNumero": "identifier.detached",
}
MEDICAL_OR_FREE = {
    "bilan": "MOT-BILAN",
    "comment": "MOT-COMMENTAIRE",
    "particularity": "MOT-PARTICULARITE",
    "contact": "MOT-CONTACT",
    "cata_code": "Z9999",
    "weight_kg": 61.25,
    "vector": "MOT-VECTEUR",
    "triaged_by": "MOT-TRIEUR",
}
CASES = sorted(path.name.removesuffix(".canon.json") for path in FIXTURES.glob("*.canon.json"))


def _request(operation: str, document: dict[str, Any]) -> Any:
    tree = {"idMessage": "msg-essai", **MAPPINGS[TOPICS[operation]].apply(document)}
    return contract().operations[operation].request.write(tree)


def _canonical(element: Any) -> bytes:
    return etree.tostring(element, method="c14n", with_comments=False)


@pytest.mark.parametrize("case", CASES)
def test_a_document_becomes_its_request(case: str) -> None:
    """Each golden document gives exactly its golden request, which the contract takes."""
    blank_free = etree.XMLParser(remove_blank_text=True)
    expected = etree.fromstring((FIXTURES / f"{case}.out.xml").read_bytes(), blank_free)
    document = json.loads((FIXTURES / f"{case}.canon.json").read_text("utf-8"))
    made = _request(etree.QName(expected).localname, document)
    assert _canonical(made) == _canonical(expected)
    assert contract().published.check(made) == []


def test_every_person_of_the_dossier_has_a_golden_pair() -> None:
    """The unknown, the child, the dead, the exercise and the twice numbered are all there."""
    assert {"personne-inconnue", "enfant", "decede", "exercice", "deux-numeros"} <= set(CASES)


def test_nothing_medical_and_no_free_text_leaves() -> None:
    """A document that was not filtered at all still loses bilan, comment, particularity, CATA, contact, weight and vector."""
    sent = etree.tostring(_request("AnnoncerPersonne", victim_document(**MEDICAL_OR_FREE)), encoding="unicode")
    assert [value for value in MEDICAL_OR_FREE.values() if str(value) in sent] == []
    assert [value for value in PERSONAL if value not in sent] == []
