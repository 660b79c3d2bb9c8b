"""A record that is not what was written spoils no list, page or count of the others, and a door that needs it says so in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from gateway.operations.unreadable import alarmed, look_for_unreadable
from tests.gateway.house import EVENT, NUMBER, open_house

if TYPE_CHECKING:
    from pathlib import Path


async def test_one_broken_record_hides_no_other(tmp_path: Path) -> None:
    """Victims, events, history: the readable ones are there, the door of the broken one says that nothing is lost."""
    async with open_house(tmp_path) as house:
        await house.event()
        await house.runtime.heartbeat.beat()
        async with house.portal as portal:
            for name in ("p-1", "p-2"):
                document = {"severity_entry": "UR", "localisation_id": "pma"}
                assert (await portal.put(f"/v1/events/evt/patients/{name}", json=document)).is_success
            assert (await portal.post("/v1/events", json={**EVENT, "id": "autre"})).is_success
            await house.settle()

            def damage(register: object) -> None:
                connection = register.connection  # type: ignore[attr-defined]
                connection.execute(text("UPDATE victim SET record = :r WHERE id = 'p-1'"), {"r": b'{"coupe'})
                connection.execute(text("UPDATE event SET record = :r WHERE id = 'autre'"), {"r": b"[]"})

            await house.runtime.write(damage)
            listed = (await portal.get("/v1/events/evt/patients")).json()["patients"]
            assert [patient["id"] for patient in listed] == ["p-2"]
            assert [event["id"] for event in (await portal.get("/v1/events")).json()["events"]] == ["evt"]
            assert (await portal.get("/v1/events/evt/boards/tb2")).status_code == 200
            assert (await portal.get("/v1/events/evt/counts")).json()["totals"]["total"] == 2, "still counted"
            refused = await portal.get("/v1/events/evt/patients/p-1")
            assert (refused.status_code, refused.json()["code"]) == (503, "contenu_illisible")
            changed = await portal.patch("/v1/events/evt/patients/p-2", json={"sinus_number": NUMBER})
            assert changed.is_success, changed.text
        await house.settle()
        await look_for_unreadable(house.runtime)
        assert await house.runtime.read(alarmed) == {"victims": 1}
