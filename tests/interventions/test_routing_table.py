"""The table of routes as people edit it: checked, audited, the same by REST and from the command line; and the structures agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.cli import main
from tests.interventions.soap_words import DEMANDE, demander, envelope, post, told
from tests.interventions.stage import OPERATOR, PASSWORD, PLATFORM, SECRET, click, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interventions.stage import Stage


@pytest.mark.parametrize(
    ("kind", "key", "right"),
    [
        ("insee", "2A004", True),
        ("insee", "2B033", True),
        ("insee", "97411", True),
        ("insee", "20004", False),
        ("insee", "Melun", False),
        ("department", "2A", True),
        ("department", "974", True),
        ("department", "20", False),
        ("department", "077", False),
        ("crra", "fr.health.samu2A0", True),
        ("crra", "SAMU77", False),
        ("platform", "essai-plateforme", True),
    ],
)
async def test_a_key_that_no_request_has_is_refused(stage: Stage, kind: str, key: str, *, right: bool) -> None:
    """Corsica is 2A or 2B, overseas has three digits; a key that would never be found is found out when it is written."""
    answer = await stage.route("essai", kind=kind, key=key)
    assert (answer.status_code == 201) is right
    if not right:
        assert answer.json()["errors"][0]["field"] == "key"


async def test_each_change_is_written_down(stage: Stage) -> None:
    """Who, when, what was before and what is after; and the end."""
    await stage.route("samu77", label="SAMU 77")
    await stage.route("samu77", label="SAMU de Seine-et-Marne")
    async with stage.client(OPERATOR) as operator:
        assert (await operator.delete("/v1/routes/samu77")).status_code == 204
        assert (await operator.delete("/v1/routes/inconnue")).status_code == 404
    acts = (await stage.get("/v1/audit?about=route:samu77", OPERATOR))["acts"]
    assert [(one["act"], one["by"]) for one in acts] == [
        ("route.end", OPERATOR), ("route.put", OPERATOR), ("route.put", OPERATOR),
    ]  # fmt: skip
    changed = acts[1]["facts"]
    assert (changed["before"]["label"], changed["after"]["label"]) == ("SAMU 77", "SAMU de Seine-et-Marne")
    assert acts[2]["facts"]["before"] is None
    async with stage.client() as platform:
        assert (await platform.get("/v1/audit")).status_code == 403


async def test_no_route_is_told_in_the_shape_of_each_protocol(stage: Stage) -> None:
    """JSON, SOAP and FHIR: refused at once, with the telephone, and nothing is kept."""
    refused = await stage.ask(click(place__insee_code="75056", place__postal_code="75001"))
    assert (refused.status_code, refused.json()["instruction"]) == (422, "Demande non transmise, appelez le 15.")
    answer = await post(stage, envelope(demander(DEMANDE.replace("77288", "75056").replace("77000", "75001"))))
    assert (told(answer)["code"], told(answer)["consigne"]) == ("AUCUNE_ROUTE", "Demande non transmise, appelez le 15.")
    async with stage.client(**{"Content-Type": "application/fhir+json"}) as platform:
        bundle = (await platform.get("/fhir/Bundle/exemple-message")).text
        elsewhere = bundle.replace("77288", "75056").replace("77000", "75001")
        outcome = await platform.post("/fhir/$process-message", content=elsewhere)
    assert (outcome.status_code, outcome.json()["resourceType"]) == (422, "OperationOutcome")
    assert outcome.json()["issue"][0]["details"]["text"] == "Demande non transmise, appelez le 15."
    assert await stage.messages() == []


async def test_a_structure_nobody_agreed_on_is_remarked_upon(tmp_path: Path) -> None:
    """With its prefix or without it is the same structure; another one is warned about, and the request goes."""
    agreed = {PLATFORM: {"password": PASSWORD, "secrets": [SECRET], "structures": ["750712184"]}}
    async with open_stage(tmp_path, platforms=agreed) as stage:
        codes: dict[str, Any] = {}
        for n, structure in enumerate(("750712184", "1750712184", "1310781406")):
            answer = await stage.accepted(click(request_id=f"DEMANDE-{n}", requester__structure_id=structure))
            codes[structure] = "STRUCTURE_HORS_CONVENTION" in {one["code"] for one in answer["warnings"]}
        assert codes == {"750712184": False, "1750712184": False, "1310781406": True}


def test_the_command_line_edits_the_same_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Written, listed, ended, told; a destination that is not there, a wrong key and a wrong date are refused in words."""
    file = tmp_path / "passerelle.toml"
    file.write_text(
        f'mode = "Exercise"\n[store]\nurl = "sqlite:///{tmp_path}/base.sqlite3"\n'
        '[lrms.samu2a]\n[lrms.samu2a.link]\nurl = "http://127.0.0.1:1"\nmode = "Exercise"\n'
    )
    put = ["route", "put", "corse", "--kind", "department", "--label", "SAMU 2A", "--by", "essai"]

    def run(*arguments: str) -> tuple[int, str]:
        code = main([*arguments, "--settings", str(file)])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert run(*put, "--key", "2A", "--to", "lrm") == (2, "Destination inconnue : lrm. Ici : lrm:samu2a.\n")
    assert run(*put, "--key", "20", "--to", "lrm:samu2a")[0] == 2
    ending = ["--until", "2020-01-01T00:00:00+01:00"]
    assert run(*put, "--key", "2A", "--to", "lrm:samu2a", *ending) == (2, "La fin précède le début.\n")
    assert run(*put, "--key", "2A", "--to", "lrm:samu2a") == (0, "Voie « corse » écrite.\n")
    assert "en vigueur" in run("route", "list")[1]
    assert run("route", "end", "corse", "--by", "essai")[0] == 0
    assert run("route", "end", "corse", "--by", "essai")[0] == 1
    history = run("route", "history")[1].splitlines()
    assert [line.split()[2] for line in history] == ["route.end", "route.put"]
