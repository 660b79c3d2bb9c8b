"""The contract's sequences seen from what others share with us: kept, acknowledged, tied to its case, in the register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.house import KICK_OFF
from tests.hubsante.hub_house import FIRE_SIDE, HEALTH, MODELS, TABLET_SIDE, Link, linked
from tests.servers import need
from tests.servers.rabbitmq import FIRE, OURS, SAMU, SMUR, RabbitMq

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from adapters.lrm.hubsante.sandbox.partner import Partner

CASE, AT = f"{SAMU}.DRFR15ESSAI", KICK_OFF.isoformat()
VEHICLE, REQUEST = f"{SAMU}.resource.VLM1", f"{SAMU}.request.1"
Said = tuple[str, dict[str, Any], str]


@pytest.fixture
async def link(rabbitmq: RabbitMq, tmp_path: Path) -> AsyncIterator[Link]:
    """A house and its partners, linked by the hub."""
    async with linked(rabbitmq, tmp_path, fire={"recipients": {"*": FIRE}}) as found:
        yield found


def shared(case: str = CASE, owner: str = SAMU) -> Said:
    """A case of a partner, shared for the first time."""
    body = {
        "caseId": case,
        "creation": AT,
        "qualification": {"details": {"status": "ACTIF"}},
        "location": {"freetext": "Stade"},
        "owner": owner,
    }
    return "createCaseHealth", body, "Report"


def update(case: str = CASE, owner: str = SAMU, **more: Any) -> Said:
    """An update of it."""
    return "createCaseHealthUpdate", {"caseId": case, "owner": owner, **more}, "Update"


def closing(case: str = CASE, owner: str = SAMU) -> Said:
    """Its end."""
    return update(case, owner, qualification={"details": {"status": "CLOTURE"}})


def engaged(case: str = CASE, vehicle: str = VEHICLE, **more: Any) -> Said:
    """A vehicle engaged on it."""
    one = {"datetime": AT, "resourceId": vehicle, "vehicleType": "SMUR", **more}
    return "resourcesInfo", {"caseId": case, "resource": [one]}, "Report"


def status(said: str, case: str = CASE, vehicle: str = VEHICLE) -> Said:
    """Where the vehicle is."""
    body = {"caseId": case, "resourceId": vehicle, "state": {"datetime": AT, "status": said}}
    return "resourcesStatus", body, "Report"


async def told(by: Partner, said: list[Said]) -> list[str]:
    """Published one after the other; their distributionIDs."""
    return [await by.send(OURS, key, body, "Exercise", kind) for key, body, kind in said]


async def kept_in_order(link: Link, by: Partner, said: list[Said], case: str = CASE) -> dict[str, Any]:
    """Every message answered once and none refused, kept in order under the case; the step of each use case."""
    sent = await told(by, said)
    steps = await link.acknowledged(by, sent)
    assert await link.kept(case) == [(key, "received") for key, _, _ in said]
    assert len(by.heard) == len(sent)
    return {key: steps[identifier] for (key, _, _), identifier in zip(said, sent, strict=True)}


async def columns(link: Link, *names: str) -> list[tuple[Any, ...]]:
    """What the register holds of every message received, in order."""
    rows = await link.house.runtime.database.read(
        lambda connection: connection.exec_driver_sql(f"SELECT {', '.join(names)} FROM hub_message ORDER BY seq").all()
    )
    return [tuple(row) for row in rows]


async def test_a_case_is_shared_and_closed(link: Link) -> None:
    """Sequence A: RS-EDA, RS-RI, RS-EDA-MAJ, RS-SR, the closing: one case, theirs, closed."""
    steps = await kept_in_order(link, link.samu, [shared(), engaged(), update(), status("ARRIVEE"), closing()])
    assert steps == {
        "createCaseHealth": "RECU",
        "resourcesInfo": "RECU",
        "createCaseHealthUpdate": "INTEGRE",
        "resourcesStatus": "RECU",
    }
    found = await link.case(CASE)
    assert (found.ours, found.partner, found.owner, found.status) == (False, SAMU, SAMU, "CLOTURE")


async def test_a_border_call_changes_owner_only_by_what_is_said(link: Link) -> None:
    """Sequence B: A asks B to own it, an update gives it back, another gives it again; nothing flips by itself."""
    owners = []
    for said in (shared(owner=OURS), update(owner=SAMU), update(owner=OURS)):
        await link.acknowledged(link.samu, await told(link.samu, [said]))
        owners.append((await link.case(CASE)).owner)
    assert owners == [OURS, SAMU, OURS]
    assert await link.kept(CASE) == [("createCaseHealth", "received"), *[("createCaseHealthUpdate", "received")] * 2]


async def test_shared_resources_are_tied_to_their_request(link: Link) -> None:
    """Sequence C: RS-DR, RS-RI under the same requestId, RS-SR, and the cancellation by the same requestId."""
    asking = {"requestId": REQUEST, "datetime": AT, "purpose": "SMUR"}
    said: list[Said] = [
        shared(),
        ("resourcesRequest", {"caseId": CASE, "request": asking}, "Report"),
        engaged(requestId=REQUEST),
        status("DEPART"),
        ("resourcesRequest", {"caseId": CASE, "request": asking, "status": "ANNULEE"}, "Cancel"),
    ]
    await kept_in_order(link, link.samu, said)
    assert await columns(link, "request_id", "resource_id") == [
        (None, None),
        (REQUEST, None),
        (REQUEST, VEHICLE),
        (None, VEHICLE),
        (REQUEST, None),
    ]


async def test_a_tablet_follows_a_case_to_its_end(link: Link) -> None:
    """Sequence D: RS-RI, RS-SR, RS-URL, GEO-POS, RS-BPV of the tablet, on a perimeter of its own, under the LRM's case."""
    tablet = await link.join(SMUR, TABLET_SIDE)
    vehicle, patient = f"{SMUR}.resource.VLM1", f"{SAMU}.patient.DRFR15ESSAI.1"
    assessment = {
        "caseId": CASE,
        "reportId": "essai-1",
        "redactor": {"role": "MEDECIN"},
        "creation": AT,
        "patient": {"patientId": patient, "lastName": "ESSAI", "firstName": "Teste"},
    }
    position = {"resourceId": vehicle, "datetime": AT, "coord": {"lat": 44.8, "lon": -0.5}}
    await link.acknowledged(link.hub.partners[TABLET_SIDE], await told(link.hub.partners[TABLET_SIDE], [shared()]))
    said: list[Said] = [
        engaged(vehicle=vehicle),
        status("DEPART", vehicle=vehicle),
        (
            "documentLink",
            {"caseId": CASE, "patientId": patient, "document": [{"url": "https://exemple.fr/1"}]},
            "Report",
        ),
        ("geoPositionsUpdate", {"position": [position]}, "Report"),
        ("interventionReport", assessment, "Report"),
        status("FINPEC", vehicle=vehicle),
    ]
    await link.acknowledged(tablet, await told(tablet, said))
    followed = [key for key, _, _ in said if key != "geoPositionsUpdate"]
    assert await link.kept(CASE) == [(key, "received") for key in ("createCaseHealth", *followed)]
    by_patient = [("documentLink", patient, SMUR), ("interventionReport", patient, SMUR)]
    found = await columns(link, "use_case", "patient_id", "sender")
    assert [one for one in found if one[1] is not None] == by_patient


