"""A portal with other fields and other codes, in the whole house: what it writes, what it reads, how it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gateway.bootstrap import load_mappings
from gateway.doors.portal import contract as portal_contract
from gateway.mappings.activation import ActivationRequest, Integration, activate
from gateway.mappings.agreements import check_agreements
from gateway.mappings.versions import keep_unknown
from gateway.security.keys import Scope
from gateway.settings.portal import HEARD, SHOWN, PortalWords
from gateway.settings.settings import Settings
from mapping import SHIPPED, UnknownMappingError, load_catalogue
from tests.gateway.house import NUMBER, PERSONAL, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.gateway.house import OpenHouse

TOULOUSE = Path(__file__).parent / "portail_toulouse"
WORDS = {
    "new_event": "toulouse/evenement@1",
    "new_patient": "toulouse/patient@1",
    "changed_patient": "toulouse/correction@1",
    "triage": "toulouse/tri@1",
    "patient": "toulouse/lecture@1",
    "event": "toulouse/affiche@1",
}
SHIPPED_WORDS = {
    "new_event": "portail/evenement-cree@1",
    "changed_event": "portail/evenement-change@1",
    "link": "portail/lien@1",
    "localisation": "portail/localisation@1",
    "new_patient": "portail/patient-cree@1",
    "replaced_patient": "portail/patient-remplace@1",
    "changed_patient": "portail/patient-change@1",
    "search": "portail/recherche@1",
    "triage": "portail/triage@1",
    "bilan": "portail/bilan@1",
    "orientation": "portail/orientation@1",
    "evacuation": "portail/evacuation@1",
    "reason": "portail/motif@1",
    "step": "portail/constat@1",
    "patient": "portail/patient@1",
    "event": "portail/evenement@1",
}
MATCH = {
    "reference": "evt",
    "intitule": "Match de Toulouse",
    "categorie": "accident",
    "regime": "exercice",
    "debut": "2020-09-01T16:00:00+02:00",
    "lieux": [{"code": "pma", "nom": "PMA"}, {"code": "stade", "nom": "Stade"}],
}
FICHE: dict[str, Any] = {
    "fiche": "p1",
    "couleur": "rouge",
    "bracelet": NUMBER,
    "identite": {"nom": "ESSAI-UN", "prenom": "Huguette-Essai", "sexe": "F", "naissance": "1952-03-14"},
    "proche": {"nom": "TESTE-PROCHE", "telephone": "06 99 00 00 00"},
    "lieu": "pma",
    "remarque": "commentaire confié",
}
PATIENTS = "/v1/events/evt/patients"


def settings(folder: Path = TOULOUSE, **changes: str) -> dict[str, Any]:
    """A house where the portal of the tests speaks as in Toulouse."""
    return {"portals": {"essai-portal": {**WORDS, **changes}}, "mapping_dirs": [str(folder)]}


@pytest.fixture
async def toulouse(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """An open house; no refusal of it names a person."""
    async with open_house(tmp_path, **settings()) as house:
        yield house
    refusals = [one.text for one in house.heard if one.media_type == "application/problem+json"]
    assert [value for value in PERSONAL for text in refusals if value in text] == []


async def entered(house: OpenHouse, *fiches: dict[str, Any]) -> None:
    """The match and these patients, as Toulouse says them."""
    answer = await house.portal.post("/v1/events", json=MATCH)
    assert answer.status_code == 201, answer.text
    for fiche in fiches:
        answer = await house.portal.post(PATIENTS, json=fiche)
        assert answer.status_code == 201, answer.text


def faults(answer: Any) -> list[tuple[str, str]]:
    """Field and sentence of each fault of a refusal."""
    assert answer.headers["content-type"].startswith("application/problem+json")
    return [(one["field"], one["title"]) for one in answer.json()["errors"]]


async def test_an_event_and_its_patients_are_entered_read_back_and_counted_in_the_portals_words(
    toulouse: OpenHouse,
) -> None:
    """What Toulouse says is what SINUS holds and counts, and what Toulouse reads is what it said."""
    others = [
        {"fiche": f"p{at}", "couleur": couleur}
        for at, couleur in enumerate(("jaune", "jaune", "vert", "noir", "blanc"), 2)
    ]
    await entered(toulouse, FICHE, *others)
    read = (await toulouse.portal.get(f"{PATIENTS}/p1")).json()
    assert read == {**FICHE, "etat": read["etat"], "version": 1, "aVoir": ["sinus_year_0000"]}
    listed = (await toulouse.portal.get(PATIENTS)).json()["patients"]
    assert [one["couleur"] for one in listed] == ["rouge", "jaune", "jaune", "vert", "noir", "blanc"]
    shown = (await toulouse.portal.get("/v1/events/evt")).json()
    assert {**MATCH, "debut": shown["debut"], "etat": "open", "version": shown["version"]} == shown
    await toulouse.settle()
    await toulouse.settle()
    held = toulouse.sinus_victims()
    assert sorted(held) == ["p1", "p2", "p3", "p4", "p5", "p6"]
    (event,) = (await toulouse.state("sinus"))["evenements"].values()
    counts = (await toulouse.portal.get("/v1/events/evt/counts")).json()["totals"]
    assert {key: counts[key] for key in ("UA", "UR", "IMP", "DCD", "NC")} == {
        "UA": 1,
        "UR": 2,
        "IMP": 1,
        "DCD": 1,
        "NC": 1,
    }
    assert [event["recomptage"][f"@{key}"] for key in ("ua", "ur", "imp", "dcd", "total")] == [1, 2, 1, 1, 6]
    assert event["denombrement"] is not None


async def test_a_step_and_a_correction_are_said_in_the_portals_words_and_an_empty_field_empties(
    toulouse: OpenHouse,
) -> None:
    """A triage changes the colour; `null` takes away what was said, in a group too; the rest stays."""
    await entered(toulouse, {**FICHE, "identite": {"nom": "ESSAI-UN", "anneesDAge": 68}})
    answer = await toulouse.portal.post(f"{PATIENTS}/p1/triage", json={"couleur": "vert", "etape": "entree"})
    assert (answer.status_code, answer.json()["couleur"]) == (200, "vert")
    said = {"bracelet": None, "proche": None, "identite": {"anneesDAge": None}}
    answer = await toulouse.portal.patch(f"{PATIENTS}/p1", json=said)
    assert answer.status_code == 200, answer.text
    left = answer.json()
    assert not {"bracelet", "proche"} & set(left)
    assert (left["identite"], left["lieu"]) == ({"nom": "ESSAI-UN"}, "pma")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"couleur": "mauve"}, [("couleur", "Code inconnu.")]),
        ({"couleur": None}, [("couleur", "Ce n’est pas la sorte de valeur attendue.")]),
        ({"severity_entry": "UA"}, [("severity_entry", "Champ inconnu.")]),
        ({"ESSAI-UN né le": "x"}, [("?", "Champ inconnu.")]),
        ({"fiche": "../ailleurs"}, [("fiche", "Forme incorrecte.")]),
        ({"identite": {"anneesDAge": 300}}, [("identite.anneesDAge", "L’âge n’est pas lisible.")]),
        ({"proche": {"telephone": "06"}}, [("proche.nom", "Champ obligatoire absent.")]),
        (
            {"identite": {"sexe": "Z"}, "couleur": "mauve"},
            [("couleur", "Code inconnu."), ("identite.sexe", "Code inconnu.")],
        ),
    ],
)
async def test_a_refusal_names_the_portals_own_field_and_nothing_is_written(
    toulouse: OpenHouse, change: dict[str, Any], named: list[tuple[str, str]]
) -> None:
    """By its contract, by a table, by the document of the door: the field is the one that Toulouse wrote."""
    await entered(toulouse)
    before = await toulouse.written()
    answer = await toulouse.portal.post(PATIENTS, json={**FICHE, **change})
    assert answer.status_code == 422, answer.text
    assert faults(answer) == named
    assert await toulouse.written() == before


async def test_a_rule_of_the_trade_and_a_list_are_refused_in_the_portals_fields(toulouse: OpenHouse) -> None:
    """What the domain refuses, and what stands in an element of a list, is named as Toulouse wrote it."""
    wrong = {**MATCH, "lieux": [{"code": "pma", "nom": "PMA"}, {"code": "x x", "nom": "Stade"}]}
    answer = await toulouse.portal.post("/v1/events", json=wrong)
    assert faults(answer) == [("lieux.1.code", "Forme incorrecte.")]
    await entered(toulouse)
    answer = await toulouse.portal.post(PATIENTS, json={**FICHE, "lieu": "ailleurs"})
    assert [field for field, _ in faults(answer)] == ["lieu"]
    answer = await toulouse.portal.post("/v1/events", json={**MATCH, "reference": "e2", "regime": "reel"})
    assert (answer.status_code, [field for field, _ in faults(answer)]) == (409, ["regime"])


async def test_an_unknown_code_is_counted_and_listed_as_those_of_the_neighbours(toulouse: OpenHouse) -> None:
    """An integrator sees the code, its table, and how often it was met."""
    await entered(toulouse)
    for _ in range(2):
        await toulouse.portal.post(PATIENTS, json={**FICHE, "couleur": "mauve"})
    await keep_unknown(toulouse.runtime.versions, toulouse.runtime.database, toulouse.clock())
    listed = (await toulouse.as_(Scope.INTEGRATOR).get("/v1/mappings/unknown-codes")).json()
    (one,) = listed["codes"]
    assert (one["table"], one["code"], one["times"]) == ("toulouse/couleur", "mauve", 2)


async def test_the_same_key_gives_the_same_answer_in_the_portals_words(toulouse: OpenHouse) -> None:
    """Replayed, a creation is not done twice and reads alike; other words under the same key are refused."""
    await entered(toulouse)
    once = {"Idempotency-Key": "fiche-p1"}
    first = await toulouse.portal.post(PATIENTS, json=FICHE, headers=once)
    again = await toulouse.portal.post(PATIENTS, json=FICHE, headers=once)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await toulouse.portal.post(PATIENTS, json={**FICHE, "couleur": "vert"}, headers=once)
    assert (other.status_code, other.json()["code"]) == (409, "cle_deja_utilisee")


async def test_what_the_words_cannot_say_stays_written_and_a_reading_says_so(tmp_path: Path) -> None:
    """A field outside the portal's contract blocks no writing: the answer is empty; reading is refused by its field."""
    folder = _copied(tmp_path)
    contract = folder / "contracts" / "toulouse-v1.schema.json"
    said = json.loads(contract.read_text(encoding="utf-8"))
    said["$defs"]["lecture"]["properties"]["lieu"] = {"type": "string", "maxLength": 3}
    contract.write_text(json.dumps(said), encoding="utf-8")
    async with open_house(tmp_path, **settings(folder)) as house:
        await entered(house, FICHE)
        answer = await house.portal.patch(f"{PATIENTS}/p1", json={"lieu": "stade"})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (204, b"", '"2"')
        read = await house.portal.get(f"{PATIENTS}/p1")
        assert (read.status_code, read.json()["code"], faults(read)[0][0]) == (500, "correspondance_portail", "lieu")


