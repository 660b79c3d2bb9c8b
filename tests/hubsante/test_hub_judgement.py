"""The judgement says what the official schemas say, part by part, in French, and never repeats a value."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator, RegexOptions, Registry

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.judge.findings import Part, hub_report
from adapters.lrm.hubsante.wire.documents import Format
from adapters.lrm.hubsante.wire.layout import Form
from tests.hubsante.hub_messages import FOLDERS, every_message, full_envelope, judge, message_of, models
from tests.shared_material import BESIDE, shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAMPLES = sorted((BESIDE / "hubsante" / "samples").rglob("*.*")) + sorted((BESIDE / "examples" / "hub").glob("*.*"))
JUNK = (None, "", 0, True, [], {}, "zzz", "2026-03-01T10:00:00Z", 1.5)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_official_sample_is_valid(path: Path) -> None:
    """Bare use cases and complete envelopes, JSON and XML."""
    verdict = judge(3).judge(path.read_bytes())
    assert verdict.faults == ()
    assert verdict.form in {Form.USE_CASE, Form.ENVELOPE}
    assert verdict.format is (Format.XML if path.suffix == ".xml" else Format.JSON)


@pytest.mark.parametrize(("version", "key"), [*every_message()])
def test_every_full_message_is_valid(version: int, key: str) -> None:
    """Each message of each model passes in an envelope, as a `message`, with and without that word."""
    kind = models(version).types[key]
    if not kind.in_json_envelope:
        return
    tree = full_envelope(models(version), kind)
    for document in (tree, {"message": message_of(tree)}, message_of(tree)):
        verdict = judge(version).judge_tree(document)
        assert (verdict.faults, verdict.name) == ((), kind.name)


@cache
def _official(version: int) -> Draft7Validator:
    """The official schema of the envelope as published, its union of all messages included."""
    base = "classpath:/json-schema/"
    resources = []
    for path in shared(FOLDERS[version]).joinpath("json-schema").glob("*.json"):
        schema = orjson.loads(path.read_bytes())
        schema.pop("$id")
        resources.append((f"{base}{path.name}", schema))
    return Draft7Validator(
        {"$ref": f"{base}EDXL-DE-full.schema.json"},
        registry=Registry(resources),
        validate_formats=True,
        pattern_options=RegexOptions(),
    )


def _places(node: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if trail:
        yield trail
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in items:
        yield from _places(child, (*trail, step))


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_the_verdict_is_the_official_schemas_verdict(data: st.DataObject) -> None:
    """A broken envelope is refused by us if and only if the official union refuses it, the 102 of the mapping aside."""
    version = data.draw(st.sampled_from(sorted(FOLDERS)))
    inside = [kind for kind in models(version).types.values() if kind.in_json_envelope]
    tree = full_envelope(models(version), data.draw(st.sampled_from(inside)))
    *trail, last = data.draw(st.sampled_from(list(_places(tree))))
    parent: Any = tree
    for step in trail:
        parent = parent[step]
    match data.draw(st.sampled_from(["drop", "junk", "extra", "twice"])):
        case "drop":
            del parent[last]
        case "junk":
            parent[last] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
        case "extra" if isinstance(parent, dict):
            parent["inconnu"] = 1
        case _:
            parent[last] = [parent[last], parent[last]]
    verdict = judge(version).judge_tree(tree, flags=False)
    mapped = [fault for fault in verdict.faults if fault.code == 102 or "un seul contenu" in fault.text]
    assert _official(version).is_valid(tree) is (len(mapped) == len(verdict.faults))


def _envelope() -> dict[str, Any]:
    return full_envelope(models(3), models(3).types["createCaseHealth"])


def test_each_part_is_judged_apart() -> None:
    """One fault in the envelope, one in the header, one in the content: each with its path and its words."""
    tree = _envelope()
    del tree["descriptor"]["explicitAddress"]["explicitAddressValue"]
    del message_of(tree)["sender"]
    message_of(tree)["createCaseHealth"]["patient"][0]["detail"]["age"] = "53 ans"
    verdict = judge(3).judge_tree(tree)
    assert {(fault.part, fault.path) for fault in verdict.faults} == {
        (Part.ENVELOPE, "descriptor.explicitAddress.explicitAddressValue"),
        (Part.HEADER, "sender"),
        (Part.CONTENT, "createCaseHealth.patient[0].detail.age"),
    }
    assert "53 ans" not in "".join(str(fault) + fault.hub for fault in verdict.faults)


def test_the_report_is_laid_out_as_the_hub_does() -> None:
    """The cause of a 300 names the three parts the way the official expected outputs do."""
    tree = full_envelope(models(3), models(3).types["technical"])
    del tree["descriptor"]["explicitAddress"]["explicitAddressValue"]
    del message_of(tree)["sender"]
    del message_of(tree)["technical"]["requiredStringField"]
    assert hub_report(judge(3).judge_tree(tree)).splitlines() == [
        "Could not validate message against schema : errors occurred.",
        "Issues found on the envelope:",
        " - $.descriptor.explicitAddress.explicitAddressValue: is missing but it is required",
        "Issues found on the $.content[0].jsonContent.embeddedJsonContent.message header:",
        " - sender: is missing but it is required",
        "Issues found on the $.content[0].jsonContent.embeddedJsonContent.message content:",
        " - technical.requiredStringField: is missing but it is required",
    ]


@pytest.mark.parametrize(("message", "code", "words"), [
    ({"inconnu": {}}, 300, "aucun cas d’usage"),
    ({"reference": {"distributionID": "a"}, "error": {}}, 300, "un seul cas d’usage"),
    ({"error": {"errorCode": {"statusCode": 701, "statusString": "x"}, "errorCause": "", "referencedDistributionID": "a"}, "autre": 1}, 102, "clé inconnue"),
])  # fmt: skip
def test_no_two_or_foreign_use_cases(message: dict[str, Any], code: int, words: str) -> None:
    """None and two are refused as by the union of schemas; an unknown key beside one passes it and fails at mapping."""
    verdict = judge(3).judge_tree({"message": message})
    assert verdict.code == code
    assert words in verdict.faults[0].text


def test_two_contents_are_refused() -> None:
    """The schema lets them pass; the hub looks at the first or refuses."""
    tree = _envelope()
    tree["content"] *= 2
    assert [fault.path for fault in judge(3).judge_tree(tree).faults] == ["content"]


def test_a_null_says_to_remove_the_key() -> None:
    """Null is refused everywhere, with what to do."""
    verdict = judge(3).judge(b'{"reference": {"distributionID": null}}')
    assert "retirer la clé" in verdict.faults[0].text


def test_xml_faults_have_paths_and_french() -> None:
    """Missing, misplaced, malformed: paths by name and rank, rules without the value."""
    raw = xml_bytes(to_xml(_envelope(), models(3))).decode()
    raw = raw.replace("<age>P53Y</age>", "<age>SECRET</age>", 1).replace("<caseId>", "<intrus/><caseId>", 1)
    verdict = judge(3).judge(raw.encode())
    told = {fault.path: fault.text for fault in verdict.faults}
    assert told["createCaseHealth.intrus"] == "élément inattendu ici, attendu : caseId"
    alone = judge(3).judge(raw.replace("<intrus/>", "").encode())
    assert [(fault.part, fault.path) for fault in alone.faults] == [
        (Part.CONTENT, "createCaseHealth.patient[0].detail.age")
    ]
    assert "P[0-9]{1,3}[YMWD]" in alone.faults[0].text
    assert "SECRET" not in str(alone.faults)


def test_xml_of_another_release_names_both_namespaces() -> None:
    """One wrong letter in a namespace refuses the message: the words say which was expected."""
    raw = xml_bytes(to_xml(_envelope(), models(3))).replace(b"urn:emergency:eda:1.9", b"urn:emergency:cisu:3.0")
    verdict = judge(3).judge(raw)
    assert "urn:emergency:cisu:3.0" in verdict.faults[0].text
    assert "urn:emergency:eda:1.9" in verdict.faults[0].text


def test_an_xml_envelope_without_message_is_refused() -> None:
    """The XSD lets the content out; no recipient could read it."""
    raw = shared("examples/hub/rs-sr.xml").read_text(encoding="utf-8")
    head, _, tail = raw.partition("<content xlink")
    verdict = judge(3).judge((head + tail.partition("</content>")[2]).encode())
    assert [fault.path for fault in verdict.faults] == ["content"]


def test_xml_that_json_refuses_is_flagged() -> None:
    """The hub hands it on in JSON to others: a date without offset passes the XSD, and a person is told."""
    raw = shared("examples/hub/rs-sr.xml").read_bytes().replace(b"2026-03-01T10:12:00+01:00", b"2026-03-01T10:12:00")
    verdict = judge(3).judge(raw)
    assert verdict.valid
    assert "accepté en XML, refusé en JSON" in verdict.flags[0].text


def test_unknown_codes_and_labels_of_another_code_are_flagged_not_refused() -> None:
    """The word of the sender passes; the official list is named beside it."""
    tree = _envelope()
    qualification = message_of(tree)["createCaseHealth"]["qualification"]
    qualification["healthMotive"] = {"code": "M17.03.01", "label": "Douleur"}
    qualification["locationKind"] = {"code": "L04.09.00", "label": "Établissement médico-social"}
    qualification["whatsHappen"] = {"code": "C02.05.01", "label": "Protection de Drop Zone"}
    qualification["riskThreat"] = [{"code": "R29", "label": "patient / victime DECEDE"}]
    verdict = judge(3).judge_tree(tree)
    told = {flag.path.removeprefix("createCaseHealth.qualification."): flag.text for flag in verdict.flags}
    assert verdict.valid
    assert "HubSante.motif" in told["healthMotive.code"]
    assert told["whatsHappen.label"] == "libellé qui est celui du code C11.02.01"
    assert "locationKind.label" not in told
    assert "riskThreat[0].label" not in told


def test_icd_10_is_in_no_list_and_is_never_flagged() -> None:
    """M07.00 is a reason for the call and could be a diagnosis: only fields whose pattern names their letter are looked up."""
    flags = judge(3).judge_tree(_envelope()).flags
    assert not [flag for flag in flags if "iagnosis" in flag.path]


def test_envelope_and_header_that_disagree_are_flagged() -> None:
    """Kind, status and id are equal by contract, and no schema says so."""
    tree = _envelope()
    tree["distributionID"] = "autre_1"
    message_of(tree)["kind"] = "Update"
    assert {flag.path for flag in judge(3).judge_tree(tree).flags} >= {"distributionID", "messageId", "kind"}


def test_validity_of_a_model_is_not_that_of_another() -> None:
    """A step is of model 3; the same acknowledgement is refused by models 1 and 2."""
    raw = b'{"reference": {"distributionID": "a_1", "step": "RECU"}}'
    assert [judge(version).judge(raw).valid for version in FOLDERS] == [False, False, True]
