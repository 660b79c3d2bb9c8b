"""One frozen object, read once, in one place: `passerelle.toml`, then the environment (`PASSERELLE_…`), then nothing else.

Every key is described here and, with its default, in the commented `passerelle.toml` at the root; a test holds the two together.
Secrets are `SecretStr`: printed, they are stars.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, SecretStr, StringConstraints, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from adapters.declared.agreement import Agreement
from adapters.wire.perimeter import Perimeter
from domain.mode import Mode
from gateway.security.sealing import AesSeal, key_of
from gateway.serving import Limits
from gateway.settings.base import Neighbour, Section
from gateway.settings.hospitals import HospitalSettings
from gateway.settings.interventions import (
    InterventionSettings,
    LinkName,
    LrmFhirSettings,
    LrmSettings,
    NamedLrmSettings,
    PlatformSettings,
)
from gateway.settings.people import LocalPersonSettings, OidcSettings
from gateway.settings.portal import PortalWords
from gateway.settings.shipped_mappings import SHIPPED_MAPPINGS
from gateway.settings.trade import Trade


class Server(Section):
    """Where we listen."""

    host: str = Field("127.0.0.1", description="Adresse d’écoute.")
    port: int = Field(8080, ge=0, le=65535, description="Port d’écoute ; 0 : au choix du système.")
    certificate: Path | None = Field(
        None, description="Certificat TLS du serveur (PEM) ; absent : derrière un frontal TLS."
    )
    private_key: Path | None = Field(None, description="Clé privée du certificat (PEM).")
    client_ca: Path | None = Field(
        None, description="Autorité des certificats clients : mTLS exigé quand elle est donnée."
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        (),
        description="Adresses ou réseaux du frontal TLS ; donnés, nul autre n’est servi, et l’adresse du client est celle qu’il dit.",
    )


class LimitSettings(Section):
    """What one connection may send and how long it may take, key or none."""

    address_bytes: int = Field(8192, ge=1024, le=65536, description="Octets de l’adresse d’une requête, au plus.")
    header_bytes: int = Field(
        32768, ge=4096, le=1048576, description="Octets de tous les en-têtes d’une requête, au plus."
    )
    head_seconds: float = Field(10, gt=0, le=120, description="Temps pour envoyer adresse et en-têtes.")
    request_seconds: float = Field(60, gt=0, le=600, description="Temps pour envoyer le corps.")
    stall_seconds: float = Field(
        60, gt=0, le=600, description="Silence d’un lecteur qui ne prend plus sa réponse, avant de raccrocher."
    )
    connections: int = Field(
        512,
        ge=16,
        le=65536,
        description="Connexions ouvertes à la fois ; pleines, celle qui attend depuis le plus longtemps sans requête "
        "entière est fermée. Jamais au point de priver de descripteurs les liens sortants.",
    )

    def limits(self) -> Limits:
        """As the server takes them."""
        return Limits(**self.model_dump())


class AdmissionSettings(Section):
    """How much is worked on at once in this process, and how long a sender is kept waiting before it is turned away."""

    interventions: int = Field(48, ge=1, le=1000, description="Demandes d’intervention traitées à la fois.")
    changes: int = Field(
        32, ge=1, le=1000, description="Changements traités à la fois (événements, patients, réglages)."
    )
    reads: int = Field(8, ge=1, le=1000, description="Lectures traitées à la fois.")
    batches: int = Field(
        2, ge=1, le=100, description="Lots traités à la fois, par tranches, quand rien d’autre n’attend."
    )
    patience_seconds: float = Field(
        4, gt=0, le=60, description="Attente au plus avant un refus 503 ; moins que la patience des émetteurs (5 s)."
    )


class Store(Section):
    """Where what is accepted is kept."""

    url: str = Field(
        "sqlite:///var/passerelle.sqlite3", description="Base : sqlite:///chemin ou postgresql+psycopg://…"
    )
    replies_days: int = Field(2, ge=1, description="Jours de garde des réponses par clé d’idempotence.")
    feed_days: int = Field(7, ge=1, description="Jours de garde du fil des changements (reprise par Last-Event-ID).")
    state_days: int = Field(
        7, ge=1, description="Jours de garde du contenu des messages d’état (fiches, dénombrements) une fois finis."
    )
    command_days: int = Field(
        30, ge=1, description="Jours de garde du contenu des messages de commande (demandes) une fois finis."
    )
    request_days: int = Field(
        30, ge=3, description="Jours de garde du contenu d’une demande d’intervention : fiche, messages reçus."
    )
    document_days: int = Field(30, ge=3, description="Jours de garde des documents (PDF) joints à une demande.")
    audit_days: int = Field(
        3650, ge=365, description="Jours de garde de l’audit : voies écrites, documents ouverts, contenus retirés."
    )
    seal_keys: tuple[SecretStr, ...] = Field(
        (),
        description="Clés (32 octets en base64) qui scellent les contenus en base ; la première scelle, les autres ouvrent. "
        "Absentes : en clair, à protéger par le disque.",
    )
    attempts_days: int = Field(
        365, ge=1, description="Jours de garde des messages finis, sans leur contenu, avec leurs essais et accusés."
    )

    @field_validator("seal_keys")
    @classmethod
    def _keys(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in secrets:
            key_of(key.get_secret_value())
        return secrets

    def seal(self) -> AesSeal | None:
        """What seals the payloads of this store; None without a key."""
        return AesSeal([key.get_secret_value() for key in self.seal_keys]) if self.seal_keys else None


class TellingNeighbour(Neighbour):
    """A neighbour that says of its own accord what happened to persons."""

    poll_seconds: float | None = Field(
        None,
        ge=0.5,
        le=3600,
        description="Secondes entre deux demandes de ses nouvelles ; absent : on ne les demande pas, il peut les pousser.",
    )
    unknown_persons: Literal["propose", "create"] = Field(
        "propose",
        description="Une personne dont il donne le numéro SINUS et que personne ne connaît ici : « propose », une tâche ; "
        "« create », un patient de l’événement.",
    )


class SinusSettings(TellingNeighbour):
    """SINUS, by our own contract v1."""


class SivicSettings(TellingNeighbour):
    """SI-VIC, by our own contract v1."""


class HubSettings(Neighbour):
    """The Hub Santé: one address and one certificate, a virtual host a perimeter."""

    models_dir: Path | None = Field(
        None, description="Dossier des modèles officiels (json-schema/, xsd/, releases/) ; absent : nos seules règles."
    )
    perimeters: tuple[Perimeter, ...] = Field(min_length=1, description="Les périmètres, un hôte virtuel chacun.")
    hold_seconds: float = Field(
        5, ge=0, le=60, description="Attente du dossier qu’une mise à jour a devancé, avant de répondre 702."
    )
    certificate_days: int = Field(30, ge=1, le=365, description="Alarme quand notre certificat finit dans ces jours.")
    relays: dict[Literal["RS-BPV", "RS-RPIS"], str] = Field(
        {},
        description="Message d’une tablette à relayer : identifiant de client du SAMU (RS-BPV) ou de l’ORU (RS-RPIS).",
    )


class PortalSettings(Neighbour):
    """The portal's webhook."""

    secrets: tuple[SecretStr, ...] = Field(
        min_length=1, description="Secrets de signature ; le premier signe, les autres se retirent."
    )


