"""How to reach one neighbour, as a deployment says it."""

from __future__ import annotations

import ssl
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Link(BaseModel):
    """How to reach one neighbour: where, how long to wait, and with which certificate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Adresse de base du voisin, sans barre finale.")
    mode: str = Field(
        "Actual", pattern="^(Actual|Exercise)$", description="Réel ou exercice : jamais les deux sur un lien."
    )
    connect_timeout: float = Field(2.0, gt=0, description="Secondes pour établir la connexion.")
    read_timeout: float = Field(10.0, gt=0, description="Secondes d’attente de la réponse.")
    connections: int = Field(50, gt=0, description="Connexions gardées ouvertes au plus.")
    ca: Path | None = Field(None, description="Autorité qui signe le certificat du voisin (PEM).")
    certificate: Path | None = Field(None, description="Notre certificat client (PEM), pour mTLS.")
    private_key: Path | None = Field(None, description="Clé privée de notre certificat (PEM).")
    key_password: SecretStr | None = Field(None, description="Mot de passe de la clé privée.")
    token: SecretStr | None = Field(None, description="Jeton remis par le voisin, envoyé en « Authorization: Bearer ».")

    def tls(self) -> ssl.SSLContext:
        """The TLS context: host name always verified, client certificate when one is configured."""
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        if self.certificate:
            password = self.key_password.get_secret_value() if self.key_password else None
            context.load_cert_chain(self.certificate, self.private_key, password)
        return context