def rpis(**changes: Any) -> Said:
    """A SMUR's statutory summary: anonymous, no free text."""
    body = {
        "context": {
            "orgId": SMUR,
            "senderCaseId": "DRFR15ESSAI",
            "creationDate": AT,
            "decisionDate": AT,
            "ressourceFinessLegal": "330781196",
            "ressourceFinessGeo": "330000662",
            "ressourceStructure": "SMUR ESSAI",
        },
        "regulation": {
            "whatsHappen": {"code": "C02.05.01", "label": "Essai"},
            "healthMotive": {"code": "M03.12", "label": "Essai"},
            "medicalLevel": "MED",
        },
        "patient": {"patientId": f"{SAMU}.DRFR15ESSAI.P01", "birthDate": "1951-01-01", "sex": "F", **changes},
        "intervention": {
            "location": {"detailedAddress": {"inseeCode": "33063", "city": "Bordeaux"}},
            "team": {"doctor": True, "nurse": True, "driver": True},
            "mainDiagnosis": "I21.0",
        },
        "orientation": {"type": "ESSAI"},
    }
    return "rpis", body, "Report"


async def test_a_summary_for_the_observatory_names_nobody(link: Link) -> None:
    """RS-RPIS: kept and acknowledged when anonymous; with a name or free text the hub refuses it, and it never comes here."""
    need(MODELS is not None, "official models are not beside the checkout")
    tablet = await link.join(SMUR, TABLET_SIDE)
    await link.acknowledged(tablet, await told(tablet, [rpis()]))
    for personal in ({"lastName": "ESSAI-NOMMEE"}, {"freetext": "Essai confié"}):
        [refused] = await told(tablet, [rpis(**personal)])
        await link.until(lambda about=refused: [one for one in tablet.heard if one["about"] == about])
        assert [one.get("code") for one in tablet.heard if one["about"] == refused] == [300]
    assert await columns(link, "use_case", "patient_id", "state") == [("rpis", f"{SAMU}.DRFR15ESSAI.P01", "received")]


