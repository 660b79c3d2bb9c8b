"""Le match de rugby, raconté par ceux qui y étaient : le portail parle, SINUS et SI-VIC savent, et les nombres concordent.

Each test reads as the trade tells it; the steps are the portal's own requests.
"""

from __future__ import annotations

import asyncio
import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gateway.cli.demo.commands import agrees
from gateway.mappings import training_event

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

ROOT = Path(__file__).resolve().parents[2]


async def _unseen(_: int, __: int) -> None: ...


async def _jouer_le_match(house: OpenHouse) -> str:
    async with house.portal as portail:
        return await training_event.play(portail, _unseen)


async def _accord(house: OpenHouse, evenement: str) -> dict[str, Any]:
    async with house.portal as portail:
        return dict((await portail.get(f"/v1/events/{evenement}/sync")).json())


async def test_ce_que_le_portail_saisit_est_chez_sinus_et_chez_sivic(house: OpenHouse) -> None:
    """Étant donné le match et ses onze patients, quand le portail a tout saisi, alors chacun tient UA 2, UR 5, IMP 3, DCD 1."""
    evenement = await _jouer_le_match(house)
    await house.settle()
    accord = await _accord(house, evenement)
    assert agrees(accord)
    # La personne décédée est comptée et annoncée, sans nom tant que son identité n’est pas établie (F26).
    vivants = {patient.name for patient in training_event.PATIENTS if patient.severity != "DCD"}
    assert {one["fiche"].get("identite", {}).get("nomUsuel") for one in house.sinus_victims().values()} == {
        *vivants,
        None,
    }
    assert {one["person"].get("identite", {}).get("nomUsage") for one in house.sivic_persons().values()} == {
        *vivants,
        None,
    }


async def test_sinus_tombe_au_milieu_du_match_et_rien_ne_manque_a_la_fin(house: OpenHouse) -> None:
    """Quand SINUS disparaît, le portail continue et SI-VIC sait ; quand il revient, il apprend tout, une fois."""
    async with house.portal as portail:
        evenement = (await portail.post("/v1/events", json=training_event.EVENT)).json()["id"]
        for rang, patient in enumerate(training_event.PATIENTS):
            if rang == 4:
                await house.settle()
                house.wires["sinus"].gone = True
            reponse = await portail.post(f"/v1/events/{evenement}/patients", json=patient.document())
            assert reponse.status_code == 201
        await house.settle()
    pendant = {one["name"]: one["held"] for one in (await _accord(house, evenement))["destinations"]}
    assert pendant == {"sinus": None, "sivic": training_event.TOTALS}
    await house.mend("sinus")
    await house.settle(seconds=90)
    assert agrees(await _accord(house, evenement))
    assert len(house.sinus_victims()) == 11


async def test_sivic_refuse_un_patient_les_autres_passent_et_l_exploitant_le_voit(house: OpenHouse) -> None:
    """Quand SI-VIC répond n’importe quoi pour un message, lui seul attend ; l’accord dit non, puis oui une fois réparé."""
    evenement = await _jouer_le_match(house)
    await house.script("sivic", {"fault": "wrong_answer", "times": 3})
    await house.settle()
    avant = await _accord(house, evenement)
    assert not agrees(avant)
    for _ in range(6):
        await house.settle(seconds=60)
    for message in [*await house.messages(status="parked"), *await house.messages(status="uncertain")]:
        async with house.operator as exploitant:
            assert (await exploitant.post(f"/v1/outbox/messages/{message['id']}/replay")).status_code == 204
    await house.settle(seconds=60)
    assert agrees(await _accord(house, evenement))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("portal", "UA"), 3),
        (("destinations", 0, "agrees"), False),
        (("destinations", 1, "waiting"), 1),
        (("destinations", 1, "parked"), 1),
        (("destinations", 0, "name"), "autre"),
    ],
    ids=["le portail compte autrement", "SINUS diffère", "SI-VIC attend", "un message est arrêté", "SINUS est absent"],
)
async def test_un_seul_desaccord_suffit(house: OpenHouse, path: tuple[Any, ...], value: object) -> None:
    """L’accord est entier ou n’est pas : la démonstration sort alors avec le code 1."""
    evenement = await _jouer_le_match(house)
    await house.settle()
    accord = deepcopy(await _accord(house, evenement))
    assert agrees(accord)
    part = accord
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    assert not agrees(accord)


def test_rien_n_est_pas_un_accord() -> None:
    """Une démonstration qui n’a rien pu lire échoue."""
    assert not agrees({"portal": training_event.TOTALS, "destinations": []})


async def test_la_demonstration_en_une_commande() -> None:
    """`passerelle demo --once --json` : code 0, un seul objet, les mêmes nombres de chaque côté, chacun avec son retard."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "demo", "--once", "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    said = json.loads(out)
    assert said["agreed"] is True
    assert [said[side]["counts"] for side in ("portal", "sinus", "sivic")] == [training_event.TOTALS] * 3
    assert [isinstance(said[side]["lag_ms"], int) for side in ("portal", "sinus", "sivic")] == [True] * 3
