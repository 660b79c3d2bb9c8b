"""What the newest public dispatcher does of messages that are odd rather than wrong: late dates, other hubs, quotes, failures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.sandbox.checks import ForwardedMessage, PublishedMessage, RefusedMessage, check, source_of
from adapters.lrm.hubsante.wire.carried import carried_on
from adapters.lrm.hubsante.wire.envelope import EnvelopeError, read_envelope
from tests.hubsante.hub_messages import judge, message_of, models
from tests.hubsante.hub_stage import VHOST, drained, now
from tests.hubsante.test_hub_dispatcher import (
    FIRE_CASE,
    FIRE_LOCATION,
    NOW,
    dispatching,
    embedded,
    message,
    publish,
    published,
    received,
)
from tests.servers.rabbitmq import FIRE, OURS, SAMU, VHOSTS, RabbitMq

NEXSIS = "15-nexsis_v1.9"
KEY = "fr.fire.sga"


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (timedelta(seconds=2), 2_000),
        (timedelta(hours=23, minutes=59), 86_340_000),
        (timedelta(hours=24), None),
        (timedelta(days=50), None),
        (timedelta(days=365 * 46), None),
    ],
)
def test_an_expiration_is_set_only_when_sooner_than_the_queues_own(life: timedelta, expected: int | None) -> None:
    """A date in 2072 is more than a broker can hold, and says nothing that the queue does not do sooner."""
    found = check(published(message(expires_at=NOW + life)), judge(3), NOW)
    assert isinstance(found, ForwardedMessage)
    assert found.ttl_ms == expected


def test_less_than_a_second_is_no_life() -> None:
    """The hub counts whole seconds: what has none left is expired, and not put in a queue to die at once."""
    found = check(published(message(expires_at=NOW + timedelta(milliseconds=900))), judge(3), NOW)
    assert isinstance(found, RefusedMessage)
    assert found.code == 400


@pytest.mark.parametrize(
    "date", ["2099-01-01T00:00:00", "2099-01-01", "demain", "9999-12-31T23:59:59-14:00", "", None, 3]
)
@pytest.mark.parametrize("field", ["dateTimeSent", "dateTimeExpires"])
@pytest.mark.parametrize("known", [True, False])
def test_a_date_that_names_no_moment_is_a_fault(field: str, date: Any, *, known: bool) -> None:
    """With models and without, the field is named; nothing is raised."""
    tree = message() | {field: date}
    found = check(published(tree), judge(3) if known else None, NOW)
    assert isinstance(found, RefusedMessage)
    assert (found.code, field in found.cause) == (300, True)
    with pytest.raises(EnvelopeError, match=field):
        read_envelope(tree)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "field", ["senderID", "dateTimeExpires", "distributionKind", "descriptor.explicitAddress.explicitAddressValue"]
)
def test_a_missing_field_of_the_envelope_is_named(field: str, *, known: bool) -> None:
    """In JSON and in XML, with models and without."""
    tree = message()
    *parents, last = field.split(".")
    holder: Any = tree
    for name in parents:
        holder = holder[name]
    del holder[last]
    xml = xml_bytes(to_xml(tree, models(3)))
    for given in (published(tree), published(xml, content_type="application/xml")):
        found = check(given, judge(3) if known else None, NOW)
        assert isinstance(found, RefusedMessage)
        assert (found.code, last in found.cause) == (300, True), found.cause


def from_nexsis(**changes: Any) -> dict[str, Any]:
    """A case of the fire side, to us."""
    fields = {"sender": "fr.fire.nexsis.sdis23", "recipient": SAMU, "distribution_id": "fr.fire.nexsis.sdis23_1"}
    return message("createCase", FIRE_CASE, **{**fields, **changes})


def of_fire(tree: Any, **changes: Any) -> PublishedMessage:
    """Published through the technical key of the other hub."""
    return published(tree, **{"vhost": NEXSIS, "routing_key": KEY, **changes})


@pytest.mark.parametrize("known", [True, False])
def test_a_sender_of_another_hub_is_checked_by_its_domain_only(*, known: bool) -> None:
    """Neither its whole id, nor persistence, nor the prefix of its distributionID; a sender of another domain is refused."""
    by = judge(3) if known else None
    raw = xml_bytes(to_xml(from_nexsis(), models(3)))
    passing = (
        of_fire(from_nexsis()),
        of_fire(from_nexsis(), persistent=False),
        of_fire(from_nexsis(distribution_id="sans-prefixe")),
        of_fire(raw, content_type="application/xml"),
        of_fire(raw, content_type="text/xml; charset=utf-8"),
        of_fire(raw, content_type=""),
    )
    for given in passing:
        assert isinstance(check(given, by, NOW), ForwardedMessage), given.content_type
    spoofed = check(of_fire(from_nexsis(sender="fr.health.samu330")), by, NOW)
    assert isinstance(spoofed, RefusedMessage)
    assert (spoofed.code, "be prefixed with fr.fire" in spoofed.cause) == (200, True)


def test_a_health_sender_is_still_checked_whole() -> None:
    """The same liberties are refused to a client of the health side."""
    codes = [
        check(published(message(), **changes), judge(3), NOW)
        for changes in ({"persistent": False}, {"routing_key": f"{OURS}2"}, {"content_type": "text/xml"})
    ]
    assert [found.code for found in codes if isinstance(found, RefusedMessage)] == [100, 200, 101]


def test_free_content_is_carried_here() -> None:
    """The sandbox is its place, on every virtual host; a key beside it is still no message."""
    tree = message("customContent", {"essai": 1})
    held = message_of(tree)
    free = {"customContent": held["customContent"]}
    tree["content"][0]["jsonContent"]["embeddedJsonContent"]["message"] = free
    for vhost in (VHOST, NEXSIS, "15-gps_v1.3"):
        assert isinstance(check(published(tree, vhost=vhost), judge(3), NOW), ForwardedMessage)
    free["unknown_property"] = "valeur"
    refused = check(published(tree), judge(3), NOW)
    assert isinstance(refused, RefusedMessage)
    assert refused.code == 102


def test_two_contents_go_by_the_first() -> None:
    """It passes when the first may; otherwise the cause names the first, and not their number."""
    twice = message() | {"content": message()["content"] * 2}
    assert isinstance(check(published(twice), judge(3), NOW), ForwardedMessage)
    other = message("createCase", FIRE_CASE) | {"content": message("createCase", FIRE_CASE)["content"] * 2}
    found = check(published(other), judge(3), NOW)
    assert isinstance(found, RefusedMessage)
    assert (found.code, "CreateCaseWrapper is not supported" in found.cause) == (501, True)


PUBLIC = {
    "15-15_v1.5": "createCaseHealth createCaseHealthUpdate resourcesInfo resourcesStatus resourcesRequest resourcesResponse",
    "15-15_v2.1": "createCaseHealth createCaseHealthUpdate resourcesInfo resourcesStatus resourcesRequest resourcesResponse geoPositionsUpdate geoResourcesRequest geoResourcesDetails",
    "15-nexsis_v1.9": "createCase",
    "15-nexsis_v1.9.1": "createCase",
    "15-gps_v1.0": "geoPositionsUpdate geoResourcesRequest geoResourcesDetails",
    "15-smur_v1.6": "createCaseHealth createCaseHealthUpdate resourcesInfo resourcesEngagement resourcesStatus rpis interventionReport documentLink geoPositionsUpdate geoResourcesRequest geoResourcesDetails",
}


@pytest.mark.parametrize("vhost", PUBLIC)
def test_each_virtual_host_carries_what_the_public_list_says(vhost: str) -> None:
    """One that is not listed carries what the newest of its link does; a link that nobody listed holds nothing back."""
    assert carried_on(vhost) == {*PUBLIC[vhost].split(), "reference", "error"}
    assert carried_on("15-inconnu_v1.0") is None


def test_an_error_quotes_its_source_as_an_object() -> None:
    """From JSON and from XML; what is no document is not quoted."""
    tree = message()
    assert source_of(published(tree)) == tree
    quoted = source_of(published(xml_bytes(to_xml(tree, models(3))), content_type="application/xml"))
    assert quoted is not None
    assert quoted["distributionID"] == tree["distributionID"]
    assert source_of(published(b"{")) is None
    assert source_of(published(b"[1]")) is None


@pytest.mark.rabbitmq
async def test_an_error_goes_to_who_published(rabbitmq: RabbitMq) -> None:
    """A claimed senderID hears nothing; the error is valid and carries the message it is about."""
    await drained(rabbitmq, f"{OURS}.info")
    await drained(rabbitmq, f"{SAMU}.info")
    async with dispatching(rabbitmq):
        spoofed = message("reference", {"nope": 1}, at=now(), sender=SAMU, distribution_id=f"{SAMU}_1", kind="Ack")
        await publish(rabbitmq, spoofed)
        found = json.loads((await received(rabbitmq, OURS, "info")).body)
        assert await drained(rabbitmq, f"{SAMU}.info") == []
    error = embedded(found)["error"]
    assert (found["senderID"], error["errorCode"]["statusCode"]) == ("fr.health.hub", 300)
    assert error["sourceMessage"] == spoofed
    assert judge(3).judge_tree(found).faults == ()


@pytest.mark.rabbitmq
async def test_a_date_of_2072_is_delivered(rabbitmq: RabbitMq) -> None:
    """Without an expiration of its own; the virtual host goes on."""
    await drained(rabbitmq, f"{SAMU}.message")
    async with dispatching(rabbitmq):
        far = now().replace(year=2072, month=7, day=25)
        await publish(rabbitmq, message(at=now(), expires_at=far))
        assert (await received(rabbitmq, SAMU, "message")).expiration is None
        await publish(rabbitmq, message(at=now()))
        assert (await received(rabbitmq, SAMU, "message")).expiration


@pytest.mark.rabbitmq
async def test_a_message_that_breaks_the_dispatcher_stops_nobody(rabbitmq: RabbitMq) -> None:
    """A character that no XML can hold, towards a client of XML: rejected and noted, and the next one passes."""
    vhost = VHOSTS[4]
    await drained(rabbitmq, f"{FIRE}.message", vhost)
    broken = {**FIRE_CASE, "location": {**FIRE_LOCATION, "freetext": "a\vb"}}
    async with dispatching(rabbitmq) as dispatcher:
        await publish(rabbitmq, message("createCase", broken, at=now(), recipient=FIRE), vhost=vhost)
        await publish(rabbitmq, message("createCase", FIRE_CASE, at=now(), recipient=FIRE), vhost=vhost)
        assert (await received(rabbitmq, FIRE, "message", vhost)).content_type == "application/xml"
        assert [(line.code, bool(line.cause)) for line in dispatcher.lines] == [(None, True), (None, False)]
    assert await drained(rabbitmq, "dispatch", vhost) == []


@pytest.mark.rabbitmq
async def test_a_mark_of_a_client_is_nothing(rabbitmq: RabbitMq) -> None:
    """The sandbox's own header in a client's message neither passes it nor reaches anybody's queue."""
    await drained(rabbitmq, f"{SAMU}.message")
    headers = {"x-sandbox-mark": "jeton", "to": SAMU}
    async with dispatching(rabbitmq) as dispatcher:
        await publish(rabbitmq, message(at=now()), headers=headers)
        found = await received(rabbitmq, SAMU, "message")
        assert (found.content_type, bool(found.body)) == ("application/json", True)
        assert len(dispatcher.lines) == 1


