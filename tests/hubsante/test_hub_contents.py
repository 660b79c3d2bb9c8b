"""What leaves for a partner: each topic as its own message, to whom it is for, valid in its model, or refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mapping
from adapters.lrm.hubsante.adapter import HubAdapter
from adapters.lrm.hubsante.emission.cases import case_body, update_body
from adapters.lrm.hubsante.emission.contents import KEYS, content_of
from adapters.lrm.hubsante.emission.older_models import SINCE, UnsaidError
from adapters.lrm.hubsante.wire import carried
from adapters.wire.link import Link
from adapters.wire.perimeter import MESSAGES, TOPICS, Perimeter
from domain.canon.hub import HUB_DOCUMENTS
from gateway.settings.settings import SHIPPED_MAPPINGS
from mapping import MappingFaultsError
from outbox.errors import PermanentDeliveryError
from outbox.message import ClaimedMessage, Envelope, Kind
from tests.hubsante.hub_messages import judge, message_of

if TYPE_CHECKING:
    from adapters.lrm.hubsante.client import HubConnection

GOLDEN = Path(__file__).resolve().parents[2] / "mapping" / "golden"
OURS, SAMU, FIRE = "fr.health.passerelle", "fr.health.samu330", "fr.fire.nexsis.sdis33"
NOW = datetime(2026, 9, 1, 13, 40, tzinfo=UTC)
KNOWN = f"{OURS}.v1@{SAMU}"
NAMES = {topic: SHIPPED_MAPPINGS[f"hub.{topic}"] for topic in KEYS}


class Wire:
    """A broker that takes everything, and shows it."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    async def publish(self, body: bytes, content_type: str, identifier: str) -> None:
        """Take one message, confirmed at once."""
        assert content_type == "application/json"
        self.taken.append(json.loads(body))
        assert self.taken[-1]["distributionID"] == identifier


def hub(wire: Wire, model: int = 3, **more: Any) -> HubAdapter:
    """The adapter on one perimeter that carries everything, with no models folder."""
    link = Link.model_validate({"url": "amqps://hub.exemple.fr:5671", "mode": "Actual"})
    said = {"topics": TOPICS, "recipients": {"*": SAMU}, "carries": MESSAGES, **more}
    perimeter = Perimeter.model_validate({"vhost": "15-15_v2.1", "client_id": OURS, "model": model, **said})
    shapes = {topic: mapping.shipped().mapping(name) for topic, name in NAMES.items()}
    connections: dict[str, HubConnection] = {"15-15_v2.1": wire}  # type: ignore[dict-item] - the wire, replaced
    return HubAdapter(link, [perimeter], connections, shapes, {}, lambda: NOW)


def claimed(topic: str, body: dict[str, Any], reference: str | None = KNOWN) -> ClaimedMessage:
    """A message as the outbox hands it."""
    envelope = Envelope(
        "m1", "hub", "partner", topic, Kind.COMMAND, body["mode"], body, NOW, expires_at=NOW + timedelta(hours=1)
    )
    return ClaimedMessage(envelope, attempt=1, fence=1, reference=reference)


def documents(topic: str) -> list[dict[str, Any]]:
    """The golden documents of a topic, of the real mode."""
    found = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((GOLDEN / NAMES[topic]).glob("*.canon.json"))
    ]
    return [one for one in found if one["mode"] == "Actual"]


def test_every_topic_has_its_message_and_its_mapping() -> None:
    """What an operator may say, what a perimeter may carry, what the adapter writes and what the settings map are one list."""
    assert set(HUB_DOCUMENTS) <= set(KEYS) <= set(TOPICS)
    assert {mapping.shipped().mapping(name).topic for name in NAMES.values()} == set(KEYS)


@pytest.mark.parametrize(
    ("model", "topic"),
    [(model, topic) for model in (1, 2, 3) for topic in sorted(KEYS) if model >= SINCE.get(KEYS[topic], 1)],
)
async def test_what_is_published_is_valid_in_its_model(model: int, topic: str) -> None:
    """By our own rules before it leaves, with no folder; by the official schemas once it left."""
    for document in documents(topic):
        wire = Wire()
        receipt = await hub(wire, model).deliver(claimed(topic, document))
        [tree] = wire.taken
        assert tree["dateTimeExpires"] == "2026-09-01T14:40:00+00:00"
        assert tree["descriptor"]["explicitAddress"]["explicitAddressValue"] == document.get("to", SAMU)
        assert receipt.facts["message"] == KEYS[topic]
        assert receipt.facts["case_id"] == message_of(tree)[KEYS[topic]].get("caseId", "")
        assert judge(model).judge_tree(tree).faults == ()


