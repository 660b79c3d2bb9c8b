"""The JSON door in front of everything that a platform may send by mistake or by malice."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from domain.mode import Mode
from tests.interventions.stage import CALL, OPERATOR, PLATFORM, click, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.interventions.stage import Stage

PDF = b"%PDF-1.4\n% essai\n"


def codes(answer: dict[str, Any]) -> set[str]:
    """The warnings of an answer."""
    return {one["code"] for one in answer["warnings"]}


def is_refusal(answer: httpx.Response, status: int) -> bool:
    """A problem document that tells the nurse what to do, and nothing of the patient."""
    said = answer.json()
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and said["instruction"] == "Demande non transmise, appelez le 15."
        and CALL in said["detail"]
        and "TESTE" not in answer.text
        and "SpO2" not in answer.text
    )


ACCEPTED: list[tuple[dict[str, Any], set[str]]] = [
    ({"patient__phone": "zéro six douze"}, {"TELEPHONE_ILLISIBLE"}),
    ({"requester__callback": None}, {"RAPPEL_ABSENT"}),
    ({"place__latitude": 2.66, "place__longitude": 48.53}, {"POSITION_INVERSEE"}),
    ({"place__latitude": 480, "place__longitude": 2}, {"POSITION_ILLISIBLE"}),
    ({"place__latitude": "48,53", "place__longitude": None}, {"POSITION_ILLISIBLE"}),
    ({"place__latitude": 51.5, "place__longitude": 4.4}, {"POSITION_HORS_FRANCE"}),
    ({"note__text": "SpO2\u0000 84 \u0007%\u001b[31m"}, {"CARACTERES_RETIRES"}),
    ({"note__text": "x" * 30_000}, {"TEXTE_COUPE"}),
    ({"note": {}}, {"NOTE_ABSENTE"}),
    ({"patient__birth_year": 2020, "patient__age": 100}, {"AGE_CONTREDIT"}),
    ({"patient__birth_year": 2026}, {"NAISSANCE_ILLISIBLE"}),
    ({"patient__birth_date": "1952-02-30"}, {"NAISSANCE_ILLISIBLE"}),
    ({"patient__birth_date": "1953-02-01"}, {"NAISSANCE_CONTREDITE"}),
    ({"patient__sex": "X"}, {"SEXE_INCONNU"}),
    ({"patient": {}}, {"NOM_ABSENT", "PRENOM_ABSENT", "NAISSANCE_ABSENTE"}),
    ({"place__insee_code": "20004", "place__postal_code": "77000"}, {"INSEE_CORSE"}),
    ({"clicked_at": "hier"}, {"HORODATAGE_ILLISIBLE"}),
    ({"clicked_at": "2020-09-01T18:00:00+02:00"}, {"HORODATAGE_FUTUR"}),
    ({"clicked_at": "2020-09-01T10:00:00"}, {"HORODATAGE_ILLISIBLE"}),
    ({"clicked_at": "2020-09-01T10:00:00+02:00"}, {"HORODATAGE_ANCIEN"}),
    ({"requester__structure_id": "750712184"}, {"IDENTIFIANT_PREFIXE"}),
    ({"requester__professional_id": "10002673899"}, {"IDENTIFIANT_CLE"}),
    ({"documents": [{"title": "essai", "content": base64.b64encode(b"MZ not a pdf").decode()}]}, {"DOCUMENT_PAS_PDF"}),
    ({"documents": [{"title": "essai", "content": "ceci n’est pas du base64"}]}, {"DOCUMENT_PAS_PDF"}),
    (
        {"documents": [{"content": base64.b64encode(PDF + b"0" * 2 * 1024 * 1024).decode()}]},
        {"DOCUMENT_TROP_GROS"},
    ),
    ({"couleur": "bleu"}, {"CHAMP_IGNORE"}),
    ({"patient__surnom": "bleu"}, {"CHAMP_IGNORE"}),
    ({"facts": {"humeur": "bleue"}}, {"FAIT_INCONNU"}),
    (
        {
            "patient__ins": {"matricule": "269052A00400139", "oid": "1.2.250.1.213.1.4.8"},
            "patient__identity_status": "PROV",
        },
        {"INS_NON_QUALIFIEE"},
    ),
    ({"patient__ins": {"matricule": "269052A00400138", "oid": "1.2.250.1.213.1.4.8"}}, {"INS_CLE"}),
]


@pytest.mark.parametrize(("changes", "expected"), ACCEPTED)
async def test_almost_everything_is_accepted_and_said(
    stage: Stage, changes: dict[str, Any], expected: set[str]
) -> None:
    """A warning travels with the answer, and the CRRA has the request: its contract takes what we make of it."""
    answer = await stage.accepted(click(**changes))
    assert expected <= codes(answer)
    await stage.settle()
    assert list(await stage.held()) == [answer["reference"]]


async def test_what_could_not_be_read_reaches_the_crra_in_words(stage: Stage) -> None:
    """Nothing that a nurse typed is lost, and nothing wrong is believed."""
    changes = {"patient__phone": "zéro six douze", "place__latitude": 2.66, "place__longitude": 48.53}
    answer = await stage.accepted(click(**changes, patient__birth_date="1952"))
    await stage.settle()
    demande = (await stage.held())[answer["reference"]]["demande"]
    assert "telephone" not in demande["patient"]
    assert "position" not in demande["lieu"]
    assert demande["patient"]["anneeNaissance"] == "1952"
    assert "dateNaissance" not in demande["patient"], "a year stays a year"
    assert "Téléphone du patient : zéro six douze" in demande["noteSuivi"]
    assert "Position reçue : 2.66 ; 48.53" in demande["noteSuivi"]


async def test_a_number_rings_and_its_extension_is_read(stage: Stage) -> None:
    """The zero behind a country code goes, an extension is asked for in words, and what rings nowhere is no number."""
    changes = {"patient__phone": "+33 06 00 00 00 00", "requester__callback": "01 99 00 00 01 poste 4567"}
    answer = await stage.accepted(click(**changes))
    assert "TELEPHONE_POSTE" in codes(answer)
    wrong = await stage.accepted(click(request_id="DEMANDE-ESSAI-2", patient__phone="+33 3631"))
    assert "TELEPHONE_ILLISIBLE" in codes(wrong)
    await stage.settle()
    demande = (await stage.held())[answer["reference"]]["demande"]
    assert demande["patient"]["telephone"] == "+33600000000"
    assert "poste : 4567" in demande["noteSuivi"]


QUALIFIED = {
    "patient__ins": {"matricule": "269052A00400139", "oid": "1.2.250.1.213.1.4.8"},
    "patient__identity_status": "QUAL",
    "patient__birth_name": "TESTE",
    "patient__birth_date": "1969-05-17",
    "patient__birth_year": "1969",
    "patient__birth_place": "2A004",
}


@pytest.mark.parametrize(
    ("changes", "leaves"),
    [
        (QUALIFIED, True),
        ({**QUALIFIED, "patient__identity_status": "RECUP"}, False),
        ({**QUALIFIED, "patient__birth_place": None}, False),
        ({**QUALIFIED, "patient__doubtful": True}, False),
        ({**QUALIFIED, "patient__ins": {"matricule": "269052A00400139", "oid": "1.2.250.1.213.1.4.10"}}, False),
    ],
)
async def test_a_matricule_leaves_only_when_it_may(stage: Stage, changes: dict[str, Any], leaves: bool) -> None:  # noqa: FBT001 - what is expected
    """Qualified, of production, with its five traits; the request goes on in every case."""
    answer = await stage.accepted(click(**changes))
    await stage.settle()
    assert ("ins" in (await stage.held())[answer["reference"]]["demande"]["patient"]) is leaves


async def test_no_place_and_no_telephone_is_refused(stage: Stage) -> None:
    """The one thing that cannot be worked with."""
    nowhere = {
        "place": {"city": "Melun", "insee_code": "77288"},
        "patient__phone": "inconnu",
        "requester__callback": None,
    }
    refused = await stage.ask(click(**nowhere))
    assert is_refusal(refused, 422)
    assert refused.json()["code"] == "SANS_LIEU_NI_TELEPHONE"
    reachable = await stage.ask(click(**{**nowhere, "requester__callback": "01 00 00 00 00"}))
    assert reachable.status_code == 201


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[" * 300 + b"]" * 300, {}, 400),
        (b'{"request_id": "R", "note": ' + b'{"a":' * 300 + b"1" + b"}" * 301, {}, 400),
        (orjson.dumps(click()).decode().encode("utf-16"), {}, 400),
        (orjson.dumps(click()).replace(b"TESTE", b"TE\xffSTE"), {}, 400),
        (orjson.dumps(click()).replace(b"TESTE", b"TE\\ud800STE"), {}, 400),
        (b"[]", {}, 422),
        (orjson.dumps(click(request_id=None)), {}, 422),
        (orjson.dumps(click(request_id="  ")), {}, 422),
        (orjson.dumps(click(request_id="x" * 81)), {}, 422),
        (orjson.dumps(click(message_id="x" * 129)), {}, 422),
        (orjson.dumps(click(mode="Actual")), {}, 409),
        (orjson.dumps(click(mode="Essai")), {}, 409),
        (orjson.dumps(click(note__text="x" * 6 * 1024 * 1024)), {}, 413),
        (gzip.compress(orjson.dumps(click())), {"Content-Encoding": "gzip"}, 415),
        (orjson.dumps(click()), {"Content-Type": "text/plain"}, 415),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', {}, 400),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_with_the_words(
    stage: Stage, content: bytes, headers: dict[str, str], status: int
) -> None:
    """A clear error, in French, and the fallback; nothing is kept."""
    async with stage.client(**{"Content-Type": "application/json", **headers}) as nurse:
        refused = await nurse.post("/v1/interventions", content=content)
    assert is_refusal(refused, status), refused.text
    assert await stage.messages() == []


FILE = base64.b64encode(PDF * 20).decode()
SHAPES: list[tuple[dict[str, Any], set[str], dict[str, str]]] = [
    *[({name: None}, set[str](), {}) for name in ("requester", "patient", "place__codes", "note", "facts", "documents")],
    *[({f"patient__{name}": None}, set[str](), {}) for name in ("doubtful", "fictitious", "ins", "name")],
    ({"patient__phone": ["06 00 00 00 00"]}, {"FORME_INATTENDUE"}, {"telephone": "+33600000000"}),
    ({"patient__doubtful": "false"}, set(), {}),
    ({"patient__doubtful": "parfois"}, {"FORME_INATTENDUE"}, {"nom": "TESTE"}),
    ({"patient__ins": "269052A00400138"}, {"FORME_INATTENDUE"}, {"nom": "TESTE"}),
    ({"place__codes": "1234A"}, {"FORME_INATTENDUE"}, {"acces": "Code 1234A"}),
    ({"place__codes": 1234}, {"FORME_INATTENDUE"}, {"acces": "Code 1234"}),
    ({"note": "SpO2 84 %"}, {"FORME_INATTENDUE"}, {"noteSuivi": "SpO2 84 %"}),
    ({"facts": {"vitals": {"spo2": 84, "fr": 28}}}, {"FORME_INATTENDUE"}, {"noteSuivi": "spo2 : 84, fr : 28"}),
    ({"facts": {"treatment": [{"nom": "essai", "dose": None}]}}, {"FORME_INATTENDUE"}, {"noteSuivi": "nom : essai"}),
    ({"facts": ["chute", 2]}, {"FORME_INATTENDUE"}, {"noteSuivi": "chute"}),
    ({"facts": {"motive": 12}}, set(), {"noteSuivi": "12"}),
    ({"facts": 12}, {"FORME_INATTENDUE"}, {}),
    ({"requester": []}, {"FORME_INATTENDUE"}, {}),
    ({"documents": {"title": "ECG", "content": FILE}}, {"FORME_INATTENDUE", "DOCUMENT_CONSERVE"}, {}),
    ({"documents": [None, 3]}, {"FORME_INATTENDUE"}, {}),
    *[
        ({"documents": [{"content": content}]}, {"DOCUMENT_CONSERVE"}, {})
        for content in (
            "\r\n".join(FILE[at : at + 76] for at in range(0, len(FILE), 76)),
            f"data:application/pdf;base64,{FILE}",
            f"data:application/pdf;name=a.pdf;base64, {FILE}",
            base64.urlsafe_b64encode(PDF + b"\xfb\xff\xfe").decode().rstrip("="),
        )
    ],
    ({"facts": {f"f{number}": "x" for number in range(5_000)}}, {"FAIT_EN_TROP"}, {}),
    ({"facts": {"motive": ["x"] * 5_000}}, {"FAIT_EN_TROP"}, {}),
    ({"documents": [{"content": FILE}] * 50}, {"DOCUMENT_EN_TROP"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "warnings", "shown"), SHAPES)
async def test_a_form_refuses_no_emergency(
    stage: Stage, changes: dict[str, Any], warnings: set[str], shown: dict[str, str]
) -> None:
    """null, another type, too many, base64 as it is written in the field: the CRRA has what can be read, the sender a warning."""
    answer = await stage.accepted(click(**changes))
    assert warnings <= codes(answer)
    assert ("FORME_INATTENDUE" in codes(answer)) is ("FORME_INATTENDUE" in warnings)
    assert len(answer["warnings"]) < 140
    await stage.settle()
    leaves = str((await stage.held())[answer["reference"]]["demande"])
    assert all(text in leaves for text in shown.values())


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\xef\xbb\xbf" + orjson.dumps(click()), "application/json"),
        (orjson.dumps(click()), "text/json"),
        (orjson.dumps(click()), "application/vnd.essai+json; charset=utf-8"),
        (orjson.dumps(click(note__text="a|b")).replace(b"|", b"\r\n\t"), "application/json"),
    ],
)
async def test_json_as_libraries_write_it_is_read(stage: Stage, content: bytes, media: str) -> None:
    """A byte order mark, another name of JSON, raw line ends inside a text."""
    async with stage.client(**{"Content-Type": media}) as nurse:
        answer = await nurse.post("/v1/interventions", content=content)
    assert answer.status_code == 201, answer.text


async def test_another_charset_is_named(stage: Stage) -> None:
    """Latin-1: the refusal says what is wrong and what is expected."""
    async with stage.client(**{"Content-Type": "application/json"}) as nurse:
        refused = await nurse.post("/v1/interventions", content=orjson.dumps(click()).replace("è".encode(), b"\xe8"))
    assert is_refusal(refused, 400)
    assert "UTF-8" in refused.json()["title"]


async def test_a_header_that_comes_twice_decides_nothing(stage: Stage) -> None:
    """Two keys or two message ids in one request: nobody chooses between them."""
    key = stage.keys[PLATFORM]
    for twice in ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], [("Authorization", f"Bearer {key}")]):
        async with stage.client() as nurse:
            headers = [("Authorization", f"Bearer {key}"), ("Content-Type", "application/json"), *twice]
            request = nurse.build_request("POST", "http://passerelle/v1/interventions", json=click())
            request.headers = type(request.headers)(headers)
            assert is_refusal(await nurse.send(request), 400)


async def test_nobody_and_somebody_else_are_told_to_telephone(stage: Stage) -> None:
    """No key, a dead key, the operator's key: the refusal is a nurse's too."""
    async with stage.client(None) as stranger:
        assert is_refusal(await stranger.post("/v1/interventions", json=click()), 401)
    assert is_refusal(await stage.ask(click(), OPERATOR), 403)


async def test_exercise_never_meets_real(tmp_path: Path) -> None:
    """A real house refuses an exercise; without a word on it, the key says which it is."""
    async with open_stage(tmp_path, Mode.ACTUAL) as stage:
        refused = await stage.ask(click(mode="Exercise"))
        assert is_refusal(refused, 409)
        assert refused.json()["code"] == "MODE"
        answer = await stage.accepted()
        await stage.settle()
        assert (await stage.held())[answer["reference"]]["demande"]["mode"] == "Actual"


async def test_a_pdf_is_kept_for_the_operator(stage: Stage) -> None:
    """The CRRA's software does not take it, and its sender knows; the operator can read it."""
    joined = {"documents": [{"title": "Ordonnance d’essai", "content": base64.b64encode(PDF).decode()}]}
    answer = await stage.accepted(click(**joined))
    assert "DOCUMENT_CONSERVE" in codes(answer)
    shown = await stage.get(f"/v1/interventions/{answer['id']}", OPERATOR)
    assert shown["documents"] == [{"version": 1, "number": 0, "title": "Ordonnance d’essai"}]
    path = f"/v1/interventions/{answer['id']}/documents/1"
    async with stage.client(OPERATOR) as operator:
        found = await operator.get(f"{path}/0")
        assert (found.content, found.headers["content-type"]) == (PDF, "application/pdf")
        assert (await operator.get(f"{path}/7")).status_code == 404
    async with stage.client() as nurse:
        assert (await nurse.get(f"{path}/0")).status_code == 403
