"""What comes back, said once and in words that hold nothing clinical; and what is said when nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from domain.intervention.status import REFUSALS, InterventionStatus, refusal_code
from gateway.doors.fhir.answers import followed
from gateway.interventions.follow import LrmAnswer, hear
from gateway.interventions.tell import instruction
from tests.interventions.soap_words import annuler, consulter, demander, envelope, post, told
from tests.interventions.stage import OPERATOR, PLATFORM, click

if TYPE_CHECKING:
    from tests.interventions.stage import Stage

CLINICAL = "décès constaté, ACR depuis 20 min, pas de SMUR"


async def test_no_two_steps_that_follow_say_the_same(stage: Stage) -> None:
    """Recorded, then received by the CRRA's software, then updated, then shown: each line of the history has its own words."""
    answer = await stage.accepted()
    await stage.settle()
    async with stage.client() as nurse:
        path = f"/v1/interventions/{answer['id']}"
        assert (await nurse.put(path, json=click(note__text="SpO2 80 %"))).status_code == 200
    await stage.settle()
    await stage.advance(answer)
    await stage.look(seconds=30)
    labels = [step["label"] for step in (await stage.status(answer))["history"]]
    assert labels == [
        "Demande enregistrée, en route vers le SAMU",
        "Demande reçue par le logiciel du SAMU",
        "Mise à jour enregistrée",
        "Demande affichée au SAMU",
    ]


@pytest.mark.parametrize("etat", ["REFUSEE", "DIFFEREE", "PARTIELLE", "TERMINEE"])
async def test_a_clinical_word_of_the_crra_goes_to_no_sender(stage: Stage, etat: str) -> None:
    """A reason in free text stays with the operator: GET, SOAP, FHIR, webhook and stream say a code's sentence, or nothing."""
    answer = await stage.accepted()
    await stage.settle()
    runtime = stage.runtime
    said = LrmAnswer(etat, stage.clock(), "DOSSIER-1", CLINICAL)
    moved = await runtime.write(lambda r: hear(r, runtime.deployment, answer["reference"], said, stage.clock(), "hub"))
    assert moved
    await stage.settle()
    one = await runtime.read(lambda r: r.interventions.by_reference(answer["reference"]))
    assert one is not None
    seen = [
        orjson.dumps(await stage.status(answer)).decode(),
        (await post(stage, envelope(consulter(answer["request_id"])))).text,
        str(await stage.get(f"/fhir/Task/{answer['id']}")),
        str(followed(one, instruction(one))),
        orjson.dumps(await stage.told()).decode(),
        orjson.dumps(await stage.feed()).decode(),
    ]
    assert [text for text in seen if "décès" in text or "ACR" in text] == []
    shown = await stage.status(answer)
    assert shown["reason"] == (REFUSALS["AUTRE"] if etat == "REFUSEE" else None)
    heard = (await stage.get(f"/v1/interventions/{answer['id']}", OPERATOR))["heard"]
    assert heard[-1]["reason"] == CLINICAL


def test_a_reason_is_a_code_of_ours() -> None:
    """Whatever is said of a refusal, one of the four codes is kept; of anything else, nothing."""
    assert {refusal_code(InterventionStatus.REFUSEE, one) for one in (*REFUSALS, None, CLINICAL, "")} == set(REFUSALS)
    assert refusal_code(InterventionStatus.TERMINEE, "CONSEIL") is None


async def test_nobody_answers_and_the_operator_is_alarmed(stage: Stage) -> None:
    """After sixty seconds: one alarm with the reference, for the operator; the answer of the CRRA ends it."""
    answer = await stage.accepted()
    await stage.settle()
    await stage.look(seconds=61)
    name = f"unanswered:{answer['id']}"
    alarms = {one["name"]: one for one in (await stage.get("/v1/alarms", OPERATOR))["alarms"]}
    assert alarms[name]["facts"]["reference"] == answer["reference"]
    assert (await stage.status(answer))["instruction"] == "Pas de réponse du SAMU, appelez le 15."
    await stage.advance(answer)
    await stage.advance(answer)
    await stage.look(seconds=30)
    assert name not in {one["name"] for one in (await stage.get("/v1/alarms", OPERATOR))["alarms"]}


async def test_a_cancellation_supposes_what_was_read(stage: Stage) -> None:
    """At a version that is no longer the one in force nothing is cancelled; at the right one it is."""
    answer = await stage.accepted()
    async with stage.client() as nurse:
        path = f"/v1/interventions/{answer['id']}"
        await nurse.put(path, json=click(note__text="SpO2 80 %"))
        stale = await nurse.post(f"{path}/cancel", json={}, headers={"If-Match": 'W/"1"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "VERSION")
        assert stale.json()["instruction"] == "Annulation non transmise, appelez le 15."
        right = await nurse.post(f"{path}/cancel", json={}, headers={"If-Match": 'W/"2"'})
        assert right.json()["status"] == "ANNULEE"


async def test_the_message_id_of_each_call_is_kept(stage: Stage) -> None:
    """Of a click, and of its replay under another one: both in the audit, neither in what decides."""
    block = "<wsa:MessageID>urn:uuid:{}</wsa:MessageID>"
    first = await post(stage, envelope(demander(), block.format("essai-1")))
    again = await post(stage, envelope(demander(), block.format("essai-2")))
    await post(stage, envelope(annuler(), block.format("essai-3")))
    assert told(again)["doublon"] == "true"
    acts = (await stage.get(f"/v1/audit?about={told(first)['reference']}", OPERATOR))["acts"]
    assert [(one["act"], one["by"], one["facts"]["message_id"]) for one in reversed(acts)] == [
        ("soap.DemanderIntervention", PLATFORM, "urn:uuid:essai-1"),
        ("soap.DemanderIntervention", PLATFORM, "urn:uuid:essai-2"),
        ("soap.AnnulerDemande", PLATFORM, "urn:uuid:essai-3"),
    ]
