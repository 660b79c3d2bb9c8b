"""What a gateway does not start with: settings that look safe and are not. One table, read by `serve` and by `check`.

Each rule gives the key of the file, as its writer knows it, and in French what is wrong and what to do; never a value that is secret.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from domain.mode import Mode
from gateway.security.sealing import key_of
from gateway.settings.exposure import is_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydantic import SecretStr

    from adapters.wire.link import Link
    from gateway.settings.interventions import LrmSettings
    from gateway.settings.settings import Server, Settings

SHORTEST_SECRET: Final = 16
"""Characters: what signs a call may be guessed offline by whoever heard one call."""
SHORTEST_PASSWORD: Final = 12
SCHEMES: Final = frozenset({"https", "http", "amqps", "amqp"})
IN_CLEAR: Final = frozenset({"http", "amqp"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to start. `key` is a path of the settings file; `text` says what is wrong and what to do, in French."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key} : {self.text}"


def refusals(settings: Settings) -> list[Refusal]:
    """Every reason not to start with these settings; empty when there is none. Reads the certificate files, opens nothing else."""
    return [refusal for rule in RULES for refusal in rule(settings)]


def _certificates(settings: Settings) -> Iterator[Refusal]:
    server = settings.server
    if server.certificate is not None:
        yield from _certificate_files(server)
        return
    if server.client_ca is not None:
        yield Refusal(
            "server.client_ca",
            "aucun certificat de serveur : les portes seraient en HTTP clair et aucun certificat client ne serait demandé. "
            "Donner server.certificate et server.private_key, ou retirer server.client_ca.",
        )
    if server.private_key is not None:
        yield Refusal(
            "server.private_key", "clé sans certificat. Donner server.certificate, ou retirer server.private_key."
        )


def _certificate_files(server: Server) -> Iterator[Refusal]:
    named = {"certificate": server.certificate, "private_key": server.private_key, "client_ca": server.client_ca}
    missing = list(_missing({f"server.{name}": path for name, path in named.items() if path is not None}))
    yield from missing
    if missing or server.certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            server.certificate, server.private_key, password=lambda: ""
        )
    except (ssl.SSLError, ValueError, OSError):
        yield Refusal(
            "server.certificate",
            "ce certificat et sa clé (server.private_key) ne vont pas ensemble, ou ne sont pas du PEM sans mot de passe. "
            "Donner la chaîne du serveur et la clé qui lui correspond.",
        )
    if server.client_ca is not None:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=server.client_ca)
        except (ssl.SSLError, OSError):
            yield Refusal(
                "server.client_ca", "ce n’est pas une autorité lisible. Donner un fichier PEM de certificats."
            )


def _missing(files: dict[str, Path]) -> Iterator[Refusal]:
    for key, path in files.items():
        if not path.is_file():
            yield Refusal(
                key, f"le fichier {path} n’existe pas ou n’est pas lisible. Corriger le chemin ou les droits."
            )


def _doors(settings: Settings) -> Iterator[Refusal]:
    server = settings.server
    if server.certificate is None and not server.trusted_proxies and not is_here(server.host):
        yield Refusal(
            "server.host",
            f"les portes écouteraient sur {server.host} sans TLS ; clés et données de patients y passeraient lisibles. "
            "Donner server.certificate et server.private_key, écouter sur 127.0.0.1, ou nommer le frontal TLS dans "
            "server.trusted_proxies.",
        )


def _links(settings: Settings) -> Iterator[Refusal]:
    for section, link in links_of(settings):
        parts = urlsplit(link.url)
        if parts.scheme not in SCHEMES:
            yield Refusal(
                f"{section}.url",
                f"« {parts.scheme}:// » n’est pas parlé ici. Mettre une adresse https:// (amqps:// pour le Hub Santé).",
            )
        elif settings.mode is Mode.ACTUAL and parts.scheme in IN_CLEAR and not is_here(parts.hostname or ""):
            yield Refusal(
                f"{section}.url",
                f"en réel, des données de patients partiraient lisibles par {parts.scheme}://. "
                f"Mettre une adresse {parts.scheme}s://.",
            )
        if link.mode != settings.mode:
            yield Refusal(
                f"{section}.mode",
                f"le lien est « {link.mode} », la passerelle « {settings.mode} ». Exercice et réel ne se mélangent jamais : "
                "accorder mode et ce lien.",
            )
        if link.private_key is not None and link.certificate is None:
            yield Refusal(
                f"{section}.private_key",
                f"clé sans certificat : le voisin ne nous reconnaîtrait pas. Donner {section}.certificate, ou la retirer.",
            )
        if link.token is not None and not link.token.get_secret_value().strip():
            yield Refusal(f"{section}.token", "jeton vide. Mettre celui que le voisin a remis, ou retirer la ligne.")
        named = {"ca": link.ca, "certificate": link.certificate, "private_key": link.private_key}
        yield from _missing({f"{section}.{name}": path for name, path in named.items() if path is not None})


def links_of(settings: Settings) -> Iterator[tuple[str, Link]]:
    """Every link of the settings, with the path of its table in the file."""
    single = {name: getattr(settings, name) for name in ("sinus", "sivic", "lrm", "lrm_fhir", "hub", "portal")}
    several = {
        f"{table}.{name}": section
        for table in ("lrms", "platforms", "destinations")
        for name, section in getattr(settings, table).items()
    }
    for path, section in (single | several).items():
        if section is not None and section.link is not None:
            yield f"{path}.link", section.link


def _secrets(settings: Settings) -> Iterator[Refusal]:
    signing: dict[str, tuple[SecretStr, ...]] = {
        f"platforms.{name}.secrets": platform.secrets for name, platform in settings.platforms.items()
    }
    if settings.portal is not None:
        signing["portal.secrets"] = settings.portal.secrets
    for key, secrets in signing.items():
        if any(len(secret.get_secret_value()) < SHORTEST_SECRET for secret in secrets):
            yield Refusal(
                key,
                f"un secret de signature a moins de {SHORTEST_SECRET} caractères : il se devine. "
                "En tirer un : openssl rand -base64 32.",
            )


def _passwords(settings: Settings) -> Iterator[Refusal]:
    for name, platform in settings.platforms.items():
        if platform.password is not None and len(platform.password.get_secret_value()) < SHORTEST_PASSWORD:
            yield Refusal(
                f"platforms.{name}.password",
                f"vide, ou moins de {SHORTEST_PASSWORD} caractères : qui entend un message le devine. "
                "En convenir un autre avec la plateforme : openssl rand -base64 18.",
            )
    softwares: dict[str, LrmSettings] = {f"lrms.{name}": software for name, software in settings.lrms.items()}
    if settings.lrm is not None:
        softwares["lrm"] = settings.lrm
    for path, software in softwares.items():
        # Theirs to choose, so its length is not ours to judge; an empty one is a line that was never filled in.
        if software.password is not None and not software.password.get_secret_value():
            yield Refusal(f"{path}.password", "mot de passe vide. Mettre celui du compte, ou retirer la ligne.")
        if software.username and software.password is None:
            yield Refusal(
                f"{path}.username", f"compte sans mot de passe. Donner {path}.password, ou retirer le compte."
            )


def _seal_keys(settings: Settings) -> Iterator[Refusal]:
    if any(len(set(key_of(key.get_secret_value()))) == 1 for key in settings.store.seal_keys):
        yield Refusal(
            "store.seal_keys",
            "une clé est faite d’un seul octet répété (des zéros, par exemple) : elle ne scelle rien. "
            "En tirer une : openssl rand -base64 32.",
        )


def _people(settings: Settings) -> Iterator[Refusal]:
    oidc = settings.oidc
    if oidc is None:
        return
    real = settings.mode is Mode.ACTUAL
    if real and not oidc.acr and not oidc.amr:
        yield Refusal(
            "oidc.acr",
            "en réel, une personne montre deux facteurs : rien ici n’en exige un second. "
            "Donner oidc.acr (le niveau que le fournisseur atteste, « eidas1 » pour Pro Santé Connect) ou oidc.amr.",
        )
    addresses = {"oidc.issuer": oidc.issuer, "oidc.discovery": oidc.discovery, "oidc.public_url": oidc.public_url}
    for key, url in addresses.items():
        parts = urlsplit(url or "https://")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here(parts.hostname or "")):
            yield Refusal(key, "jetons et secret passeraient lisibles. Mettre une adresse https://.")
    if not oidc.client_secret.get_secret_value().strip():
        yield Refusal("oidc.client_secret", "secret vide. Mettre celui que le fournisseur a remis.")
    if "openid" not in oidc.scopes:
        yield Refusal("oidc.scopes", "sans « openid », le fournisseur ne dit pas qui est la personne. L’ajouter.")


def _local_people(settings: Settings) -> Iterator[Refusal]:
    if not settings.local_people:
        return
    if settings.mode is Mode.ACTUAL:
        yield Refusal(
            "local_people",
            "des personnes d’exercice entrent sans preuve : jamais en réel. Retirer ces tables ; donner [oidc].",
        )
    if not is_here(settings.server.host) or settings.server.trusted_proxies:
        yield Refusal(
            "local_people",
            "des personnes d’exercice entrent sans preuve : sur cette machine seulement. Écouter sur 127.0.0.1, ou les retirer.",
        )


RULES: Final[tuple[Callable[[Settings], Iterator[Refusal]], ...]] = (
    _certificates,
    _doors,
    _links,
    _secrets,
    _passwords,
    _seal_keys,
    _people,
    _local_people,
)
