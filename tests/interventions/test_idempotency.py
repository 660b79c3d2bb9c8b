"""The same click again, another one under the same name, a new version, a cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interventions.stage import CALL, OTHER, PLATFORM, click

if TYPE_CHECKING:
    from tests.interventions.stage import Stage


def without(answer: dict[str, object], *names: str) -> dict[str, object]:
    """The rest of an answer."""
    return {name: value for name, value in answer.items() if name not in names}


async def test_a_replay_gets_the_stored_answer(stage: Stage) -> None:
    """By message id, by Idempotency-Key, or by content alone: one request, one dossier, the first answer again."""
    for number, (body, headers) in enumerate(
        (
            (click(request_id="R-1", message_id="M-1"), {}),
            (click(request_id="R-2"), {"Idempotency-Key": "M-2"}),
            (click(request_id="R-3"), {}),
        ),
        start=1,
    ):
        first = await stage.ask(body, **headers)
        stage.clock.forward(minutes=1)
        again = await stage.ask(body, **headers)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["duplicate"] is True
        assert without(again.json(), "duplicate") == without(first.json(), "duplicate")
        assert len(await stage.messages()) == number


async def test_other_content_under_the_same_message_id_is_a_conflict(stage: Stage) -> None:
    """409, with what the nurse must do; the first request is untouched."""
    await stage.accepted(click(message_id="M-1"))
    refused = await stage.ask(click(message_id="M-1", note__text="autre"))
    assert refused.status_code == 409
    assert refused.json()["code"] == "MESSAGE_DEJA_RECU"
    assert CALL in refused.json()["instruction"]
    assert len(await stage.messages()) == 1


async def test_two_platforms_may_use_the_same_identifiers(stage: Stage) -> None:
    """An identifier is its sender's own."""
    one = await stage.accepted(click(message_id="M-1"))
    two = await stage.accepted(click(message_id="M-1"), OTHER)
    assert one["reference"] != two["reference"]


async def test_a_new_message_of_the_same_request_is_a_new_version(stage: Stage) -> None:
    """The CRRA has one dossier, with the new content; the reference stays; to say the first again after it is a third."""
    first = await stage.accepted()
    await stage.settle()
    second = await stage.ask(click(place__floor="4"))
    assert (second.status_code, second.json()["version"], second.json()["reference"]) == (200, 2, first["reference"])
    assert "MISE_A_JOUR" in [one["code"] for one in second.json()["warnings"]]
    await stage.settle()
    third = await stage.ask(click())
    assert (third.json()["version"], third.json()["duplicate"]) == (3, False)
    await stage.settle()
    held = await stage.held()
    assert list(held) == [first["reference"]]
    assert held[first["reference"]]["demande"]["version"] == "3"
    assert "étage 3" in held[first["reference"]]["demande"]["lieu"]["acces"]


async def test_an_update_by_put_may_say_which_version_it_has_seen(stage: Stage) -> None:
    """PUT under our identifier; a stale If-Match is refused with 412 and the words."""
    answer = await stage.accepted()
    async with stage.client() as nurse:
        path = f"/v1/interventions/{answer['id']}"
        done = await nurse.put(path, json=click(note__text="SpO2 80 %"), headers={"If-Match": '"1"'})
        late = await nurse.put(path, json=click(note__text="SpO2 78 %"), headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert (late.status_code, late.json()["code"]) == (412, "VERSION")
    assert CALL in late.json()["instruction"]


async def test_a_cancellation_before_anything_left_sends_nothing(stage: Stage) -> None:
    """What the CRRA never heard of it need not hear of twice: cancelled at once."""
    answer = await stage.accepted()
    async with stage.client() as nurse:
        done = await nurse.post(f"/v1/interventions/{answer['id']}/cancel", json={"reason": "erreur de patient"})
    assert done.json()["status"] == "ANNULEE"
    await stage.settle()
    assert await stage.held() == {}
    assert [one["status"] for one in await stage.messages()] == ["discarded"]


async def test_a_cancellation_after_is_asked_of_the_crra(stage: Stage) -> None:
    """The status follows the CRRA's answer, and cancelling again changes nothing."""
    answer = await stage.accepted()
    await stage.settle()
    async with stage.client() as nurse:
        path = f"/v1/interventions/{answer['id']}/cancel"
        assert (await nurse.post(path)).json()["status"] == "TRANSMISE"
        await stage.settle()
        assert (await stage.status(answer))["status"] == "ANNULEE"
        assert (await stage.held())[answer["reference"]]["etat"] == "ANNULEE"
        again = await nurse.post(path, json={"reason": "encore"})
    assert (again.status_code, again.json()["status"]) == (200, "ANNULEE")


async def test_a_cancellation_that_comes_too_late_is_told(stage: Stage) -> None:
    """A team is on site: the CRRA refuses, the status stays, and the sender is told to telephone."""
    answer = await stage.accepted()
    await stage.settle()
    for _ in range(4):
        await stage.advance(answer)
    async with stage.client() as nurse:
        await nurse.post(f"/v1/interventions/{answer['id']}/cancel")
    await stage.settle()
    await stage.look(seconds=30)
    assert (await stage.status(answer))["status"] == "SUR-PLACE"
    assert "Annulation non transmise, appelez le 15." in [one.get("instruction") for one in await stage.told()]


async def test_nothing_more_is_said_of_a_request_that_ended(stage: Stage) -> None:
    """An update or a cancellation after the end is refused: a new request is needed, or the telephone."""
    answer = await stage.accepted()
    await stage.settle()
    await stage.advance(answer, etat="REFUSEE", motif="HORS_SECTEUR")
    await stage.look(seconds=30)
    shown = await stage.status(answer)
    assert (shown["status"], shown["reason"]) == ("REFUSEE", "Le lieu n’est pas du secteur de ce SAMU.")
    assert CALL in shown["instruction"]
    refused = await stage.ask(click(note__text="autre"))
    async with stage.client() as nurse:
        late = await nurse.post(f"/v1/interventions/{answer['id']}/cancel")
    assert [one.json()["code"] for one in (refused, late)] == ["DEMANDE_CLOSE"] * 2
    assert all(CALL in one.json()["instruction"] for one in (refused, late))


async def test_every_message_that_came_is_kept(stage: Stage) -> None:
    """All versions can be read again, in the words of their sender."""
    await stage.accepted(click(message_id="M-1"))
    await stage.ask(click(message_id="M-2", note__text="deuxième"))

    def kept(register: object) -> list[tuple[str, int, bool]]:
        rows = register.connection.exec_driver_sql(  # type: ignore[attr-defined]
            "SELECT kind, version, said FROM intervention_message WHERE sender = ? ORDER BY version", (PLATFORM,)
        )
        return [(kind, version, "deuxième" in said.decode()) for kind, version, said in rows]

    assert await stage.runtime.read(kept) == [("new", 1, False), ("update", 2, True)]
