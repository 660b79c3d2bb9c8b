"""What is wrong with the hub is an alarm before anybody misses a message, and ends by itself once it is mended."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.hubsante.certificates import Authority
from tests.gateway.house import KICK_OFF, OpenHouse, open_house
from tests.hubsante.hub_stage import now, until
from tests.servers import need
from tests.servers.rabbitmq import OURS, RabbitMq

if TYPE_CHECKING:
    from pathlib import Path

VHOST = "15-15_v2.1"


def hub(folder: Path, url: str = "amqps://hub.exemple.fr:5671", ca: Path | None = None) -> dict[str, Any]:
    """A hub of one perimeter, our certificate and key in the folder."""
    link = {"url": url, "mode": "Exercise", "ca": ca, "connect_timeout": 30}
    papers = {"certificate": folder / "nous.pem", "private_key": folder / "nous.key"}
    return {"link": {**link, **papers}, "perimeters": [{"vhost": VHOST, "client_id": OURS, "model": 3}]}


async def alarms(house: OpenHouse) -> dict[str, dict[str, Any]]:
    """The alarms under way after a look, as the operator's page reads them."""
    assert house.runtime.hub is not None
    await house.runtime.hub.look()
    answer = await house.operator.get("/v1/alarms")
    return {one["name"]: one["facts"] for one in answer.json()["alarms"]}


async def test_a_certificate_near_its_end_alarms_until_it_is_replaced(tmp_path: Path) -> None:
    """In time, with the days left; below zero once it has ended; over when the file is another."""
    try:
        authority = Authority(tmp_path, KICK_OFF)
    except ImportError:
        need(None, "no package cryptography to make certificates")
    papers = authority.issue("essai", ends=KICK_OFF + timedelta(days=45))
    shutil.copy(papers.certificate, tmp_path / "nous.pem")
    async with open_house(tmp_path, hub=hub(tmp_path)) as house:
        assert await alarms(house) == {}
        house.clock.forward(days=20)
        assert await alarms(house) == {"certificate:hub": {"destination": "hub", "days": 25}}
        (tmp_path / "nous.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        assert set(await alarms(house)) == {"certificate:hub", "certificate:hub:unreadable"}
        (tmp_path / "nous.pem").unlink()
        assert set(await alarms(house)) == {"certificate:hub", "certificate:hub:unreadable"}
        shutil.copy(authority.issue("essai", ends=KICK_OFF + timedelta(days=400)).certificate, tmp_path / "nous.pem")
        assert await alarms(house) == {}


@pytest.mark.parametrize("ended", [True, False])
async def test_a_perimeter_that_is_not_joined_alarms_until_it_is(
    rabbitmq: RabbitMq,
    tmp_path: Path,
    ended: bool,  # noqa: FBT001 - one of two
) -> None:
    """Ended, or of somebody the hub does not know: said in words; replaced, the connection comes by itself and the alarm goes."""
    ends = now() - timedelta(days=1) if ended else None
    wrong = rabbitmq.authority.issue("passerelle.exemple.fr" if ended else "inconnue.exemple.fr", ends=ends)
    right = rabbitmq.papers[OURS]
    for paper, name in ((wrong.certificate, "nous.pem"), (wrong.private_key, "nous.key")):
        shutil.copy(paper, tmp_path / name)
    settings = hub(tmp_path, f"amqps://localhost:{rabbitmq.port}", rabbitmq.authority.ca)
    async with open_house(tmp_path, hub=settings) as house:
        house.clock.forward(seconds=(now() - house.clock()).total_seconds())
        house.runtime.hub.open(lambda: None)  # type: ignore[union-attr]
        listener: Any = house.runtime.hub.listener  # type: ignore[union-attr]
        await until(lambda: listener.links[0].trouble)
        assert f"perimeter:{VHOST}" not in await alarms(house)
        house.clock.forward(hours=1)
        found = await alarms(house)
        assert found[f"perimeter:{VHOST}"]["cause_code"] == ("hub.certificat" if ended else "hub.identite")
        assert found.get("certificate:hub", {}).get("days", 90) == (-1 if ended else 90)
        for paper, name in ((right.certificate, "nous.pem"), (right.private_key, "nous.key")):
            shutil.copy(paper, tmp_path / name)
        await until(lambda: listener.links[0].connected)
        assert await alarms(house) == {}