async def test_the_vehicle_of_a_victim_stays_the_same_from_word_to_word() -> None:
    """RS-RI and RS-SR speak of one resource on the victim's own case, to whoever has it."""
    wire = Wire()
    for topic in ("evacuation", "evacuation.status"):
        await hub(wire, recipients={"*": "fr.health.samu999"}).deliver(claimed(topic, documents(topic)[0]))
    info, status = (message_of(tree) for tree in wire.taken)
    assert info["resourcesInfo"]["resource"][0]["resourceId"] == status["resourcesStatus"]["resourceId"]
    assert info["resourcesInfo"]["caseId"] == status["resourcesStatus"]["caseId"]
    assert {tree["descriptor"]["explicitAddress"]["explicitAddressValue"] for tree in wire.taken} == {SAMU}


async def test_a_vehicle_never_goes_before_its_case() -> None:
    """A partner that does not have the case could only refuse it: the message waits for a person, with the reason."""
    wire = Wire()
    with pytest.raises(PermanentDeliveryError, match="pas encore partagé"):
        await hub(wire).deliver(claimed("evacuation", documents("evacuation")[0], None))
    assert wire.taken == []


@pytest.mark.parametrize(("topic", "model"), [
    ("partner.document_links", 1), ("partner.report", 1), ("partner.mission_summary", 1), ("partner.fire_vehicles", 2),
    ("partner.engagement", 1), ("partner.appointment", 2),
])  # fmt: skip
async def test_what_a_model_lacks_is_told_and_not_sent(topic: str, model: int) -> None:
    """By its own cause: a person moves the partner to another perimeter, or telephones."""
    wire = Wire()
    with pytest.raises(PermanentDeliveryError, match="ne dit pas ce message"):
        await hub(wire, model).deliver(claimed(topic, documents(topic)[0]))
    assert wire.taken == []


@pytest.mark.parametrize(("vector", "severity", "resource", "medical"), [
    ("SMUR.AR", "IMP", "SMUR", True), ("SIS.VSAV", "UA", "SIS", False), ("SIS.VLMSP", "UR", "SIS", True),
    ("TSU.AMB", "UR", "TSU", False), ("AASC.VPSP", "IMP", "AASC", False), ("FSI.HELIFSI", "UR", "FDO", False),
    ("LIB.MEDV", "IMP", "LIBERAL", True), ("AUTREVEC.TAXI", "IMP", "AUTRE", False), ("UMH", "UA", "AUTRE", True),
    ("UMH", "UR", "AUTRE", False), (None, "UA", "AUTRE", True), (None, "UR", "AUTRE", False),
])  # fmt: skip
@pytest.mark.parametrize("model", [1, 2, 3])
def test_a_transport_decision_says_by_what_and_with_whom(
    model: int, vector: str | None, severity: str, resource: str, *, medical: bool
) -> None:
    """Both are obligatory for ORIENT: the vector's family, and care aboard by its code or else by the level of care."""
    shape = mapping.shipped().mapping("hub/victime@1")
    document = json.loads((GOLDEN / "hub/victime@1/complete.canon.json").read_text(encoding="utf-8"))
    document["victim"] |= {"vector": vector, "severity": severity}
    for write in (case_body, update_body):
        body = write(shape.apply(document), OURS, SAMU, model)
        [decision] = body["decision"]
        told = {"TSU": "TSU ", "LIBERAL": "LIB" if model == 1 else "LIBERAL"} if model < 3 else {}
        assert (decision["resourceType"], decision["medicalTransport"]) == (told.get(resource, resource), medical)
        key = "createCaseHealth" if write is case_body else "createCaseHealthUpdate"
        assert judge(model).judge_tree({key: body}).faults == ()


@pytest.mark.parametrize("model", [1, 2, 3])
def test_no_vehicle_says_what_a_conversion_would_leave_invalid(model: int) -> None:
    """SANS and ORIENTAT are of model 3 only, and the hub's converter hands them on: they are words in every model."""
    for topic, shape in (("partner.vehicles", "hub/moyens@1"), ("partner.engagement", "hub/engagement@1")):
        if model < SINCE.get(KEYS[topic], 1):
            continue
        body = content_of(topic, mapping.shipped().mapping(shape).apply(documents(topic)[0]), OURS, model)[1]
        text = json.dumps(body, ensure_ascii=False)
        assert '"SANS"' not in text
        assert '"status": "ORIENTAT"' not in text
        assert "Équipe sans soins" in text


