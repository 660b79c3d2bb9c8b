"""The demo as a newcomer meets it: people with names, and a SAMU that answers by itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from domain.mode import Mode
from gateway.cli import main
from gateway.cli.demo.samu import SamuPeople
from gateway.clock import now
from gateway.mappings.training_event import PATIENTS
from gateway.sandbox import applications
from gateway.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.lrm.soap.requests import HeldRequests


def test_every_patient_of_the_demo_has_a_name_an_age_and_a_sex() -> None:
    """The first picture of the product has no blank column, and nobody in it exists."""
    for patient in PATIENTS:
        said = patient.document()
        assert said["used_name"].startswith("ESSAI-")
        assert said["given_name"]
        assert said["age"]["value"] > 0
        assert said["sex"] in {"F", "M"}


async def test_the_people_of_the_simulated_samu_open_a_request_by_themselves() -> None:
    """Received, shown, then a dossier, with nobody at a keyboard; and they stop where they were told to."""
    application = applications(Mode.EXERCISE)["lrm"]()
    held: HeldRequests = application.state.held
    held.take({"idDemande": "ESSAI-1", "mode": Mode.EXERCISE.value}, None, now())
    async with serving(application, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        people = asyncio.create_task(SamuPeople([url], {"RECUE": 0.0, "AFFICHEE": 0.0}).work())
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(20):
            while held.find("ESSAI-1", Mode.EXERCISE.value).state != "DOSSIER_OUVERT":
                await client.get(f"{url}/_sandbox/state")
                await asyncio.sleep(0.05)
        people.cancel()
        with suppress(asyncio.CancelledError):
            await people


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dmo"], "vouliez-vous dire « demo » ?"),
        (["demo", "--port", "80000"], "attendu : un nombre de 0 à 65535"),
        (["check", "--settings", "{typo}"], "n’est pas du TOML lisible"),
    ],
)
def test_a_mistake_at_the_terminal_is_told_in_french(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong and what was expected, no trace of the program, and an exit code that says it."""
    typo = tmp_path / "faute.toml"
    typo.write_text("mode = ")
    try:
        code = main([part.format(typo=typo) for part in arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