async def test_another_version_of_a_portals_words_is_in_force_without_a_restart(tmp_path: Path) -> None:
    """Once decided, the next document is read by the new version; the old fields are refused by name."""
    folder = _copied(tmp_path)
    async with open_house(tmp_path, **settings(folder)) as house:
        await entered(house, FICHE)
        room = folder / "files" / "toulouse"
        newer = (room / "tri@1.yaml").read_text(encoding="utf-8").replace("tri@1", "tri@2")
        newer = newer.replace("from: couleur, table: toulouse/couleur", "value: DCD")
        (room / "tri@2.yaml").write_text(newer, encoding="utf-8")
        runtime = house.runtime
        integration = Integration(runtime.versions, runtime.database, runtime.desk)
        wanted = ActivationRequest("portal:essai-portal.triage", "essai", "essai", house.clock())
        await activate(integration, wanted, "toulouse/tri@2")
        answer = await house.portal.post(f"{PATIENTS}/p1/triage", json={"couleur": "vert", "etape": "entree"})
        assert answer.json()["couleur"] == "noir"


def _copied(tmp_path: Path) -> Path:
    folder = tmp_path / "portail"
    for path in TOULOUSE.rglob("*.*"):
        copied = folder / path.relative_to(TOULOUSE)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(path.read_bytes())
    return folder


