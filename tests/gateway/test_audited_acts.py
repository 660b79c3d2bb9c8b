"""Acts of whoever runs the gateway are in the audit, and no line of it can be changed afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from gateway.cli import main
from gateway.cli.console import on_register
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.house import OpenHouse


async def test_pause_resume_and_signing_in_are_noted(house: OpenHouse) -> None:
    """Who, what, and the reason that was given."""
    async with house.operator as operator:
        for act, body in (("pause", {"reason": "maintenance"}), ("resume", {"rate": 5})):
            assert (await operator.post(f"/v1/outbox/destinations/sinus/{act}", json=body)).status_code == 204
    async with house.client() as page:
        assert (await page.post("/console/session", json={"key": house.keys[Scope.OPERATOR]})).status_code == 200
        assert (await page.post("/console/session", json={"key": "rien"})).status_code == 401
    acts = await house.runtime.read(lambda register: register.audit.latest())
    assert [(act.act, act.by, act.about, act.facts) for act in acts] == [
        ("session.opened", "essai-operator", "key:essai-operator", {}),
        ("destination.resumed", "essai-operator", "destination:sinus", {"rate": 5}),
        ("destination.paused", "essai-operator", "destination:sinus", {"reason": "maintenance"}),
    ]


async def test_no_line_is_changed(house: OpenHouse) -> None:
    """The database itself refuses it."""
    now = house.clock()
    await house.runtime.write(lambda register: register.audit.note("essai", "essai", "essai", now))
    with pytest.raises(DBAPIError):
        await house.runtime.write(
            lambda register: register.connection.exec_driver_sql("UPDATE audit SET about = 'autre'")
        )
    (act,) = await house.runtime.read(lambda register: register.audit.latest())
    assert act.about == "essai"


def test_the_birth_and_the_end_of_a_key_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command line, under the name of who typed it; never the key."""
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "passerelle.toml"
    settings.write_text('[store]\nurl = "sqlite:///ici.sqlite3"\n')
    assert main(["key", "new", "essai", "--scope", "counts"]) == 0
    key = capsys.readouterr().out.strip()
    assert main(["key", "revoke", "essai"]) == 0
    assert main(["key", "revoke", "essai"]) == 1
    acts = on_register(str(settings), lambda register: register.audit.latest()) or []
    assert [(act.act, act.about) for act in acts] == [("key.revoked", "key:essai"), ("key.created", "key:essai")]
    assert all("ligne de commande" in act.by for act in acts)
    assert key not in str(acts)
