"""The studio's doors: a text is checked, tried and compared without a trace; only keeping it writes, and only a new name."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.doors.studio import drafts
from gateway.security.keys import Scope
from mapping import SHIPPED, shipped
from mapping.authoring.proposal import MISSHAPEN, MOST_CHARACTERS, propose
from tests.gateway.house import PERSONAL, WHOLE, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.gateway.house import OpenHouse

PERSON = "sivic/personne@1"
WRITTEN = (SHIPPED / "files" / f"{PERSON}.yaml").read_text(encoding="utf-8")
SECOND = WRITTEN.replace("mapping: sivic/personne@1", "mapping: sivic/personne@2").replace(
    "from: victim.localisation.name, optional: true", "value: ICI"
)


@pytest.fixture
async def house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[OpenHouse]:
    """An open house. The golden pairs tell of the same invented persons as the tests, so only the log is searched."""
    caplog.set_level(logging.DEBUG)
    async with open_house(tmp_path) as opened:
        yield opened
    assert [value for value in PERSONAL if value in caplog.text] == []


async def ask(house: OpenHouse, what: str, **body: Any) -> httpx.Response:
    """One question of the integrator."""
    return await house.as_(Scope.INTEGRATOR).post(f"/v1/mappings/{what}", json=body)


async def read(house: OpenHouse, what: str, name: str = PERSON) -> Any:
    """One of the reading doors."""
    answer = await house.as_(Scope.INTEGRATOR).get(f"/v1/mappings/{what}", params={"mapping": name})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_case(house: OpenHouse, name: str = PERSON) -> dict[str, Any]:
    """The document of the first golden pair."""
    document: dict[str, Any] = (await read(house, "documents", name))["documents"][0]["document"]
    return document


async def test_a_misspelt_path_is_told_at_its_place_with_what_was_meant(house: OpenHouse) -> None:
    """Line, column, message and hint are those of the text that was sent."""
    line = next(n for n, one in enumerate(WRITTEN.splitlines(), 1) if "victim.severity" in one)
    column = WRITTEN.splitlines()[line - 1].index("victim.severity") + 1
    said = (await ask(house, "check", text=WRITTEN.replace("victim.severity", "victim.severty"))).json()
    hint = "vouliez-vous « victim.severity » ?"
    fault = {"file": None, "line": line, "column": column, "message": "champ inconnu « victim.severty »", "hint": hint}
    assert (said["ok"], said["faults"]) == (False, [fault])


@pytest.mark.parametrize("name", sorted(shipped().mappings))
async def test_every_shipped_text_is_sound_and_its_pairs_are_right(house: OpenHouse, name: str) -> None:
    """What the studio opens is what it calls sound; its pairs pass, and its words can be listed."""
    text = (await read(house, "text", name))["text"]
    assert (await ask(house, "check", text=text)).json()["ok"]
    found = (await ask(house, "pairs", text=text)).json()
    assert (found["ok"], found["of"], [one["reason"] for one in found["pairs"]]) == (
        True,
        name,
        [""] * len(found["pairs"]),
    )
    assert (await read(house, "vocabulary", name))["paths"]


async def test_a_preview_says_the_result_and_the_line_of_each_value(house: OpenHouse) -> None:
    """The rule of a value is a line of the text; what the document does not have is absent."""
    said = (await ask(house, "preview", text=SECOND, document=await a_case(house))).json()
    assert said["ok"]
    assert said["result"]["personne"]["localisation"] == "ICI"
    step = next(one for one in said["steps"] if one["to"] == "personne.localisation")
    assert "value: ICI" in SECOND.splitlines()[step["line"] - 1]


async def test_an_inherited_rule_has_no_line_in_the_text(house: OpenHouse) -> None:
    """A rule of the parent says the parent's file, and the pairs are those of the version below."""
    text = "mapping: sivic/personne@7\nextends: sivic/personne@1\nrules:\n  - {to: personne.localisation, value: ICI}\n"
    steps = (await ask(house, "preview", text=text, document=await a_case(house))).json()["steps"]
    lines = {one["to"]: (one["line"], one["place"].rpartition(":")[0]) for one in steps}
    assert lines["personne.localisation"] == (4, "texte")
    assert lines["mode"] == (None, "sivic/personne@1.yaml")
    found = (await ask(house, "pairs", text=text)).json()
    assert (found["of"], found["ok"]) == ("sivic/personne@1", False)
    assert any("localisation" in one["reason"] for one in found["pairs"])


