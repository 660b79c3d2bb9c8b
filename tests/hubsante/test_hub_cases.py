"""What we emit, whole: golden pairs in each model, valid there in both forms, and read back with nothing essential lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapping
from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.emission.cases import CREATE, PICTURE, UPDATE, case_body, picture_body, update_body
from adapters.lrm.hubsante.emission.contents import KEYS as KEY_OF_TOPIC
from adapters.lrm.hubsante.emission.contents import content_of
from adapters.lrm.hubsante.emission.notes import read_note, write_note
from adapters.lrm.hubsante.emission.older_models import SINCE
from adapters.lrm.hubsante.emission.readback import patients_of
from adapters.lrm.hubsante.emission.rules import emission_faults
from adapters.lrm.hubsante.wire.documents import Format, read_xml
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from tests.hubsante.hub_messages import judge, models

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "mapping" / "golden"
WHOLE = ROOT / "tests" / "fixtures" / "hub"
CLIENT, SAMU = "fr.health.passerelle", "fr.health.samu330"


def name_of(canon: Path) -> str:
    """The mapping that a document is for."""
    return canon.parent.relative_to(GOLDEN).as_posix()


KEYS = {
    "hub/victime@1": (CREATE, UPDATE),
    "hub/demande@1": (CREATE, UPDATE),
    "hub/annulation@1": (UPDATE,),
    "hub/denombrement@1": (PICTURE,),
    **{
        name: (KEY_OF_TOPIC[shape.topic],)
        for name, shape in mapping.shipped().mappings.items()
        if shape.topic in KEY_OF_TOPIC
    },
}
CASES = [
    pytest.param(version, key, canon, id=f"{version}-{key}-{name_of(canon)}-{canon.name.split('.')[0]}")
    for version in (1, 2, 3)
    for canon in sorted(GOLDEN.glob("*/*/*.canon.json"))
    for key in KEYS.get(name_of(canon), ())
    if version >= SINCE.get(key, 1)
]


def body_of(canon: Path, key: str, version: int) -> dict[str, Any]:
    """The content that a document gives in a model."""
    shape = mapping.shipped().mapping(name_of(canon))
    tree = shape.apply(json.loads(canon.read_text(encoding="utf-8")))
    if shape.topic in KEY_OF_TOPIC:
        return content_of(shape.topic, tree, CLIENT, version)[1]
    if key == PICTURE:
        return picture_body(tree, f"{CLIENT}_essai", first=True)
    return (case_body if key == CREATE else update_body)(tree, CLIENT, SAMU, version)


def message(key: str, body: dict[str, Any], status: str = "Actual") -> dict[str, Any]:
    """The whole envelope around a content."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - two lines of one builder

    at = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
    envelope = Envelope(f"{CLIENT}_essai", CLIENT, SAMU, at, at + timedelta(days=1), status, "Report")
    header = write_header(envelope, Party(CLIENT, f"hubex:{CLIENT}"), Party(SAMU, f"hubex:{SAMU}"))
    return write_envelope(envelope, {**header, key: body})


@pytest.mark.parametrize(("version", "key", "canon"), CASES)
def test_what_leaves_is_the_golden_message(version: int, key: str, canon: Path) -> None:
    """Value for value, key order included; our own rules find nothing to say."""
    name = f"{canon.parent.name.split('@')[0]}-{canon.name.split('.')[0]}.{key}.v{version}.json"
    body = body_of(canon, key, version)
    assert json.dumps(body, ensure_ascii=False, indent=2) + "\n" == (WHOLE / name).read_text(encoding="utf-8")
    assert emission_faults(message(key, body), version, CLIENT) == ()


@pytest.mark.parametrize(("version", "key", "canon"), CASES)
def test_what_leaves_is_valid_in_its_model(version: int, key: str, canon: Path) -> None:
    """By the official schema in JSON, and, where the XSD of the envelope lists the message, in XML."""
    tree = message(key, body_of(canon, key, version))
    verdict = judge(version).judge_tree(tree)
    assert verdict.faults == ()
    if models(version).types[key].in_xml_envelope:
        assert judge(version).judge(xml_bytes(to_xml(tree, models(version))), Format.XML).faults == ()


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("key", [CREATE, UPDATE])
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    "canon", sorted(GOLDEN.glob("hub/victime@1/*.canon.json")), ids=lambda path: path.name.split(".")[0]
)
def test_the_victim_comes_back(canon: Path, version: int, key: str, form: str) -> None:
    """SINUS number, CATA code and literal severity survive every model, every form, and what has no field too."""
    victim = json.loads(canon.read_text(encoding="utf-8"))["victim"]
    body = body_of(canon, key, version)
    if form == "xml":
        root = read_xml(xml_bytes(to_xml({key: body}, models(version))))
        body = to_json(root, models(version)).tree[key]
    [patient] = patients_of(body)
    assert (patient.sinus_number, patient.cata_code, patient.severity) == (
        victim["sinus_number"],
        victim["cata_code"],
        victim["severity"],
    )
    assert patient.lines.get("Commentaire") == victim["comment"]
    assert patient.lines["Gravité entrée"] == victim["severity_entry"]
    assert len(patient.decisions) == (victim["orientation"] is not None)


SEVERITIES = st.sampled_from(["UA", "UR", "IMP", "DCD", "NC"])
NUMBERS = st.one_of(st.none(), st.from_regex(r"FR[0-9]{3}NOVI[0-9]{4}TR[0-9]{6}[A-Z]?", fullmatch=True))
CATA = st.one_of(st.none(), st.from_regex(r"[A-Z][0-9]{4}", fullmatch=True))


@settings(deadline=None, max_examples=60)
@given(
    number=NUMBERS,
    cata=CATA,
    severity=SEVERITIES,
    comment=st.one_of(
        st.none(), st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=80)
    ),
    version=st.sampled_from([1, 2, 3]),
    key=st.sampled_from([CREATE, UPDATE]),
    form=st.sampled_from(["json", "xml"]),
)
def test_any_victim_comes_back(
    number: str | None, cata: str | None, severity: str, comment: str | None, version: int, key: str, form: str
) -> None:
    """Whatever the number, the code, the severity and the words, through any model and form; and never from a level of care."""
    document = json.loads((GOLDEN / "hub/victime@1/complete.canon.json").read_text(encoding="utf-8"))
    document["victim"] |= {
        "sinus_number": number,
        "cata_code": cata,
        "severity": severity,
        "severity_entry": severity,
        "comment": comment,
    }
    tree = mapping.shipped().mapping("hub/victime@1").apply(document)
    body = (case_body if key == CREATE else update_body)(tree, CLIENT, SAMU, version)
    assert emission_faults(message(key, body), version, CLIENT) == ()
    if form == "xml":
        root = read_xml(xml_bytes(to_xml({key: body}, models(version))))
        body = to_json(root, models(version)).tree[key]
    [patient] = patients_of(body)
    assert (patient.sinus_number, patient.cata_code, patient.severity) == (number, cata, severity)
    assert patient.lines.get("Commentaire") == comment


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=0, max_size=60)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.from_regex(r"[A-Za-z][a-zà-ÿ_]{0,12}", fullmatch=True), TEXT, max_size=6))
def test_a_note_comes_back_as_it_was_written(lines: dict[str, str]) -> None:
    """Whatever the values are: line ends, colons, empty ones."""
    assert read_note(write_note(lines)) == {key.replace("_", " "): value for key, value in lines.items()}


def test_a_note_of_somebody_else_says_nothing_to_us() -> None:
    """A line that looks like ours in a doctor's text is not believed."""
    assert read_note("Gravité : UA\nBilan : bon") == {}
