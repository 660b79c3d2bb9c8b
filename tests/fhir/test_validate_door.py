"""`$validate`: an integrator reads beforehand what would be refused or warned of; nothing is kept, no value is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.security.keys import Scope
from tests.fhir.bundles import changed, example, raw
from tests.fhir.test_fhir_doors import JSON, reasons, valid

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

PLACES: list[tuple[str, Any, str, str]] = [
    ("sound", example(), "CONFORME", ""),
    ("an event", example("exemple-victimes"), "CONFORME", ""),
    ("an element of another shape", {"resourceType": "Patient", "name": "ESSAI-SECRET"}, "FORME", "Patient.name"),
    ("an element that R4 has not", {"resourceType": "Patient", "nom": "ESSAI-SECRET"}, "FORME", "Patient.nom"),
    ("a type that R4 has not", {"resourceType": "Malade"}, "RESSOURCE_IGNOREE", "resourceType"),
    (
        "a request refused",
        changed(ServiceRequest__intent="proposal"),
        "CODE_INCONNU",
        "Bundle.entry[1].resource.intent",
    ),
    ("a warning", changed(Patient__photo=[{"title": "x"}]), "NON_REPRIS", "Bundle.entry[2].resource.photo"),
]


@pytest.mark.parametrize(("how", "document", "reason", "place"), PLACES, ids=[row[0] for row in PLACES])
async def test_what_would_be_said_is_said_beforehand(
    fhir_house: OpenHouse, how: str, document: Any, reason: str, place: str
) -> None:
    """The faults of somebody else's model of R4 and the warnings of our reading, each at its place."""
    async with fhir_house.as_(Scope.INTEGRATOR) as integrator:
        answer = await integrator.post("/fhir/$validate", content=raw(document), headers=JSON)
    valid(answer)
    assert (answer.status_code, reason in reasons(answer)) == (200, True), answer.text
    assert "ESSAI-SECRET" not in answer.text
    assert not place or place in {path for issue in answer.json()["issue"] for path in issue.get("expression", ())}
    await fhir_house.settle()
    assert (await fhir_house.state("lrm_fhir"))["requests"] == {}
