"""Where a request goes, what happens when nobody is there, and what is said when time runs out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from domain.intervention.route import Route, RouteKind, choose, keys_of
from tests.interventions.stage import CALL, OPERATOR, PLATFORM, click, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interventions.stage import Stage

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def row(kind: RouteKind, key: str, **changes: object) -> Route:
    """A row of the table."""
    return replace(Route(f"{kind}-{key}", kind, key, "lrm", "SAMU", NOW), **changes)  # type: ignore[arg-type]


def test_the_most_precise_row_in_force_wins() -> None:
    """Named, then commune, then department, then agreement; a row that has not begun or has ended is not there."""
    named = row(RouteKind.CRRA, "fr.health.samu077")
    commune, department = row(RouteKind.INSEE, "77288"), row(RouteKind.DEPARTMENT, "77")
    agreed = row(RouteKind.PLATFORM, "essai")
    table = [agreed, department, commune, named]
    assert choose(table, keys_of("fr.health.samu077", "77288", "77", "essai"), NOW) is named
    assert choose(table, keys_of(None, "77288", "77", "essai"), NOW) is commune
    assert choose(table, keys_of(None, "77001", "77", "essai"), NOW) is department
    assert choose(table, keys_of(None, None, None, "essai"), NOW) is agreed
    assert choose(table, keys_of(None, "75056", "75", "autre"), NOW) is None
    ended = replace(commune, valid_to=NOW)
    later = replace(named, valid_from=NOW + timedelta(seconds=1))
    assert choose([ended, later, department], keys_of("fr.health.samu077", "77288", "77", "essai"), NOW) is department


async def test_a_place_without_a_route_is_refused_at_once(stage: Stage) -> None:
    """Never queued in the dark: the nurse is told to telephone, and nothing is kept."""
    refused = await stage.ask(click(place__insee_code="75056", place__postal_code="75001"))
    assert (refused.status_code, refused.json()["code"]) == (422, "AUCUNE_ROUTE")
    assert CALL in refused.json()["title"]
    assert CALL in refused.json()["instruction"]
    assert await stage.messages() == []


@pytest.mark.parametrize(
    ("kind", "key", "changes", "warning"),
    [
        ("insee", "2A004", {"place__insee_code": "2A004"}, None),
        ("department", "2B", {"place__insee_code": "2B033"}, None),
        ("department", "2A", {"place__insee_code": None, "place__postal_code": "20000"}, "ROUTE_CODE_POSTAL"),
        ("department", "974", {"place__insee_code": "97411"}, None),
        ("platform", PLATFORM, {"place__insee_code": None, "place__postal_code": None}, "ROUTE_CONVENTION"),
        ("crra", "fr.health.samu075", {"crra": "fr.health.samu075"}, None),
    ],
)
async def test_each_kind_of_route_is_taken(
    stage: Stage, kind: str, key: str, changes: dict[str, str | None], warning: str | None
) -> None:
    """Corsica and overseas too; how a route was found is said when it is less than sure."""
    assert (await stage.route("autre", kind=kind, key=key, label="Le bon SAMU")).status_code == 201
    answer = await stage.accepted(click(**changes))
    assert answer["crra"] == "Le bon SAMU"
    said = [one["code"] for one in answer["warnings"] if one["code"].startswith("ROUTE")]
    assert said == ([warning] if warning else [])


async def test_a_named_crra_that_is_not_here_gives_way_to_the_place(stage: Stage) -> None:
    """Accepted, and said."""
    answer = await stage.accepted(click(crra="fr.health.samu999"))
    assert answer["crra"] == "SAMU 77"
    assert "CRRA_SANS_ROUTE" in [one["code"] for one in answer["warnings"]]


async def test_an_operator_edits_the_table(stage: Stage) -> None:
    """Written, read, ended; a row to nowhere, a row that ends before it begins, and a platform's hand are refused."""
    assert (await stage.route("nulle-part", destination="ailleurs")).json()["code"] == "destination_inconnue"
    dates = {"valid_from": "2026-01-02T00:00:00+01:00", "valid_to": "2026-01-01T00:00:00+01:00"}
    assert (await stage.route("envers", **dates)).json()["code"] == "dates_inversees"
    assert (await stage.route("mauvais", crra="samu77")).status_code == 422
    async with stage.client(PLATFORM) as platform:
        assert (await platform.get("/v1/routes")).status_code == 403
    async with stage.client(OPERATOR) as operator:
        assert (await operator.delete("/v1/routes/seine-et-marne")).status_code == 204
        assert (await operator.delete("/v1/routes/seine-et-marne")).status_code == 404
        told = (await operator.get("/v1/routes")).json()
        table = told["routes"]
    assert [(one["id"], one["in_force"]) for one in table] == [("seine-et-marne", False)]
    assert told["destinations"] == ["lrm"]
    assert (await stage.ask()).json()["code"] == "AUCUNE_ROUTE"
    assert (await stage.route()).status_code == 200
    assert (await stage.ask()).status_code == 201


