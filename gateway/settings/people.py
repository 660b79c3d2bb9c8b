"""People who sign in by OpenID Connect: who is believed, what is required, and which claim gives which role."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, SecretStr, model_validator

from gateway.security.keys import Scope
from gateway.settings.base import Section


class Role(StrEnum):
    """What a person is here: the portal's matrix (R-05 to R-08), and those who run the gateway."""

    CRRA = "crra"
    """A regulation centre, EVT-1 without EVT-2: reads."""
    CRRA_EVT2 = "crra_evt2"
    """The same with EVT-2: creates, changes, closes."""
    ARS = "ars"
    ARZ = "arz"
    DGS = "dgs"
    DGOS = "dgos"
    HOSPITAL = "hospital"
    PLATFORM = "platform"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


SCOPES = {
    Role.CRRA: Scope.PORTAL,
    Role.CRRA_EVT2: Scope.PORTAL,
    Role.ARS: Scope.COUNTS,
    Role.ARZ: Scope.COUNTS,
    Role.DGS: Scope.COUNTS,
    Role.DGOS: Scope.COUNTS,
    Role.HOSPITAL: Scope.HOSPITAL,
    Role.PLATFORM: Scope.PLATFORM,
    Role.INTEGRATOR: Scope.INTEGRATOR,
    Role.OPERATOR: Scope.OPERATOR,
    Role.ADMINISTRATOR: Scope.OPERATOR,
}
KEYED = frozenset({Scope.PORTAL, Scope.PLATFORM})
"""Scopes whose keys are kept apart from one another: a person works in the compartment of one of them."""


class RoleSettings(Section):
    """One way to a role; the first that fits a page is taken."""

    role: Role = Field(
        description="Rôle : crra, crra_evt2, ars, arz, dgs, dgos, hospital, platform, integrator, operator, administrator."
    )
    claims: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        description="Attribut du fournisseur (chemin à points, listes traversées) → valeurs admises ; tous doivent y être.",
    )
    key: str = Field(
        "",
        description="Clé d’accès dont la personne partage le compartiment ; exigée de crra, crra_evt2 et platform.",
    )

    @model_validator(mode="after")
    def _in_a_compartment(self) -> RoleSettings:
        if SCOPES[self.role] in KEYED and not self.key:
            raise ValueError(f"le rôle {self.role} demande key : le nom de la clé dont il partage le compartiment")
        return self


class LocalPersonSettings(Section):
    """Somebody of an exercise on this machine, chosen by name; a gateway of the real does not start with one."""

    role: Role = Field(description="Rôle, comme dans oidc.roles.")
    name: str = Field(min_length=1, max_length=60, description="Nom, inventé.")
    key: str = Field("", description="Clé d’accès, ou établissement, dont elle partage le compartiment.")

    @model_validator(mode="after")
    def _in_a_compartment(self) -> LocalPersonSettings:
        if (SCOPES[self.role] in KEYED or self.role is Role.HOSPITAL) and not self.key:
            raise ValueError(f"le rôle {self.role} demande key : le nom de la clé dont il partage le compartiment")
        return self


class OidcSettings(Section):
    """The provider that says who people are, such as Pro Santé Connect."""

    issuer: str = Field(description="Émetteur, tel qu’il signe ses jetons (iss).")
    discovery: str | None = Field(
        None, description="Adresse de sa configuration ; absente : issuer/.well-known/openid-configuration."
    )
    client_id: str = Field(min_length=1, description="Notre identifiant chez lui.")
    client_secret: SecretStr = Field(description="Notre secret chez lui.")
    public_url: str = Field(
        description="Adresse de la passerelle vue des navigateurs ; retour : …/console/oidc/retour."
    )
    scopes: tuple[str, ...] = Field(("openid", "profile"), description="Ce qui lui est demandé ; openid y est.")
    acr: tuple[str, ...] = Field((), description="Niveaux demandés et exigés (acr) ; un seul suffit.")
    amr: tuple[str, ...] = Field((), description="Moyens exigés (amr), tels « otp » ou « mfa » ; un seul suffit.")
    id_claim: str = Field(
        "sub", description="Attribut qui identifie la personne dans l’audit ; Pro Santé Connect : SubjectNameID."
    )
    name_claims: tuple[str, ...] = Field(("given_name", "family_name"), description="Attributs de son nom.")
    site_claim: str = Field(
        "SubjectRefPro.exercices.activities.numeroFinessSite",
        description="Attribut de ses sites (FINESS) : le rôle hospital voit ceux de ses sites que [hospitals] déclare.",
    )
    session_minutes: int = Field(720, ge=5, le=1440, description="Durée d’une session de personne.")
    roles: tuple[RoleSettings, ...] = Field(min_length=1, description="Qui a quel rôle.")
