"""A link that stays down: the list to dictate by telephone, for who may read names, of whom that neighbour may learn, and what to say."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from gateway.security.keys import Scope
from tests.gateway.house import NIR, NUMBER, WHOLE

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

SECOND = "FR 825 NOVI - 0000 TR - 000007"


async def listed(house: OpenHouse, destination: str) -> dict[str, Any]:
    """The list, as the portal reads it."""
    async with house.portal as portal:
        answer = await portal.get(f"/v1/events/evt/sync/{destination}/phone-list")
        return dict(answer.raise_for_status().json())


def states(made: dict[str, Any]) -> dict[str, str]:
    """Bracelet → whether the neighbour has the record."""
    return {row[0]: row[-1] for row in made["rows"]}


async def test_who_was_not_received_is_to_be_said_and_nobody_once_the_link_is_back(house: OpenHouse) -> None:
    """Two patients, one told before the outage: one to say, in the order of the bracelets; after the outage none."""
    await house.event()
    await house.settle()
    await house.patient(**WHOLE)
    await house.settle()
    house.wires["sinus"].gone = True
    await house.patient("p2", severity_entry="UA", localisation_id="stade", sinus_number=SECOND, used_name="ESSAI-DEUX")
    await house.settle()
    made = await listed(house, "sinus")
    assert [row[0] for row in made["rows"]] == [SECOND, "FR 825 NOVI - 0000 TR - 100001"]
    assert states(made) == {SECOND: "à dire", "FR 825 NOVI - 0000 TR - 100001": "reçue"}
    assert (made["to_say"], made["mode"], made["title"]) == (1, "EXERCICE", "SINUS")
    assert made["waits_since"] is not None
    assert "1 UA, 1 UR" in " ".join(made["script"])
    assert "à dire" in " ".join(made["script"])
    await house.mend("sinus")
    for _ in range(4):
        await house.settle(seconds=90)
    after = await listed(house, "sinus")
    assert set(states(after).values()) == {"reçue"}
    assert (after["to_say"], after["waits_since"]) == (0, None)


async def test_a_line_holds_what_the_neighbour_may_learn_and_nothing_more(house: OpenHouse) -> None:
    """SI-VIC: its own victims only, and never a comment, a contact's telephone or a NIR that its allow-list leaves out."""
    await house.event()
    await house.settle()
    await house.patient(**WHOLE)
    await house.patient("mort", severity_entry="DCD", localisation_id="pma", used_name="TESTE-SANS-IDENTITE")
    await house.settle()
    for destination in ("sinus", "sivic"):
        made = await listed(house, destination)
        text = str(made)
        assert made["rows"]
        for hidden in ("commentaire confié", "06 99 00 00 00", "TESTE-PROCHE", NIR, "TESTE-SANS-IDENTITE"):
            assert hidden not in text


async def test_it_is_a_file_to_print_and_who_took_it_is_known(house: OpenHouse) -> None:
    """CSV for a spreadsheet that runs no name, PDF for the wall; another form is refused; each is in the audit."""
    await house.event()
    await house.settle()
    await house.patient(**{**WHOLE, "used_name": "=ESSAI-FORMULE"})
    await house.settle()
    async with house.portal as portal:
        path = "/v1/events/evt/sync/sinus/phone-list"
        table = await portal.get(path, params={"format": "csv"})
        printed = await portal.get(path, params={"format": "pdf"})
        assert (await portal.get(path, params={"format": "docx"})).status_code == 406
        assert (await portal.get("/v1/events/evt/sync/portal/phone-list")).status_code == 404
    rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff")), delimiter=";"))
    assert ["Mode", "EXERCICE"] in rows
    assert any("'=ESSAI-FORMULE" in row for row in rows)
    assert printed.content.startswith(b"%PDF")
    assert "evt-sinus-telephone.pdf" in printed.headers["content-disposition"]
    async with house.operator as operator:
        acts = (await operator.get("/v1/audit")).json()["acts"]
    taken = [(act["about"], act["facts"]) for act in acts if act["act"] == "phone_list.taken"]
    assert taken == [
        ("evt sinus", {"format": "pdf", "persons": 1}),
        ("evt sinus", {"format": "csv", "persons": 1}),
    ]


async def test_only_who_may_read_names_takes_it(house: OpenHouse) -> None:
    """An operator watches links, an ARS counts: neither reads the list."""
    await house.event()
    await house.patient(sinus_number=NUMBER)
    for scope in set(Scope) - {Scope.PORTAL}:
        async with house.as_(scope) as client:
            assert (await client.get("/v1/events/evt/sync/sinus/phone-list")).status_code == 403