@pytest.mark.rabbitmq
async def test_who_published_is_told_that_nobody_read(rabbitmq: RabbitMq) -> None:
    """The author kept beside the message, and not the sender it names; of another hub nobody is told."""
    vhost = VHOSTS[4]
    await drained(rabbitmq, f"{OURS}.info", vhost)
    await drained(rabbitmq, f"{SAMU}.message", vhost)
    async with dispatching(rabbitmq) as dispatcher:
        short = now() + timedelta(seconds=2)
        fire = from_nexsis(at=now(), expires_at=short)
        await publish(rabbitmq, fire, client=FIRE, vhost=vhost)
        ours = message("createCase", FIRE_CASE, at=now(), expires_at=short)
        await publish(rabbitmq, ours, vhost=vhost)
        error = embedded(json.loads((await received(rabbitmq, OURS, "info", vhost)).body))["error"]
        assert (error["errorCode"]["statusCode"], error["sourceMessage"]) == (500, ours)
        assert {line.sender for line in dispatcher.lines if line.code == 500} <= {"fr.fire.nexsis.sdis23", OURS}


def test_an_official_date_in_another_offset_is_the_same_moment() -> None:
    """Z, a fraction and any offset are read alike."""
    tree = message()
    for text in ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5+00:00", "2026-03-01T23:00:00+13:00"):
        read = read_envelope(tree | {"dateTimeExpires": text})
        assert replace(read, expires_at=read.expires_at.astimezone(UTC)).expires_at == NOW
