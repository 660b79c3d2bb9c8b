"""What comes in is canon, by mapping files and a schema of our own: whatever the model, the form, or the models at hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

import mapping
from adapters.lrm.hubsante.client import Delivery
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.inbound import ReceivedMessage, read_delivery
from adapters.lrm.hubsante.reading.contract import Node, messages, name_of
from adapters.lrm.hubsante.reading.fitting import fit, leaves
from tests.hubsante.hub_messages import every_message, full_envelope, message_of, models
from tests.shared_material import shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mapping.language.rules import Rule

NUMBERS = re.compile(r"\[\d+\]")
"""Of elements: what one model has once, another has several times."""
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NOT_READ = {"distributionElement", "technical", "technicalNoreq", "customContent", "info"}
"""Headers, test vehicles, free content of the sandbox, and a message that no perimeter carries."""


def taken(raw: bytes, form: str = "application/json", model: int | None = None) -> ReceivedMessage:
    """A delivery read by the product's own files, with official models or without."""
    from tests.hubsante.hub_messages import judge  # noqa: PLC0415 - only where models are wanted

    return read_delivery(Delivery("v", "message", form, raw, redelivered=False), judge(model) if model else None, AT)


def paths(node: Node, before: str = "") -> Iterator[str]:
    """Every leaf of the schema."""
    for name, below in node.below.items():
        yield from paths(below, f"{before}{name}.") if below.below else [before + name]


def reads(rules: Sequence[Rule], item: str = "") -> Iterator[str]:
    """Every path that the rules read, lists entered."""
    for rule in rules:
        for said in (*rule.paths, *rule.uses):
            yield re.sub(r"^item(?=\.|$)", item, said.text)
        source = re.sub(r"^item(?=\.|$)", item, rule.paths[0].text) if rule.paths else item
        yield from reads(rule.rules, source if rule.origin == "each" else item)


@pytest.mark.parametrize("key", sorted(messages()))
def test_the_schema_holds_what_the_mapping_reads_and_nothing_more(key: str) -> None:
    """A field without a rule would be dropped in silence: what no rule reads is left out of the schema, and shown as it came."""
    message = messages()[key]
    rules = mapping.shipped().mapping(f"hub/recu-{message.root}@1").rules
    assert set(paths(message.node)) <= set(reads(rules))


@pytest.mark.parametrize(("version", "key"), list(every_message()))
def test_a_full_message_is_read_whole_without_the_models(version: int, key: str) -> None:
    """Every field of every message of every model, JSON and XML alike: read, or named with its path; nothing refused."""
    if key in NOT_READ:
        assert name_of(key) == key
        return
    known = models(version)
    tree = full_envelope(known, known.types[key])
    if key == "error":
        message_of(tree)[key]["errorCode"]["statusCode"] = 300
    by_json = taken(orjson.dumps(tree))
    by_xml = taken(xml_bytes(to_xml(tree, known)), "application/xml")
    assert (by_json.key, by_json.faults, by_xml.faults) == (key, (), ())
    assert by_json.content is not None
    assert by_xml.content is not None
    assert by_json.content.canon
    assert by_xml.content.canon == by_json.content.canon
    assert by_xml.ids == by_json.ids
    assert name_of(key) == by_json.content.message.name
    body = message_of(tree)[key]
    fitted = fit(body, messages()[key].node)
    every = {path for path, _ in leaves(body, "")}
    told = {path for path, _ in (*leaves(fitted.tree, ""), *fitted.left)}
    assert {NUMBERS.sub("", path) for path in told} == {NUMBERS.sub("", path) for path in every}
    assert fitted.misfits == []


def test_an_error_that_embeds_its_source_is_one_message() -> None:
    """The direct path alone is followed: the messages inside the embedded envelope are its content, not its neighbours."""
    raw = shared("cases/hub/1-verdicts/rs-error-with-source-envelope.model1.xml").read_bytes()
    found = taken(raw, "application/xml")
    assert (found.key, found.faults) == ("error", ())
    assert found.content is not None
    assert found.content.canon["about"]
    assert isinstance(found.content.canon["code"], int)