async def test_two_versions_are_compared_value_by_value(house: OpenHouse) -> None:
    """Each document that leaves differently says which value, before and after."""
    said = (await ask(house, "diff", text=SECOND, other=PERSON)).json()
    assert (said["ok"], said["new"], said["old"]) == (False, "sivic/personne@2", PERSON)
    assert {one["to"] for changes in said["changed"].values() for one in changes} == {"personne.localisation"}
    assert (await ask(house, "diff", text=WRITTEN, other=PERSON)).json()["ok"]


async def test_nothing_is_written_by_trying(house: OpenHouse) -> None:
    """No row anywhere, no version in force changed, no unknown code counted."""
    await house.event()
    before = await house.written(), dict(house.runtime.versions.current)
    counted = house.runtime.versions.catalogue.unknown_codes()
    document = await a_case(house)
    document["victim"]["status"] = "INCONNU-ESSAI"
    for what, more in (("check", {}), ("pairs", {}), ("preview", {"document": document}), ("diff", {"other": PERSON})):
        assert (await ask(house, what, text=SECOND, **more)).status_code == 200
    assert (await house.written(), dict(house.runtime.versions.current)) == before
    assert house.runtime.versions.catalogue.unknown_codes() == counted
    assert "sivic/personne@2" not in (await house.as_(Scope.INTEGRATOR).get("/v1/mappings")).json()["known"]


async def test_a_faulty_text_is_tried_on_nothing(house: OpenHouse) -> None:
    """The same faults come back as a refusal, by place."""
    answer = await ask(house, "preview", text=WRITTEN.replace("table: sivic/mode", "table: sivic/mod"), document={})
    assert (answer.status_code, answer.json()["code"]) == (422, "correspondance_fautive")
    assert answer.json()["errors"][0]["field"].startswith("texte:")


async def test_what_is_too_large_is_refused_before_any_work(house: OpenHouse) -> None:
    """A text beyond the limit, a document beyond it, a number that JSON does not carry."""
    assert (await ask(house, "check", text="x" * (MOST_CHARACTERS + 1))).status_code == 422
    large = await ask(house, "preview", text=WRITTEN, document={"mode": "x" * 300_000})
    assert (large.status_code, large.json()["code"]) == (413, "document_trop_gros")
    huge = await ask(house, "preview", text=WRITTEN, document={"revision": 10**40})
    assert (huge.status_code, huge.json()["code"]) == (422, "document_illisible")


async def test_a_document_of_another_shape_is_told(house: OpenHouse) -> None:
    """No crash, no half result: a sentence."""
    said = (await ask(house, "preview", text=WRITTEN, document={"event": [1], "victim": "x"})).json()
    assert (said["ok"], said["result"], said["reason"]) == (False, None, MISSHAPEN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("id", "name", "age")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(shipped().mappings)), data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_document_gives_a_result_or_a_reason(name: str, data: st.DataObject) -> None:
    """Whatever stands at the paths that a mapping reads."""
    keys = sorted(shipped().mapping(name).compiler.shape.fields)
    document = data.draw(st.dictionaries(st.sampled_from(keys), JSON, max_size=len(keys)))
    told = PROPOSALS[name].preview(document)
    assert told.ok == (told.data["result"] is not None)
    assert told.ok or told.text
    json.dumps(told.data)


PROPOSALS = {
    name: propose(shipped(), (SHIPPED / "files" / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in shipped().mappings
}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "\t", "a: &x [*x]", "mapping: 1", "rules: [1]", "\x01", "é" * 5000, "{" * 200]
)
async def test_what_is_no_mapping_is_told_as_faults(house: OpenHouse, text: str) -> None:
    """Any text has an answer."""
    answer = await ask(house, "check", text=text)
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert all(fault["line"] >= 1 and fault["message"] for fault in answer.json()["faults"])