async def test_what_a_perimeter_carries_is_its_settings_or_the_public_list() -> None:
    """A message that the list lacks waits for a person with its cause; the settings of the deployment decide otherwise."""
    counts = json.loads(next((GOLDEN / "hub/denombrement@1").glob("*.canon.json")).read_text(encoding="utf-8"))
    shapes = {"counts": mapping.shipped().mapping("hub/denombrement@1")}
    link = Link.model_validate({"url": "amqps://hub.exemple.fr:5671", "mode": counts["mode"]})
    place = {"client_id": OURS, "model": 3, "topics": ["counts"], "recipients": {"*": FIRE}}
    for more, passes in (({}, False), ({"carries": ["RC-EDA"]}, False), ({"carries": ["EMSI"]}, True)):
        wire = Wire()
        perimeter = Perimeter.model_validate({"vhost": "15-nexsis_v1.9", **place, **more})
        adapter = HubAdapter(link, [perimeter], {"15-nexsis_v1.9": wire}, shapes, {}, lambda: NOW)  # type: ignore[dict-item] - the wire, replaced
        if passes:
            await adapter.deliver(claimed("counts", counts, None))
        else:
            with pytest.raises(PermanentDeliveryError) as refused:
                await adapter.deliver(claimed("counts", counts, None))
            assert (refused.value.cause.code, "EMSI" in refused.value.cause.detail) == ("hub.perimetre", True)
        assert len(wire.taken) == passes
    with pytest.raises(ValueError, match="messages inconnus"):
        Perimeter.model_validate({"vhost": "15-15_v2.1", **place, "carries": ["RS-XYZ"]})


def test_every_message_of_ours_has_its_name() -> None:
    """The names of the settings are those of the use cases that we write."""
    assert set(carried.NAMES.values()) == set(MESSAGES)
    assert set(KEYS.values()) <= set(carried.NAMES)


@pytest.mark.parametrize("model", [1, 2])
def test_a_status_that_a_model_lacks_is_not_replaced_by_another(model: int) -> None:
    """ORIENTAT exists in model 3 only: alone it is refused, in a list of vehicles it becomes a remark."""
    tree = {
        "caseId": f"{SAMU}.D1",
        "resourceId": "VLM1",
        "state": {"datetime": "2026-09-01T13:00:00+02:00", "status": "ORIENTAT"},
    }
    with pytest.raises(UnsaidError, match="ORIENTAT"):
        content_of("partner.vehicle_status", tree, OURS, model)
    said = documents("partner.vehicles")[0]
    shape = mapping.shipped().mapping("hub/moyens@1")
    body = content_of("partner.vehicles", shape.apply(said), OURS, model)[1]
    remarks = [one.get("freetext", []) for one in body["resource" if model > 1 else "mobilizedResource"]]
    assert any("Statut : ORIENTAT" in text for texts in remarks for text in texts)


async def test_a_partner_is_reached_by_the_perimeter_that_names_it() -> None:
    """Two perimeters carry the topic: the one whose recipients have the addressee is taken."""
    wires = {"15-15_v2.1": Wire(), "15-nexsis_v1.9": Wire()}
    perimeters = [
        Perimeter.model_validate(
            {
                "vhost": vhost,
                "client_id": OURS,
                "model": 3,
                "topics": TOPICS,
                "recipients": {"*": to},
                "carries": MESSAGES,
            }
        )
        for vhost, to in (("15-15_v2.1", SAMU), ("15-nexsis_v1.9", FIRE))
    ]
    link = Link.model_validate({"url": "amqps://hub.exemple.fr:5671", "mode": "Actual"})
    shapes = {topic: mapping.shipped().mapping(name) for topic, name in NAMES.items()}
    adapter = HubAdapter(link, perimeters, wires, shapes, {}, lambda: NOW)  # type: ignore[arg-type] - the wire, replaced
    await adapter.deliver(claimed("partner.fire_vehicles", documents("partner.fire_vehicles")[0]))
    assert [len(wire.taken) for wire in wires.values()] == [0, 1]


def test_an_observatory_gets_codes_and_nobody_s_words() -> None:
    """RS-RPIS: what a tablet wrote in words is neither in the document nor in the message, wherever it was written."""
    lists = mapping.shipped().allow_list("oru")
    for path in ("intervention.service", "regulation.what_happens.label", "regulation.health_motive.label"):
        assert not lists.enters("partner.mission_summary", path)
    shape = mapping.shipped().mapping("oru/rpis@1")
    [bare] = [one for one in documents("partner.mission_summary") if one["orientation"]["destination"] is None]
    assert "TESTE" in json.dumps(bare)
    assert "TESTE" not in json.dumps(shape.apply(bare))


def test_a_mapping_that_would_tell_an_observatory_more_does_not_load(tmp_path: Path) -> None:
    """The free text of a place is not on its list: the compiler refuses the file, and says whose list."""
    folder = tmp_path / "files" / "oru"
    folder.mkdir(parents=True)
    text = "mapping: oru/rpis@2\nextends: oru/rpis@1\nrules:\n  - {to: intervention.location.service, from: intervention.service, optional: true}\n"
    (folder / "rpis@2.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingFaultsError, match=r"intervention\.service.*oru"):
        mapping.load_catalogue(mapping.SHIPPED, tmp_path)


def test_firefighters_learn_of_no_person() -> None:
    """A vehicle without the patient it carries, an operation without a note of a professional."""
    lists = mapping.shipped().allow_list("nexsis")
    assert not lists.enters("partner.fire_vehicles", "vehicles.patient_id")
    assert not lists.enters("partner.fire_vehicles", "vehicles.note")
    assert not lists.enters("partner.fire_case", "note")