Finess = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|2[AB])[0-9]{7}$")]


class DestinationSettings(Agreement, Neighbour):
    """A neighbour that is known by files alone: its section is all that names it."""

    kind: Literal["http"] = Field("http", description="Porteur : http.")
    finess: tuple[Finess, ...] = Field(
        (), description="Établissements (FINESS géographique) qu’il dessert : il n’apprend que leurs victimes."
    )
    persons: Literal["own", "all"] = Field(
        "own",
        description="« own » : les victimes orientées ou admises à ses établissements, ou toutes sans nom s’il n’en dit aucun ; "
        "« all » : toutes, par leur nom.",
    )


class Watch(Section):
    """What is looked at regularly."""

    reconcile_seconds: float = Field(
        30,
        gt=0,
        description="Secondes entre deux comparaisons, personne par personne, avec ce que tiennent les voisins.",
    )
    repair_seconds: float = Field(
        60,
        ge=0,
        description="Renvoyer de soi-même, une fois, ce qu’un voisin avait accusé et ne tient plus depuis ce temps.",
    )
    look_seconds: float = Field(5, gt=0, description="Secondes entre deux recherches d’alarmes.")
    heartbeat_seconds: float = Field(2, gt=0, description="Secondes entre deux signes de vie d’un nœud.")
    link_seconds: float = Field(10, gt=0, description="Secondes entre deux vérifications de chaque lien.")
    alarm_lag_seconds: float = Field(60, gt=0, description="Alarme quand un message attend depuis ce temps.")
    alarm_lag_urgent_seconds: float = Field(
        10, gt=0, description="Alarme quand une demande d’intervention ou une UA attend depuis ce temps."
    )
    alarm_node_seconds: float = Field(15, gt=0, description="Alarme quand un nœud se tait depuis ce temps.")
    alarm_link_seconds: float = Field(
        30, gt=0, description="Alarme quand un voisin n’accepte plus de connexion depuis ce temps."
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="PASSERELLE_", env_nested_delimiter="__", toml_file="passerelle.toml"
    )

    mode: Mode = Field(
        Mode.ACTUAL, description="Réel ou exercice pour les liens de cette passerelle : jamais les deux."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Niveau du journal.")
    server: Server = Server()
    limits: LimitSettings = LimitSettings()
    hospitals: dict[LinkName, HospitalSettings] = Field({}, description="Les établissements, par le nom de leur clé.")
    oidc: OidcSettings | None = Field(None, description="Absent : les pages s’ouvrent par clé seulement.")
    local_people: dict[LinkName, LocalPersonSettings] = Field(
        {}, description="Personnes d’exercice sur cette machine, par leur identifiant ; refusées en réel."
    )
    admission: AdmissionSettings = AdmissionSettings()
    store: Store = Store()
    trade: Trade = Trade()
    watch: Watch = Watch()
    interventions: InterventionSettings = InterventionSettings()
    platforms: dict[str, PlatformSettings] = Field(
        default_factory=dict, description="Plateformes conventionnées, par le nom de leur clé."
    )
    sinus: SinusSettings | None = Field(None, description="Absent : pas de lien SINUS.")
    sivic: SivicSettings | None = Field(None, description="Absent : pas de lien SI-VIC.")
    lrm: LrmSettings | None = Field(None, description="Absent : pas de logiciel de régulation.")
    lrm_fhir: LrmFhirSettings | None = Field(None, description="Absent : pas de logiciel de régulation en FHIR.")
    lrms: dict[LinkName, NamedLrmSettings] = Field(
        default_factory=dict,
        description="D’autres logiciels de régulation, par leur nom : destinations « lrm:nom » en SOAP, « lrm_fhir:nom » en FHIR.",
    )
    hub: HubSettings | None = Field(None, description="Absent : pas de Hub Santé.")
    portal: PortalSettings | None = Field(None, description="Absent : le portail n’est pas rappelé.")
    portals: dict[str, PortalWords] = Field(
        default_factory=dict, description="Portails qui parlent leurs propres mots, par le nom de leur clé."
    )
    destinations: dict[str, DestinationSettings] = Field(
        default_factory=dict, description="Voisins connus par leurs seuls fichiers, par leur nom."
    )
    mapping_dirs: tuple[Path, ...] = Field(
        (), description="Dossiers de correspondances du déploiement, en plus de celles livrées."
    )
    mappings: dict[str, str] = Field(
        SHIPPED_MAPPINGS,
        description="Correspondance employée pour chaque destination et sujet ; ce qui n’y est pas nommé est celle livrée.",
    )

    @field_validator("mappings")
    @classmethod
    def _with_shipped(cls, mappings: dict[str, str]) -> dict[str, str]:
        """A file written for an older release does not lose the uses that came since."""
        return {**SHIPPED_MAPPINGS, **mappings}

    @field_validator("destinations")
    @classmethod
    def _named_apart(cls, destinations: dict[str, DestinationSettings]) -> dict[str, DestinationSettings]:
        """A name is a word of addresses, metrics and mappings; those of the house are taken."""
        taken = {use.partition(".")[0] for use in SHIPPED_MAPPINGS}
        wrong = [name for name in destinations if name in taken or not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", name)]
        if wrong:
            raise ValueError(
                "un nom de destination est un mot en minuscules, et n’est pas celui d’un voisin de la maison"
            )
        return destinations

    @property
    def uses(self) -> dict[str, str]:
        """Every use and its mapping: the house's and those that destinations agreed on."""
        mappings = dict(self.mappings)
        for name, destination in self.destinations.items():
            mappings |= destination.uses(name)
        for key, words in self.portals.items():
            mappings |= words.uses(key)
        return mappings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in code, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(path: Path | None = None) -> Settings:
    """Read the settings. Raises pydantic's ValidationError, which `passerelle check` explains."""
    if path is None:
        return Settings()

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return FromFile()