async def test_a_sound_text_is_kept_once_and_can_be_put_in_force(tmp_path: Path) -> None:
    """A new version becomes a file of the deployment; the same name is refused, as is one of the product."""
    folder = tmp_path / "correspondances"
    folder.mkdir()
    async with open_house(tmp_path, mapping_dirs=[folder]) as house:
        kept = await ask(house, "files", text=SECOND)
        assert (kept.status_code, kept.json()) == (201, {"mapping": "sivic/personne@2"})
        assert (folder / "files" / "sivic" / "personne@2.yaml").read_text(encoding="utf-8") == SECOND
        for text in (SECOND + "\n", WRITTEN):
            again = await ask(house, "files", text=text)
            assert (again.status_code, again.json()["code"]) == (409, "version_existante"), again.text
        assert not (folder / "files" / "sivic" / "personne@1.yaml").exists()
        opened = await read(house, "text", "sivic/personne@2")
        assert (opened["text"], opened["shipped"]) == (SECOND, False)
        wanted = {"use": "sivic.victim", "mapping": "sivic/personne@2", "why": "essai de l’atelier"}
        assert (await ask(house, "activations", **wanted)).status_code == 200


async def test_without_a_folder_of_the_deployment_nothing_is_kept(house: OpenHouse) -> None:
    """What comes with the product is never written."""
    answer = await ask(house, "files", text=SECOND)
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier_absent")


async def test_an_unknown_mapping_is_not_found(house: OpenHouse) -> None:
    """By name, and never by a way out of the folders."""
    for name in ("sivic/absente@1", "../../pyproject", ""):
        answer = await house.as_(Scope.INTEGRATOR).get("/v1/mappings/text", params={"mapping": name})
        assert answer.status_code == 404


async def test_the_studio_never_takes_every_thread(house: OpenHouse) -> None:
    """When its places are taken it says so, with when to come back; a place given back serves again."""
    for _ in range(drafts.AT_ONCE):
        assert drafts._PLACES.acquire(blocking=False)
    try:
        answer = await ask(house, "check", text=WRITTEN)
        assert (answer.status_code, answer.json()["code"]) == (503, "atelier_occupe")
        assert answer.headers["retry-after"] == "1"
    finally:
        for _ in range(drafts.AT_ONCE):
            drafts._PLACES.release()
    assert (await ask(house, "check", text=WRITTEN)).json()["ok"]


async def test_nobody_waits_for_work_that_lasts(house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its time the question is refused; the place comes back when the work ends."""
    with monkeypatch.context() as short:
        short.setattr(drafts, "PATIENCE", 0.0)
        answer = await ask(house, "check", text=WRITTEN)
        assert (answer.status_code, answer.json()["code"]) == (503, "essai_trop_long")
    for _ in range(drafts.AT_ONCE):
        assert drafts._PLACES.acquire(timeout=5)
    for _ in range(drafts.AT_ONCE):
        drafts._PLACES.release()


async def test_a_patient_of_the_register_is_shown_masked_and_the_look_is_noted(house: OpenHouse) -> None:
    """Neither a name nor a number leaves, for one patient or for the last messages; who looked, at what, is in the audit."""
    await house.event()
    await house.settle()
    await house.patient("p1", **WHOLE)
    await house.settle()
    integrator = house.as_(Scope.INTEGRATOR)
    for asked, count in (({"patient": "p1"}, 1), ({}, 1)):
        answer = await integrator.get("/v1/mappings/live", params={"mapping": PERSON, **asked})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["documents"]) == count
        assert [value for value in PERSONAL if value in answer.text] == []
        document = answer.json()["documents"][0]["document"]
        assert (await ask(house, "preview", text=WRITTEN, document=document)).json()["ok"]
    unknown = await integrator.get("/v1/mappings/live", params={"mapping": PERSON, "patient": "p9"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "patient_inconnu")
    assert (await house.portal.get("/v1/mappings/live", params={"mapping": PERSON})).status_code == 403
    acts = await house.runtime.read(lambda register: register.audit.latest())
    assert [(one.act, one.about, one.by) for one in acts if one.act.startswith("mapping.")] == [
        ("mapping.messages_seen", "sivic.victim", "essai-integrator"),
        ("mapping.patient_seen", "p1", "essai-integrator"),
    ]