async def test_the_shipped_words_are_those_of_the_doors(tmp_path: Path) -> None:
    """Through the shipped mappings a portal writes and reads as without any; what is not known is absent."""
    said: dict[str, Any] = {
        "severity_entry": "UA",
        "used_name": "ESSAI-UN",
        "age": {"value": 68},
        "contact_person": {"name": "TESTE-PROCHE"},
        "localisation_id": "pma",
    }
    async with open_house(tmp_path, portals={"essai-portal": SHIPPED_WORDS}) as house:
        await house.event()
        await house.patient("p1", **said)
        await house.act("patients/p1/bilan", {"text": "bilan confié", "severity_exit": "UA"})
        mapped = (await house.portal.get(f"{PATIENTS}/p1")).json()
        event = (await house.portal.get("/v1/events/evt")).json()
        changed = await house.portal.patch(f"{PATIENTS}/p1", json={"age": None})
        assert "age" not in changed.json()
        cleared = await house.portal.patch(f"{PATIENTS}/p1", json={"contact_person": {"name": ""}})
        assert [field for field, _ in faults(cleared)] == ["contact_person.name"]
    plain = tmp_path / "plain"
    plain.mkdir()
    async with open_house(plain) as house:
        await house.event()
        await house.patient("p1", **said)
        await house.act("patients/p1/bilan", {"text": "bilan confié", "severity_exit": "UA"})
        assert _known((await house.portal.get(f"{PATIENTS}/p1")).json()) == mapped
        assert _known((await house.portal.get("/v1/events/evt")).json()) == event


