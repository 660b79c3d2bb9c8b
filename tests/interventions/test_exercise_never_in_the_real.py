"""An exercise that reaches the door of a real house is refused in each protocol's own shape, and nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.mode import Mode
from tests.fhir.bundles import NOW, example, raw
from tests.interventions.soap_words import DEMANDE, SOAP_11, SOAP_12, demander, envelope, told
from tests.interventions.soap_words import post as soap_post
from tests.interventions.stage import CALL, open_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.interventions.stage import Stage

EXERCISE = DEMANDE.replace("<t:horodatage>", "<t:mode>Exercise</t:mode><t:horodatage>")


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Stage]:
    """A house of the real, in the time of the examples."""
    async with open_stage(tmp_path, Mode.ACTUAL) as stage:
        stage.clock.forward(seconds=(NOW - stage.clock()).total_seconds())
        yield stage


@pytest.mark.parametrize("path", ["/fhir/$process-message", "/fhir"])
async def test_a_bundle_labelled_as_an_exercise(real: Stage, path: str) -> None:
    """An OperationOutcome names the mode and says to telephone."""
    name = "exemple-message" if path.endswith("message") else "exemple-transaction"
    async with real.client(**{"Content-Type": "application/fhir+json"}) as platform:
        answer = await platform.post(path, content=raw(example(name)))
    assert answer.status_code == 409, answer.text
    assert answer.json()["resourceType"] in {"OperationOutcome", "Bundle"}
    assert '"MODE"' in answer.text
    assert CALL in answer.text
    assert await real.messages() == []


@pytest.mark.parametrize("soap", [SOAP_11, SOAP_12])
async def test_an_envelope_that_says_exercise(real: Stage, soap: str) -> None:
    """A fault of the contract with its code, the nurse told to telephone."""
    kind = "text/xml; charset=utf-8" if soap == SOAP_11 else "application/soap+xml; charset=utf-8"
    answer = await soap_post(real, envelope(demander(EXERCISE), soap=soap), Content_Type=kind)
    assert answer.status_code in {400, 500}
    assert told(answer)["code"] == "MODE"
    assert CALL in answer.text
    assert await real.messages() == []
