"""Which role the claims of a person give, with which second factor, at which sites. What no rule gives is refused, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.people.claims import texts_at
from gateway.security.doorkeeper import ForbiddenError
from gateway.security.keys import Person, Principal, Scope
from gateway.settings.people import SCOPES, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.settings.people import OidcSettings, RoleSettings
    from gateway.settings.settings import Settings

READ_ONLY: Final = frozenset({Role.CRRA, Role.ARS, Role.ARZ, Role.DGS, Role.DGOS, Role.HOSPITAL})
NAMES: Final = {
    Role.CRRA: "CRRA sans EVT-2",
    Role.CRRA_EVT2: "CRRA, EVT-2",
    Role.ARS: "ARS",
    Role.ARZ: "ARZ",
    Role.DGS: "DGS",
    Role.DGOS: "DGOS",
    Role.HOSPITAL: "établissement",
    Role.PLATFORM: "plateforme",
    Role.INTEGRATOR: "intégrateur",
    Role.OPERATOR: "exploitant",
    Role.ADMINISTRATOR: "administrateur",
}
"""As people read them."""
LONGEST_NAME: Final = 60
LONGEST_ID: Final = 60


def check_second_factor(oidc: OidcSettings, claims: Mapping[str, Any]) -> None:
    """What the provider attests is what is required. Raises ForbiddenError."""
    shown_level, shown_means = texts_at(claims, "acr"), texts_at(claims, "amr")
    if oidc.acr and not shown_level & set(oidc.acr):
        raise _second_factor("niveau", oidc.acr, shown_level)
    if oidc.amr and not shown_means & set(oidc.amr):
        raise _second_factor("moyen", oidc.amr, shown_means)


def _second_factor(kind: str, required: tuple[str, ...], shown: frozenset[str]) -> ForbiddenError:
    return ForbiddenError(
        "second_facteur",
        "Un second facteur est nécessaire.",
        f"Le fournisseur atteste {', '.join(sorted(shown)) or 'rien'} ; {kind} attendu : {', '.join(required)}. "
        "Se connecter de nouveau avec sa carte, son application ou sa clé de sécurité.",
    )


def principals(settings: Settings, oidc: OidcSettings, claims: Mapping[str, Any]) -> list[Principal]:
    """Everything that this person may be here, in the order of the settings. Raises ForbiddenError when that is nothing."""
    may_be = [principal for rule in oidc.roles for principal in _by_rule(settings, oidc, rule, claims)]
    if not may_be:
        raise ForbiddenError(
            "sans_role",
            "Aucun rôle ne vous est donné sur cette passerelle.",
            "Demander à l’administrateur d’ajouter votre rôle ou votre établissement (FINESS) dans [[oidc.roles]] ou [hospitals].",
        )
    return may_be


def _by_rule(
    settings: Settings, oidc: OidcSettings, rule: RoleSettings, claims: Mapping[str, Any]
) -> Iterator[Principal]:
    if any(not texts_at(claims, path) & set(accepted) for path, accepted in rule.claims.items()):
        return
    scope, sites = SCOPES[rule.role], texts_at(claims, oidc.site_claim)
    if scope is not Scope.HOSPITAL:
        yield _principal(settings, oidc, rule, claims, rule.key or f"personne-{rule.role}", frozenset())
        return
    for name, hospital in settings.hospitals.items():
        if own := sites & set(hospital.finess):
            yield _principal(settings, oidc, rule, claims, name, own)


def _principal(  # noqa: PLR0913 - one person in one role, in one compartment
    settings: Settings,
    oidc: OidcSettings,
    rule: RoleSettings,
    claims: Mapping[str, Any],
    compartment: str,
    sites: frozenset[str],
) -> Principal:
    identifier = next(iter(sorted(texts_at(claims, oidc.id_claim))), "")
    if not identifier:
        raise ForbiddenError(
            "personne_sans_identifiant",
            "Le fournisseur ne dit pas qui vous êtes.",
            f"Attribut attendu : {oidc.id_claim}. L’administrateur corrige oidc.id_claim ou oidc.scopes.",
        )
    names = [text for path in oidc.name_claims for text in sorted(texts_at(claims, path))]
    person = Person(
        identifier[:LONGEST_ID], " ".join(names)[:LONGEST_NAME], rule.role, rule.role not in READ_ONLY, sites
    )
    return Principal(compartment, SCOPES[rule.role], settings.mode, person)