def _known(tree: Any) -> Any:
    """A tree without what is not known."""
    if isinstance(tree, list):
        return [_known(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    held = {key: _known(value) for key, value in tree.items() if value is not None}
    return {key: value for key, value in held.items() if value != {}}


def test_the_contract_of_the_doors_is_what_their_models_say() -> None:
    """The file that mappings are checked by is made from the models; `make reference` writes it."""
    path = load_catalogue(SHIPPED).contracts.path(portal_contract.FILE)
    assert path is not None
    assert path.read_bytes() == portal_contract.text()


def test_every_document_has_a_setting_and_a_shipped_mapping() -> None:
    """What a portal may say in its own words, it may say by the shipped file."""
    assert set(PortalWords.model_fields) == {*HEARD, *SHOWN} == set(SHIPPED_WORDS)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"triage": "toulouse/patient@1"}, "mène à « portail-v1.schema.json#NewPatient »"),
        ({"patient": "toulouse/affiche@1"}, "lit « event.view », pas « patient.view »"),
        ({"event": "toulouse/affiche@9"}, "correspondance inconnue « toulouse/affiche@9 »"),
    ],
)
def test_words_that_lead_to_another_document_open_no_house(words: dict[str, str], told: str) -> None:
    """What is wrong is said at the start, not at the first document."""
    found = Settings.model_validate(settings(TOULOUSE, **words))
    with pytest.raises(UnknownMappingError, match=told):
        check_agreements(found, load_mappings(found))