def test_a_message_that_the_envelope_does_not_list_is_judged_by_its_own_schema() -> None:
    """RS-SR and RS-EDA-MAJ of model 1 in XML: their XSD takes them, the envelope's does not know them."""
    raw = shared("cases/hub/5-reception/rs-sr.model1.xml").read_bytes()
    found = taken(raw, "application/xml", model=1)
    assert found.faults == ()
    wrong = taken(
        raw.replace(b"<resourceId>fr.health.samu440.resource.VLM2</resourceId>", b""), "application/xml", model=1
    )
    assert [fault.path for fault in wrong.faults] != []


@pytest.mark.parametrize("form", ["application/json", "application/xml"])
def test_a_value_of_another_release_is_a_remark(form: str) -> None:
    """A code that this release does not list is told, and the message is taken; a field that is missing refuses it still."""
    known = models(3)
    tree = full_envelope(known, known.named("RC-RI"))
    for vehicle in message_of(tree)["resourcesInfoCisu"]["resource"]:
        vehicle["vehicleType"] = "VECTEUR_D_UNE_AUTRE_VERSION"
    raw = orjson.dumps(tree) if form.endswith("json") else xml_bytes(to_xml(tree, known))
    found = taken(raw, form, model=3)
    assert found.faults == ()
    assert "vehicleType" in found.remarks[0].path
    assert found.content is not None
    assert found.content.canon["vehicles"][0]["type_words"] == "VECTEUR_D_UNE_AUTRE_VERSION"
    del message_of(tree)["resourcesInfoCisu"]["caseId"]
    raw = orjson.dumps(tree) if form.endswith("json") else xml_bytes(to_xml(tree, known))
    assert taken(raw, form, model=3).faults != ()


@pytest.mark.parametrize("where", ["dateTimeSent", "dateTimeExpires"])
@pytest.mark.parametrize("date", ["2026-03-01T10:00:00", "2026-03-01", "demain"])
def test_a_date_without_an_offset_is_unreadable_and_no_error(where: str, date: str) -> None:
    """Nobody can tell when it expires: kept as it came, never given back for ever."""
    tree: dict[str, Any] = {
        "distributionID": "fr.health.samu330_1", "senderID": "fr.health.samu330", "distributionStatus": "Exercise",
        "dateTimeSent": "2026-03-01T10:00:00+01:00", "dateTimeExpires": "2026-03-02T10:00:00+01:00", "distributionKind": "Report",
        "descriptor": {"language": "fr-FR", "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": "x"}},
        "content": [],
    }  # fmt: skip
    assert taken(orjson.dumps(tree)).envelope is not None
    found = taken(orjson.dumps(tree | {where: date}))
    assert found.envelope is None
    assert found.identifier == "fr.health.samu330_1"


def test_what_is_of_another_kind_is_named_and_never_an_error() -> None:
    """Without models, a list where one is meant, a number for a text, an object for a text: read where that is sure, named otherwise."""
    node = messages()["createCaseHealth"].node
    body: dict[str, Any] = {
        "caseId": 12, "patient": {"patientId": "p1"}, "location": [{"freetext": "ici"}, {"freetext": "là"}],
        "qualification": "x", "owner": {"a": 1}, "creation": None, "decision": [None, "y"],
    }  # fmt: skip
    fitted = fit(body, node)
    assert fitted.tree == {
        "caseId": "12",
        "patient": [{"patientId": "p1"}],
        "location": {"freetext": "ici"},
        "decision": [],
    }
    assert [path for path, _ in fitted.misfits] == ["qualification", "owner", "decision[1]"]
    assert {path for path, _ in fitted.left} == {"location[1].freetext", "qualification", "owner.a", "decision[1]"}
