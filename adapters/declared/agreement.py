"""What was agreed with a neighbour that is known by files alone: where each topic goes, in which language, and how it is answered.

A table of the settings, and nothing else: no line of Python knows the neighbour. It refuses a header that the exchange
itself needs, and a place in an address that could name a person.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Topic = Literal[
    "event",
    "victim",
    "victim.deleted",
    "identifier.detached",
    "counts",
    "intervention.request",
    "intervention.cancel",
]
Status = Annotated[int, Field(ge=100, le=599)]

PLACES = {
    "event": ("event.id", "event_id"),
    "victim": ("victim.id", "victim_id"),
    "request": ("request_id",),
    "message": (),
}
"""What an address may say between braces → where the document has it; `message` is the envelope's own id."""
OURS = frozenset({"authorization", "content-type", "content-length", "host", "soapaction"})
_PLACE = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")


class Part(BaseModel):
    """A table of the agreement."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BasicAccount(Part):
    """An account of the neighbour, sent as HTTP Basic."""

    username: str = Field(min_length=1, description="Compte chez le voisin.")
    password: SecretStr = Field(description="Mot de passe de ce compte.")


class Signature(Part):
    """HMAC-SHA256 of the time and the bytes sent: `adapters/wire/webhook_signature.py`."""

    secrets: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="Secrets partagés, de 16 caractères au moins ; chacun signe, le temps d’un changement.",
    )
    header: str = Field("Passerelle-Signature", description="En-tête de la signature.")
    timestamp_header: str = Field("Passerelle-Timestamp", description="En-tête de l’heure signée.")

    @field_validator("secrets")
    @classmethod
    def _long(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if min(len(secret.get_secret_value()) for secret in secrets) < 16:  # noqa: PLR2004 - as the portal's
            raise ValueError("un secret a 16 caractères au moins")
        return secrets


class TopicTerms(Part):
    """How one topic is told."""

    mapping: str = Field(description="Correspondance qui écrit le document : destinataire/nom@version.")
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field("POST", description="Méthode HTTP.")
    path: str = Field(
        "",
        description="Chemin après l’adresse du lien ; {event}, {victim}, {request} et {message} y sont des identifiants.",
    )
    media: Literal["json", "xml", "soap"] = Field(
        "json", description="Langue du document ; soap : XML en enveloppe 1.1."
    )
    content_type: str = Field("", description="Type de contenu, s’il n’est pas celui de la langue.")
    action: str = Field("", description="SOAPAction.")
    answer: str = Field(
        "", description="Correspondance de la réponse, vers canon#answer ; absente : le statut HTTP suffit."
    )
    refusal: str = Field("", description="Correspondance d’un refus (statut d’erreur, faute SOAP), vers canon#answer.")

    @field_validator("path")
    @classmethod
    def _known_places(cls, path: str) -> str:
        unknown = [name for name in _PLACE.findall(path) if name not in PLACES]
        if unknown:
            raise ValueError(f"inconnu dans un chemin : {', '.join(unknown)} ; connus : {', '.join(PLACES)}")
        if path and not path.startswith("/"):
            raise ValueError("un chemin commence par /")
        return path

    @property
    def places(self) -> list[str]:
        """What the path needs of a document."""
        return _PLACE.findall(self.path)

    @property
    def content(self) -> str:
        """The content type on the wire."""
        usual = {"json": "application/json", "xml": "application/xml; charset=utf-8", "soap": "text/xml; charset=utf-8"}
        return self.content_type or usual[self.media]


class Agreement(Part):
    """The whole of it."""

    recipient: str = Field("", description="Liste d’accès qui s’applique ; absente : celle du nom de la destination.")
    topics: dict[Topic, TopicTerms] = Field(min_length=1, description="Ce qui lui est dit, et comment.")
    basic: BasicAccount | None = Field(None, description="Compte HTTP Basic, s’il en faut un.")
    signature: Signature | None = Field(None, description="Signature HMAC des messages, si elle est convenue.")
    headers: dict[str, str] = Field(default_factory=dict, description="En-têtes ajoutés à chaque message.")
    idempotency_header: str = Field("Idempotency-Key", description="En-tête qui porte l’identifiant du message.")
    taken: tuple[Status, ...] = Field(
        (), description="Statuts, hors 2xx, qui disent que le message est pris (409 rejoué)."
    )
    transient: tuple[Status, ...] = Field((), description="Statuts qui disent de recommencer, contre l’usage de HTTP.")
    permanent: tuple[Status, ...] = Field(
        (), description="Statuts qui disent de ne pas recommencer, contre l’usage de HTTP."
    )

    @model_validator(mode="after")
    def _coherent(self) -> Agreement:
        for name in (*self.headers, self.idempotency_header):
            if name.lower() in OURS or not _HEADER.fullmatch(name):
                raise ValueError(f"en-tête « {name[:40]} » : il est écrit par l’échange, ou ce n’en est pas un")
        statuses = [*self.taken, *self.transient, *self.permanent]
        if len(statuses) != len(set(statuses)):
            raise ValueError("un même statut a deux sens : taken, transient et permanent s’excluent")
        return self

    def uses(self, name: str) -> dict[str, str]:
        """Use → mapping (`hopital.victim`, `hopital.victim.answer`), for the versions in force."""
        mapping_by_use: dict[str, str] = {}
        for topic, terms in self.topics.items():
            mappings = {"": terms.mapping, ".answer": terms.answer, ".refusal": terms.refusal}
            mapping_by_use |= {f"{name}.{topic}{part}": mapping for part, mapping in mappings.items() if mapping}
        return mapping_by_use
