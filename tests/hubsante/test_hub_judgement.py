"""The judgement says what the official schemas say, part by part, in French, and never repeats a value."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator, RegexOptions, Registry

from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.judge.findings import Part, hub_report
from adapters.lrm.hubsante.models.releases import as_release
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
    verdict = judge(version).judge_tree(tree, flags=False, releases=False)
    mapped = [fault for fault in verdict.faults if fault.code == 102]
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
    ({"error": {"errorCode": {"statusCode": 701, "statusString": "CASE_ALREADY_EXISTS"}, "errorCause": "", "referencedDistributionID": "a"}, "autre": 1}, 102, "clé inconnue"),
])  # fmt: skip
def test_no_two_or_foreign_use_cases(message: dict[str, Any], code: int, words: str) -> None:
    """None and two are refused as by the union of schemas; an unknown key beside one passes it and fails at mapping."""
    verdict = judge(3).judge_tree({"message": message})
    assert verdict.code == code
    assert words in verdict.faults[0].text


def test_two_contents_are_valid_and_flagged() -> None:
    """The official schema lets them pass and the hub looks at the first: a person is told; a fault of the second is at its place."""
    tree = _envelope()
    second = full_envelope(models(3), models(3).types["reference"])["content"][0]
    tree["content"].append(second)
    verdict = judge(3).judge_tree(tree)
    assert verdict.faults == ()
    assert (verdict.name, verdict.flags[0].path) == ("RS-EDA", "content")
    del second["jsonContent"]["embeddedJsonContent"]["message"]["reference"]["distributionID"]
    assert [fault.path for fault in judge(3).judge_tree(tree).faults] == ["content[1].reference.distributionID"]
    raw = xml_bytes(to_xml(_envelope() | {"content": _envelope()["content"] * 2}, models(3)))
    in_xml = judge(3).judge(raw)
    assert (in_xml.faults, in_xml.flags[0].path) == ((), "content")


@pytest.mark.parametrize("version", FOLDERS)
@pytest.mark.parametrize(
    ("code", "string", "right"),
    [
        (500, "DEAD_LETTER_QUEUED", True),
        (100, "NOT_ALLOWED_CONTENT_TYPE", False),
        (404, "NOT_FOUND", False),
        (704, "insufficient_data", False),
        (500.5, "DEAD_LETTER_QUEUED", False),
    ],
)
def test_the_code_and_the_string_of_an_error_are_one_pair(
    version: int, code: float, string: str, *, right: bool
) -> None:
    """102 in every model, in JSON and XML, in an envelope and alone: the hub's mapping has them as one value."""
    tree = full_envelope(models(version), models(version).types["error"])
    message_of(tree)["error"]["errorCode"] = {"statusCode": code, "statusString": string}
    for document in (tree, message_of(tree)):
        in_json = judge(version).judge_tree(document, flags=False)
        in_xml = judge(version).judge_root(to_xml(document, models(version)), flags=False)
        assert (in_json.code, in_xml.code) == ((None, None) if right else (102, 102))


@pytest.mark.parametrize("version", FOLDERS)
def test_an_error_that_quotes_its_source_is_one_message(version: int) -> None:
    """The whole source envelope stands inside: the messages it holds are not those of the error."""
    tree = full_envelope(models(version), models(version).types["error"])
    quoted = full_envelope(models(version), models(version).types["reference"])
    message_of(tree)["error"]["sourceMessage"] = {"edxlDistribution": quoted}
    root = to_xml(tree, models(version))
    source = next(element for element in root.iter() if str(element.tag).endswith("}sourceMessage"))
    source.append(to_xml(quoted, models(version)))
    verdict = judge(version).judge(xml_bytes(root))
    assert (verdict.faults, verdict.name) == ((), "RS-ERROR")
    assert len(to_json(root, models(version)).tree["content"]) == 1


def test_a_value_of_another_release_is_flagged_and_a_hub_of_this_one_refuses_it() -> None:
    """RC-RI says SMUR in one release of model 3 and VECTEUR_SANTE in another: read here, refused where one folder decides."""
    tree = full_envelope(models(3), models(3).types["resourcesInfoCisu"])
    vehicles = message_of(tree)["resourcesInfoCisu"]["resource"]
    assert vehicles[0]["vehicleType"] == "SMUR"
    vehicles[0]["vehicleType"] = "VECTEUR_SANTE"
    root = to_xml(tree, models(3))
    path = "resourcesInfoCisu.resource[0].vehicleType"
    for verdict in (judge(3).judge_tree(tree), judge(3).judge_root(root)):
        assert verdict.faults == ()
        assert path in {flag.path for flag in verdict.flags}
    assert [fault.path for fault in judge(3).judge_tree(tree, releases=False).faults] == [path]
    assert not judge(3).judge_root(root, releases=False).valid
    vehicles[1]["vehicleType"] = "TAPIS_VOLANT"
    assert not judge(3).judge_tree(tree).valid


def test_what_is_sent_follows_the_list_of_the_configured_release() -> None:
    """The folder's own schema chooses between the two names; what is in neither list stays as it is."""
    kind = models(3).types["resourcesInfoCisu"]
    raw = orjson.dumps(dict(kind.schema)).replace(b'"SMUR"', b'"VECTEUR_SANTE"')
    tagged = replace(kind, schema=orjson.loads(raw))
    body = {"resource": [{"vehicleType": "SMUR"}, {"vehicleType": "SIS"}, {}]}
    assert as_release(tagged, copy.deepcopy(body))["resource"] == [
        {"vehicleType": "VECTEUR_SANTE"},
        {"vehicleType": "SIS"},
        {},
    ]
    assert as_release(kind, copy.deepcopy(body)) == body


@pytest.mark.parametrize("name", ["RS-EDA-MAJ", "RS-SR"])
def test_what_the_envelope_of_model_1_forgets_is_judged_by_its_own_xsd(name: str) -> None:
    """Received in XML: taken with a flag, its own faults and those of its envelope and header still found."""
    kind = models(1).named(name)
    tree = full_envelope(models(1), kind)
    root = to_xml(tree, models(1))
    assert not judge(1).judge_root(root).valid
    verdict = judge(1).judge_received(root)
    assert (verdict.faults, len(verdict.flags)) == ((), 1)
    for broken in ("caseId", "sentAt", "senderID"):
        spoilt = to_xml(tree, models(1))
        element = next(each for each in spoilt.iter() if str(each.tag).endswith(f"}}{broken}"))
        element.getparent().remove(element)
        assert judge(1).judge_received(spoilt).faults, broken


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
