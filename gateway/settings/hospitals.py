"""What was agreed with establishments whose own software tells us of its patients."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from gateway.settings.base import Section

LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class HospitalSettings(Section):
    """One of them; its name is that of its key, of scope `hospital`."""

    finess: tuple[str, ...] = Field(
        min_length=1, description="FINESS géographiques qu’elle dit et voit, et nuls autres."
    )
    name: str = Field("", max_length=200, description="Son nom, quand ses messages ne le disent pas.")
    mllp_port: int | None = Field(
        None, ge=0, le=65535, description="Port d’écoute MLLP de ses messages HL7 v2 ; absent : HTTP seulement."
    )
    mllp_host: str = Field(
        "127.0.0.1", description="Adresse d’écoute MLLP ; ailleurs qu’en local, mllp_certificate est exigé."
    )
    mllp_certificate: Path | None = Field(None, description="Certificat TLS de l’écoute MLLP (PEM, clé comprise).")
    mllp_client_ca: Path | None = Field(None, description="Autorité des certificats clients de l’écoute MLLP.")

    @model_validator(mode="after")
    def _proved(self) -> HospitalSettings:
        local = self.mllp_port is None or self.mllp_host in LOCAL
        if not local and (self.mllp_certificate is None or self.mllp_client_ca is None):
            raise ValueError("hors de la machine, l’écoute MLLP demande mllp_certificate et mllp_client_ca")
        return self