async def test_what_could_not_be_sent_in_time_is_never_sent(stage: Stage) -> None:
    """The link is down: after five minutes the request is dead, everybody is told, and it does not leave when the link is back."""
    answer = await stage.accepted()
    stage.lrm.gone = True
    await stage.settle()
    await stage.settle(seconds=310)
    stage.lrm.gone = False
    await stage.settle(seconds=60)
    assert await stage.held() == {}
    shown = await stage.status(answer)
    assert (shown["status"], shown["task_status"]) == ("ERREUR", "failed")
    assert shown["instruction"] == "Demande non transmise, appelez le 15."
    assert (await stage.told())[-1]["instruction"] == "Demande non transmise, appelez le 15."
    assert (await stage.feed())[-1]["status"] == "ERREUR"


async def test_a_request_that_died_may_be_made_again(stage: Stage) -> None:
    """The nurse clicks once more on the same request: a new version leaves, under the same reference."""
    answer = await stage.accepted()
    stage.lrm.gone = True
    await stage.settle(seconds=310)
    stage.lrm.gone = False
    again = await stage.ask(click(note__text="toujours en détresse"))
    assert (again.json()["status"], again.json()["reference"]) == ("TRANSMISE", answer["reference"])
    await stage.settle()
    assert list(await stage.held()) == [answer["reference"]]


async def test_the_expiry_is_that_of_the_agreement(tmp_path: Path) -> None:
    """A platform with an agreement of its own waits for as long as it says."""
    more = {"platforms": {PLATFORM: {"expiry_seconds": 20}}}
    async with open_stage(tmp_path, **more) as stage:
        answer = await stage.accepted()
        stage.lrm.gone = True
        await stage.settle(seconds=25)
        assert (await stage.status(answer))["status"] == "ERREUR"


async def test_a_request_answered_by_something_else_is_told_as_uncertain(stage: Stage) -> None:
    """Left for a person, who replays it; its sender does not wait, and is not told that nothing left."""
    await stage.lrm.control("POST", "/_sandbox/faults", [{"fault": "wrong_answer", "times": 3}])
    answer = await stage.accepted()
    for _ in range(4):
        await stage.settle(seconds=5)
    assert (await stage.status(answer))["instruction"] == "Peut-être reçue par le SAMU, appelez le 15."
    undecided = await stage.messages()
    assert [one["status"] for one in undecided] == ["uncertain"]
    async with stage.client(OPERATOR) as operator:
        assert (await operator.post(f"/v1/outbox/messages/{undecided[0]['id']}/replay")).status_code == 204
    await stage.settle()
    shown = await stage.status(answer)
    assert (shown["status"], shown["instruction"]) == ("TRANSMISE", None), "a later success counts"


async def test_silence_of_the_crra_alarms_once(stage: Stage) -> None:
    """Shown and not answered for a minute: the sender is told to telephone, the feed has the line, once; an answer ends it."""
    answer = await stage.accepted()
    await stage.settle()
    await stage.advance(answer)
    await stage.look(seconds=40)
    assert (await stage.status(answer))["instruction"] is None
    await stage.look(seconds=30)
    await stage.look(seconds=30)
    shown = await stage.status(answer)
    assert (shown["status"], shown["instruction"]) == ("AFFICHEE", "Pas de réponse du SAMU, appelez le 15.")
    alarms = [one for one in await stage.feed() if one["instruction"] == "Pas de réponse du SAMU, appelez le 15."]
    assert len(alarms) == 1
    assert (await stage.told())[-1]["instruction"] == "Pas de réponse du SAMU, appelez le 15."
    await stage.advance(answer)
    await stage.look(seconds=60)
    assert (await stage.status(answer))["instruction"] is None


async def test_a_word_that_comes_late_moves_nothing(stage: Stage) -> None:
    """Kept as said; the status does not go back."""
    from gateway.interventions.follow import LrmAnswer, hear  # noqa: PLC0415 - the only test that speaks for a CRRA

    answer = await stage.accepted()
    await stage.settle()
    runtime, reference = stage.runtime, answer["reference"]
    for word, moved in (("MOYEN_ENGAGE", True), ("AFFICHEE", False), ("AFFICHEE", False), ("INCONNU", False)):
        said = LrmAnswer(word, at=stage.clock() if moved else NOW)
        result = await runtime.write(lambda r, said=said: hear(r, runtime.deployment, reference, said, stage.clock()))
        assert result is moved
    words = await runtime.read(lambda register: register.interventions.words(answer["id"]))
    assert [word.status.value for word in words if not word.moved] == ["AFFICHEE"]
    assert (await stage.status(answer))["status"] == "MOYEN-ENGAGE"
