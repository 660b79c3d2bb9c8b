"""What the claims of a person give: by a recorded UserInfo of Pro Santé Connect whose person is invented, and by every role there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.mode import Mode
from gateway.people.claims import texts_at
from gateway.people.roles import check_second_factor, principals
from gateway.security.doorkeeper import ForbiddenError
from gateway.security.keys import Scope
from gateway.settings.people import SCOPES, OidcSettings, Role
from gateway.settings.refusals import refusals
from gateway.settings.settings import Settings

USER_INFO = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "people" / "userinfo_pro_sante_connect.json").read_text(encoding="utf-8")
)
REGULATION = {"Acces_Regulation_Medicale": ["true"], "SubjectRole": ["10^1.2.250.1.213.1.1.5.5"]}
SITE = "SubjectRefPro.exercices.activities.numeroFinessSite"


def settings(*roles: dict[str, Any], mode: Mode = Mode.EXERCISE, **more: Any) -> Settings:
    """A gateway that believes Pro Santé Connect."""
    oidc = {
        "issuer": "https://psc.exemple.fr",
        "client_id": "passerelle",
        "client_secret": "secret-d-essai-du-fournisseur",
        "public_url": "https://passerelle.exemple.fr",
        "id_claim": "SubjectNameID",
        "acr": ["eidas1"],
        "roles": roles,
        **more.pop("oidc", {}),
    }
    return Settings.model_validate({"mode": mode, "oidc": oidc, **more})


def oidc_of(made: Settings) -> OidcSettings:
    """Its section."""
    assert made.oidc is not None
    return made.oidc


def test_a_regulator_of_pro_sante_connect_works_for_the_crra() -> None:
    """Right to medical regulation and profession give the role; the audit has the name and the national identifier."""
    made = settings({"role": "crra_evt2", "key": "portail", "claims": REGULATION})
    (principal,) = principals(made, oidc_of(made), USER_INFO)
    assert (principal.name, principal.scope, principal.mode) == ("portail", Scope.PORTAL, Mode.EXERCISE)
    assert principal.author == "Zoé ESSAI-RÉGULATRICE (899700000017)"
    assert principal.person is not None
    assert principal.person.acts


@pytest.mark.parametrize(
    "changed",
    [{"Acces_Regulation_Medicale": "false"}, {"Acces_Regulation_Medicale": None}, {"SubjectRole": ["60^1.2.250"]}],
)
def test_without_one_of_the_two_there_is_no_role(changed: dict[str, Any]) -> None:
    """Refused in French, with what to do."""
    made = settings({"role": "crra_evt2", "key": "portail", "claims": REGULATION})
    with pytest.raises(ForbiddenError) as refused:
        principals(made, oidc_of(made), {**USER_INFO, **changed})
    assert refused.value.code == "sans_role"
    assert "administrateur" in refused.value.detail


def test_a_role_may_be_of_one_site() -> None:
    """The FINESS is read through every practice and activity."""
    assert texts_at(USER_INFO, SITE) == {"310000000"}
    made = settings({"role": "crra", "key": "portail", "claims": {SITE: ["310000000"]}})
    (principal,) = principals(made, oidc_of(made), USER_INFO)
    assert principal.person is not None
    assert not principal.person.acts
    elsewhere = settings({"role": "crra", "key": "portail", "claims": {SITE: ["750000000"]}})
    with pytest.raises(ForbiddenError):
        principals(elsewhere, oidc_of(elsewhere), USER_INFO)


def test_a_hospital_s_person_has_the_sites_that_are_declared() -> None:
    """Those of theirs, and none of the others of the same establishment."""
    anybody = {"role": "hospital", "claims": {"Secteur_Activite": ["SA07^1.2.250.1.71.4.2.4"]}}
    made = settings(anybody, hospitals={"essai": {"finess": ["310000000", "310000091"]}})
    (principal,) = principals(made, oidc_of(made), USER_INFO)
    assert (principal.name, principal.scope) == ("essai", Scope.HOSPITAL)
    assert principal.person is not None
    assert principal.person.sites == {"310000000"}
    undeclared = settings(anybody, hospitals={"essai": {"finess": ["750000000"]}})
    with pytest.raises(ForbiddenError):
        principals(undeclared, oidc_of(undeclared), USER_INFO)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HOSPITAL])
def test_every_role_has_its_scope(role: Role) -> None:
    """And the portal's R-08: nobody who reads numbers changes anything."""
    made = settings({"role": role, "key": "portail", "claims": {"profil": [role]}})
    (principal,) = principals(made, oidc_of(made), {"SubjectNameID": "1", "profil": [role, "autre"]})
    assert principal.scope == SCOPES[role]
    assert principal.person is not None
    assert principal.person.acts == (principal.scope != Scope.COUNTS and role != Role.CRRA)


@pytest.mark.parametrize("role", ["crra", "crra_evt2", "platform"])
def test_who_works_in_a_compartment_needs_its_key(role: str) -> None:
    """Told when the settings are read."""
    with pytest.raises(ValueError, match="demande key"):
        settings({"role": role, "claims": {"profil": ["x"]}})


@pytest.mark.parametrize("shown", [{}, {"acr": "eidas0"}, {"acr": None}])
def test_the_second_factor_is_the_one_that_is_required(shown: dict[str, Any]) -> None:
    """Neither absent nor another."""
    made = settings({"role": "operator", "claims": {"profil": ["x"]}})
    with pytest.raises(ForbiddenError) as refused:
        check_second_factor(oidc_of(made), shown)
    assert (refused.value.code, "eidas1" in refused.value.detail) == ("second_facteur", True)
    check_second_factor(oidc_of(made), {"acr": "eidas1"})


def test_the_means_may_be_required_too() -> None:
    """One of those that are named."""
    made = settings({"role": "operator", "claims": {"profil": ["x"]}}, oidc={"acr": [], "amr": ["otp", "hwk"]})
    check_second_factor(oidc_of(made), {"amr": ["pwd", "otp"]})
    with pytest.raises(ForbiddenError):
        check_second_factor(oidc_of(made), {"amr": ["pwd"]})


def test_real_mode_does_not_start_without_a_second_factor() -> None:
    """Nor anywhere with a provider in clear, an empty secret, or without openid."""
    role = {"role": "operator", "claims": {"profil": ["x"]}}

    def keys(mode: Mode, **oidc: Any) -> list[str]:
        return [refusal.key for refusal in refusals(settings(role, mode=mode, oidc=oidc))]

    assert keys(Mode.ACTUAL) == []
    assert keys(Mode.ACTUAL, acr=[]) == ["oidc.acr"]
    assert keys(Mode.ACTUAL, acr=[], amr=["otp"]) == []
    assert keys(Mode.EXERCISE, acr=[]) == []
    assert keys(Mode.EXERCISE, issuer="http://psc.exemple.fr") == ["oidc.issuer"]
    assert keys(Mode.EXERCISE, client_secret=" ") == ["oidc.client_secret"]
    assert keys(Mode.EXERCISE, scopes=["profile"]) == ["oidc.scopes"]
