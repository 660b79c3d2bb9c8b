"""Signing in by a real OpenID provider: who comes in, as whom, until when; and what is refused, in words."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.mode import Mode
from gateway import clock as gateway_clock
from tests.gateway.house import EVENT, KICK_OFF, open_house
from tests.people.provider import LiveProvider, below, live_provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx

    from tests.gateway.house import OpenHouse

PORTAL = {"role": "crra_evt2", "key": "essai-portal", "claims": {"profil": ["crra_evt2"]}}
READER = {"role": "crra", "key": "essai-portal", "claims": {"profil": ["crra"]}}
COUNTS = {"role": "ars", "claims": {"profil": ["ars"]}}
OPERATOR = {"role": "operator", "claims": {"profil": ["exploitant"]}}
HOSPITAL = {"role": "hospital", "claims": {"profil": ["hopital"]}}
ROLES = (PORTAL, READER, COUNTS, OPERATOR, HOSPITAL)
OURS = {"Sec-Fetch-Site": "same-origin"}
STRONG = {"amr": ["pwd", "otp"], "given_name": "Zoé", "family_name": "ESSAI"}


@pytest.fixture(scope="module")
def provider() -> Iterator[LiveProvider]:
    """One for the file."""
    with live_provider() as opened:
        yield opened


@asynccontextmanager
async def believing(
    folder: Path, provider: LiveProvider, *roles: dict[str, Any], **more: Any
) -> AsyncIterator[OpenHouse]:
    """A gateway that believes it, at the present of its tokens."""
    hospitals = {"essai-hospital": {"finess": ["310000000", "310000091"]}}
    oidc = provider.settings(*(roles or ROLES), **more)
    async with open_house(folder, Mode.EXERCISE, oidc=oidc, hospitals=hospitals) as house:
        house.clock.forward(seconds=(gateway_clock.now() - KICK_OFF).total_seconds())
        yield house


@pytest.fixture
async def house(tmp_path: Path, provider: LiveProvider) -> AsyncIterator[OpenHouse]:
    """The same with every role."""
    async with believing(tmp_path, provider) as opened:
        yield opened


async def come_back(
    browser: httpx.AsyncClient, provider: LiveProvider, sub: str | None, page: str = ""
) -> httpx.Response:
    """The answer to a browser that went to the provider and came back as that person."""
    left = await browser.get(f"/console/oidc/connexion?page={page}")
    assert left.status_code == 303, left.text
    return await browser.get(below(provider.allows(left.headers["location"], sub)))


def session_of(answer: httpx.Response) -> str:
    """The id that the page is given."""
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("#session=")[2]


async def test_a_person_signs_in_and_the_audit_has_their_name(house: OpenHouse, provider: LiveProvider) -> None:
    """The page of the role opens, an act is done by the session from our own page, and each line names the person."""
    provider.knows("899700000017", profil="exploitant", **STRONG)
    async with house.client() as browser:
        answer = await come_back(browser, provider, "899700000017", "veille")
        assert answer.headers["location"].startswith("/console/veille.html#session=")
        session = session_of(answer)
        (shown,) = (await browser.get("/console/sessions")).json()["sessions"]
        assert shown == {
            "id": session,
            "name": "Zoé ESSAI",
            "scope": "operator",
            "role": "exploitant",
            "mode": "Exercise",
            "acts": True,
        }
        address = f"/session/{session}/v1/outbox/destinations/sinus/pause"
        act = {"reason": "essai"}
        assert (await browser.post(address, json=act)).status_code == 401
        assert (await browser.post(address, json=act, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 401
        assert (await browser.post(address, json=act, headers=OURS)).status_code == 204
        assert (await browser.delete(f"/console/sessions/{session}", headers=OURS)).status_code == 204
        assert (await browser.get(f"/session/{session}/v1/alarms")).status_code == 401
    acts = await house.runtime.read(lambda register: register.audit.latest())
    assert [(line.act, line.by) for line in acts] == [
        ("session.ended", "Zoé ESSAI (899700000017)"),
        ("destination.paused", "Zoé ESSAI (899700000017)"),
        ("session.opened", "Zoé ESSAI (899700000017)"),
    ]


async def test_the_cookies_are_kept_from_scripts_and_other_sites(house: OpenHouse, provider: LiveProvider) -> None:
    """The one of the way there comes back from the provider's site and ends with it; the session never leaves ours."""
    provider.knows("garde", profil="exploitant", **STRONG)
    async with house.client() as browser:
        left = await browser.get("/console/oidc/connexion?page=veille")
        under_way = left.headers["set-cookie"].lower()
        assert "httponly" in under_way
        assert "samesite=lax" in under_way
        asked = parse_qs(urlsplit(left.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert {"state", "nonce"} <= set(asked)
        back = below(provider.allows(left.headers["location"], "garde"))
        answer = await browser.get(back)
        kept = [line.lower() for line in answer.headers.get_list("set-cookie")]
        (opened,) = [line for line in kept if line.startswith("passerelle_session_")]
        assert "samesite=strict" in opened
        assert "httponly" in opened
        assert [name for name in browser.cookies if name.startswith("passerelle_sign_in")] == []
        # The same return a second time has nothing to answer to.
        assert (await browser.get(back)).status_code == 401


async def test_a_sign_in_that_another_browser_began_opens_nothing(house: OpenHouse, provider: LiveProvider) -> None:
    """The state is of the browser that left; another is told to begin again."""
    provider.knows("voisin", profil="exploitant", **STRONG)
    async with house.client() as browser, house.client() as other:
        left = await browser.get("/console/oidc/connexion?page=veille")
        back = below(provider.allows(left.headers["location"], "voisin"))
        refused = await other.get(back)
        assert refused.status_code == 401
        assert "n’a pas commencé ici" in refused.text
        assert [name for name in other.cookies if name.startswith("passerelle_session_")] == []
        await other.get("/console/oidc/connexion?page=veille")
        assert (await other.get(back)).status_code == 401


async def test_a_token_of_another_nonce_is_not_believed(house: OpenHouse, provider: LiveProvider) -> None:
    """A code that was asked with another nonce is refused, whatever the state says."""
    provider.knows("rejoue", profil="exploitant", **STRONG)
    async with house.client() as browser:
        left = (await browser.get("/console/oidc/connexion?page=veille")).headers["location"]
        nonce = parse_qs(urlsplit(left).query)["nonce"][0]
        refused = await browser.get(below(provider.allows(left.replace(nonce, "autre-" + nonce[6:]), "rejoue")))
        assert refused.status_code == 401
        assert "pas recevable" in refused.text


@pytest.mark.parametrize("claims", [{"amr": ["pwd"]}, {}])
async def test_without_the_second_factor_nobody_comes_in(
    house: OpenHouse, provider: LiveProvider, claims: dict[str, Any]
) -> None:
    """Said with what is expected and what to do."""
    provider.knows("faible", profil="exploitant", **claims)
    async with house.client() as browser:
        refused = await come_back(browser, provider, "faible", "veille")
        assert refused.status_code == 403
        assert "second facteur" in refused.text
        assert "otp" in refused.text
        assert (await browser.get("/console/sessions")).json()["sessions"] == []


async def test_a_person_without_a_role_is_told_whom_to_ask(house: OpenHouse, provider: LiveProvider) -> None:
    """And one whose role is for another page, which page that is."""
    provider.knows("inconnu", profil="visiteur", **STRONG)
    provider.knows("agence", profil="ars", **STRONG)
    async with house.client() as browser:
        refused = await come_back(browser, provider, "inconnu")
        assert (refused.status_code, "Aucun rôle" in refused.text) == (403, True)
        elsewhere = await come_back(browser, provider, "agence", "veille")
        assert (elsewhere.status_code, "Vous êtes ici : ARS" in elsewhere.text) == (403, True)
        given_up = await come_back(browser, provider, None)
        assert (given_up.status_code, "pas allée au bout" in given_up.text) == (401, True)


async def test_a_crra_works_in_the_portal_s_compartment(house: OpenHouse, provider: LiveProvider) -> None:
    """With EVT-2 it creates under the person's name what the portal's key sees; without, it reads and is told why no more."""
    provider.knows("evt2", profil="crra_evt2", **STRONG)
    provider.knows("evt1", profil="crra", **STRONG)
    async with house.client() as browser:
        writer = session_of(await come_back(browser, provider, "evt2"))
        reader = session_of(await come_back(browser, provider, "evt1"))
        created = await browser.post(f"/session/{writer}/v1/events", json=EVENT, headers=OURS)
        assert created.status_code == 201, created.text
        assert len((await browser.get(f"/session/{reader}/v1/events")).json()["events"]) == 1
        refused = await browser.post(f"/session/{reader}/v1/events", json={**EVENT, "id": "autre"}, headers=OURS)
        assert (refused.status_code, refused.json()["code"]) == (403, "role_lecteur")
        assert "EVT-2" in refused.json()["detail"]
    async with house.portal as portal:
        assert len((await portal.get("/v1/events")).json()["events"]) == 1


async def test_an_agency_reads_numbers_and_nobody_s_name(house: OpenHouse, provider: LiveProvider) -> None:
    """TB1 is open, TB2 and the records are not."""
    await house.event(id="evt")
    await house.patient(used_name="ESSAI-NOMINATIF")
    provider.knows("agence", profil="ars", **STRONG)
    async with house.client() as browser:
        session = session_of(await come_back(browser, provider, "agence"))
        board = await browser.get(f"/session/{session}/v1/events/evt/boards/tb1")
        assert board.status_code == 200
        assert "ESSAI-NOMINATIF" not in board.text
        for path in ("boards/tb2", "patients", "patients/p1"):
            assert (await browser.get(f"/session/{session}/v1/events/evt/{path}")).status_code == 403


async def test_a_hospital_s_person_reads_the_persons_of_their_site(house: OpenHouse, provider: LiveProvider) -> None:
    """The FINESS that the provider says, of those that the establishment's section declares."""
    refpro = {"exercices": [{"activities": [{"numeroFinessSite": "310000091"}]}]}
    provider.knows("soignante", profil="hopital", SubjectRefPro=refpro, **STRONG)
    async with house.client() as browser:
        answer = await come_back(browser, provider, "soignante")
        assert answer.status_code == 200
        (shown,) = (await browser.get("/console/sessions")).json()["sessions"]
        listed = await browser.get(f"/session/{shown['id']}/v1/admissions")
        assert (listed.status_code, listed.json()) == (200, {"persons": []})
    acts = await house.runtime.read(lambda register: register.audit.latest())
    assert acts[0].facts["sites"] == ["310000091"]


async def test_a_session_ends_at_its_hour_and_when_it_is_revoked(house: OpenHouse, provider: LiveProvider) -> None:
    """A person is signed out of everywhere by who runs the gateway; the session of another goes on until its time."""
    for sub in ("une", "autre"):
        provider.knows(sub, profil="exploitant", **STRONG)
    async with house.client() as browser:
        ended = session_of(await come_back(browser, provider, "une", "veille"))
        other = session_of(await come_back(browser, provider, "autre", "veille"))
        assert await house.runtime.write(lambda register: register.keys.sign_out("une")) == 1
        assert (await browser.get(f"/session/{ended}/v1/alarms")).status_code == 401
        assert (await browser.get(f"/session/{other}/v1/alarms")).status_code == 200
        house.clock.forward(hours=13)
        assert (await browser.get(f"/session/{other}/v1/alarms")).status_code == 401
        assert await house.runtime.write(lambda register: register.keys.close_old_sessions(house.clock())) == 1


async def test_a_provider_that_is_silent_or_another_is_said(tmp_path: Path, provider: LiveProvider) -> None:
    """Nobody is sent anywhere, and the page stays open by key."""
    async with believing(tmp_path, provider, issuer="http://127.0.0.1:9") as house, house.client() as browser:
        refused = await browser.get("/console/oidc/connexion")
        assert (refused.status_code, "ne répond pas" in refused.text) == (401, True)
    other = {"issuer": "http://localhost:1", "discovery": f"{provider.issuer}/.well-known/openid-configuration"}
    (tmp_path / "autre").mkdir()
    async with believing(tmp_path / "autre", provider, **other) as house, house.client() as browser:
        refused = await browser.get("/console/oidc/connexion")
        assert (refused.status_code, "n’est pas celui des réglages" in refused.text) == (401, True)


async def test_without_a_provider_the_pages_say_that_keys_open_them(tmp_path: Path) -> None:
    """The way in exists and says so."""
    async with open_house(tmp_path) as house, house.client() as browser:
        assert (await browser.get("/console/sessions")).json() == {"sessions": [], "sign_in": None}
        for path in ("connexion", "retour?code=x&state=y"):
            refused = await browser.get(f"/console/oidc/{path}")
            assert (refused.status_code, "clé d’accès" in refused.text) == (403, True)