async def test_nexsis_shares_a_case_and_its_resources(link: Link) -> None:
    """Sequence E: RC-EDA then RC-RI of the fire side, read in its own form; our picture goes to it in XML and is acknowledged."""
    need(MODELS is not None, "official models are not beside the checkout")
    nexsis = await link.join(FIRE, FIRE_SIDE)
    case, vehicle = f"{FIRE}.SC-20200901-033", f"{FIRE}.resource.VSAV1"
    what = {"whatsHappen": {"code": "C02.05.01", "label": "Essai"}}
    opening = {
        "caseId": case,
        "creation": AT,
        "referenceVersion": "1.9",
        "qualification": what,
        "location": {"locID": "1", "country": "FR"},
    }
    there = {
        "datetime": AT,
        "resourceId": vehicle,
        "vehicleType": "SIS",
        "state": {"datetime": AT, "status": "DEPART"},
    }
    said: list[Said] = [
        ("createCase", opening, "Report"),
        ("resourcesInfoCisu", {"caseId": case, "resource": [there]}, "Report"),
    ]
    await kept_in_order(link, nexsis, said, case)
    found = await link.case(case)
    assert (found.ours, found.partner, found.vhost) == (False, FIRE, FIRE_SIDE)
    await link.house.event()
    await link.house.patient(severity_entry="UA")
    picture = f"{OURS}.evt"
    assert (await link.until_step(picture, "integrated"))[:2] == ["published", "at_hub"]
    [said_there] = [one["emsi"] for one in nexsis.cases.values()]
    assert said_there["EVENT"]["CASUALTIES"][0]["TRIAGERED"] == 1


async def test_an_unknown_case_is_refused_on_the_wire_too(link: Link) -> None:
    """702 and the refused RC-REF that names it, when the case of an update never comes; the case then comes, and goes on."""
    [early] = await told(link.samu, [update()])
    await link.until_known(lambda register: register.hub.messages_of(CASE))
    link.house.clock.forward(seconds=10)
    await link.house.runtime.hub.look()  # type: ignore[union-attr]
    heard = await link.until(lambda: [one for one in link.samu.heard if one["about"] == early][1:] and link.samu.heard)
    assert sorted(str(one.get("code", "refused" if one.get("refused") else "")) for one in heard) == ["702", "refused"]
    link.samu.heard.clear()
    await link.acknowledged(link.samu, await told(link.samu, [shared(), closing()]))
    assert (await link.case(CASE)).status == "CLOTURE"
    assert (await link.case(CASE)).vhost == HEALTH
