"""What a deployment says of intervention requests: the platforms that ask, the dispatch softwares that answer, and how long it may take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from adapters.wire.link import Link
from adapters.wire.ws_security.sign import SigningKey
from adapters.wire.ws_security.trust import SignatureTrust
from gateway.settings.base import Delivery, Neighbour, Section

LinkName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""Minuscules, chiffres, tirets : samu77."""


class LrmSettings(Neighbour):
    """A dispatch software, SOAP in the Samu-Script manner."""

    username: str | None = Field(None, description="Compte du jeton WS-Security, si le logiciel en demande un.")
    password: SecretStr | None = Field(None, description="Mot de passe de ce compte.")
    signature: SigningKey | None = Field(
        None, description="Avec quoi nous signons (WS-Security X.509), si le logiciel le demande."
    )


class LrmFhirSettings(Neighbour):
    """A dispatch software that speaks FHIR R4 messages."""


class NamedLrmSettings(LrmSettings):
    """One of several dispatch softwares, each with a queue, a breaker and a line on the page of its own."""

    speaks: Literal["soap", "fhir"] = Field(
        "soap", description="Ce que parle ce logiciel : soap (à la façon de Samu-Script) ou fhir (R4)."
    )

    @model_validator(mode="after")
    def _as_it_speaks(self) -> NamedLrmSettings:
        if self.speaks == "fhir" and (self.username or self.password or self.signature):
            raise ValueError("compte et signature WS-Security sont de SOAP ; en FHIR, le jeton est dans link.token")
        return self

    @property
    def family(self) -> str:
        """The kind of destination: what it is told, and by which mappings."""
        return "lrm_fhir" if self.speaks == "fhir" else "lrm"


class PlatformSettings(Section):
    """What was agreed with one telesurveillance or coordination platform; its name is that of its key."""

    expiry_seconds: int | None = Field(
        None, ge=10, le=3600, description="Au-delà, une demande de cette plateforme n’est plus envoyée."
    )
    structures: tuple[str, ...] = Field(
        (),
        description="Structures (FINESS, SIRET, idNat_Struct) qui demandent par cette plateforme ; une autre est remarquée, "
        "jamais refusée. Absentes : non vérifié.",
    )
    password: SecretStr | None = Field(
        None, description="Mot de passe du jeton WS-Security à condensé ; absent : seule la clé d’accès est admise."
    )
    signature: SignatureTrust | None = Field(
        None, description="Certificats qui signent ses messages SOAP (WS-Security X.509) ; absent : aucune signature."
    )
    secrets: tuple[SecretStr, ...] = Field(
        (), description="Secrets de signature du rappel ; le premier signe, les autres se retirent."
    )
    speaks: Literal["json", "fhir"] = Field(
        "json", description="Ce que dit le rappel : notre JSON, ou un message FHIR « etat-demande » avec la Task."
    )
    link: Link | None = Field(None, description="Adresse de rappel ; absente : la plateforme lit ou suit le flux.")
    delivery: Delivery = Delivery()

    @model_validator(mode="after")
    def _signed(self) -> PlatformSettings:
        if self.link is not None and not self.secrets:
            raise ValueError("un rappel est signé : il faut au moins un secret")
        return self


class InterventionSettings(Section):
    """How long things may take between a click and an answer."""

    expiry_seconds: int = Field(300, ge=10, le=3600, description="Au-delà, une demande n’est plus envoyée.")
    alarm_seconds: int = Field(
        60, ge=5, le=3600, description="Sans réponse du CRRA, l’émetteur est prié d’appeler le 15."
    )
    second_route_seconds: int = Field(
        30, ge=1, le=3600, description="Une première voie injoignable depuis ce temps cède à la seconde."
    )
    follow_seconds: float = Field(2, gt=0, description="Secondes entre deux questions au CRRA sur une demande récente.")
