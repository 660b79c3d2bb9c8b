"""The provider's side of a sign-in: Authorization Code with PKCE, state and nonce; what it signs is checked before it is believed.

Tokens are read by joserfc (docs/decisions). Nothing that the provider sent is in a refusal: a code or a token would be in a page.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.security.doorkeeper import UnidentifiedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gateway.settings.people import OidcSettings

RETURN: Final = "/console/oidc/retour"
PATIENCE: Final = 10.0
"""Seconds for each question to the provider."""
LEEWAY: Final = 60
"""Seconds between its clock and ours."""
ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signed with a key that the provider alone has; never « none », never our secret."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in under way; kept by the browser until the provider sends it back."""

    state: str
    nonce: str
    verifier: str
    page: str

    @classmethod
    def begin(cls, page: str) -> SignIn:
        """Fresh secrets; `page` is where it began."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), page)

    @property
    def challenge(self) -> str:
        """Of the verifier, by S256."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class Provider:
    """One provider of the settings; what it publishes is read at the first sign-in, and again when it fails or its keys changed."""

    def __init__(
        self,
        oidc: OidcSettings,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` replaces the wire."""
        self.oidc = oidc
        self._clock = clock
        self._transport = transport
        self._published: dict[str, Any] = {}
        self._keys: KeySet | None = None

    @property
    def return_address(self) -> str:
        """Where it sends the browser back."""
        return self.oidc.public_url.rstrip("/") + RETURN

    async def address(self, sign_in: SignIn) -> str:
        """Where a browser goes to sign in. Raises UnidentifiedError when the provider cannot be asked."""
        async with self._client() as client:
            published = await self._configuration(client)
        asked = {
            "response_type": "code",
            "client_id": self.oidc.client_id,
            "redirect_uri": self.return_address,
            "scope": " ".join(self.oidc.scopes),
            "state": sign_in.state,
            "nonce": sign_in.nonce,
            "code_challenge": sign_in.challenge,
            "code_challenge_method": "S256",
        }
        if self.oidc.acr:
            asked["acr_values"] = " ".join(self.oidc.acr)
        address = str(published["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    async def claims(self, code: str, sign_in: SignIn) -> dict[str, Any]:
        """What the provider says of who came back with this code; acr and amr are those that it signed. Raises UnidentifiedError."""
        try:
            async with self._client() as client:
                published = await self._configuration(client)
                tokens = await self._tokens(client, published, code, sign_in)
                signed = await self._signed(client, published, str(tokens["id_token"]), sign_in.nonce)
                user_info = await self._user_info(client, published, str(tokens["access_token"]))
        except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
            raise _silent() from error
        if user_info.get("sub", signed["sub"]) != signed["sub"]:
            raise _unbelievable()
        return {**user_info, **signed}

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._transport, timeout=PATIENCE, trust_env=False)

    async def _configuration(self, client: httpx.AsyncClient) -> dict[str, Any]:
        if self._published:
            return self._published
        address = self.oidc.discovery or f"{self.oidc.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            published = (await client.get(address)).raise_for_status().json()
            complete = published["issuer"] == self.oidc.issuer and {
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
            } <= set(published)
        except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
            raise _silent() from error
        if not complete:
            raise UnidentifiedError(
                "fournisseur_mal_regle",
                "Le fournisseur d’identité n’est pas celui des réglages.",
                "L’administrateur compare oidc.issuer avec l’« issuer » que le fournisseur publie.",
            )
        self._published = published
        return self._published

    async def _tokens(
        self, client: httpx.AsyncClient, published: Mapping[str, Any], code: str, sign_in: SignIn
    ) -> dict[str, Any]:
        secret = self.oidc.client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_address,
            "code_verifier": sign_in.verifier,
        }
        ways = published.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in ways:
            answer = await client.post(published["token_endpoint"], data=form, auth=(self.oidc.client_id, secret))
        else:
            form |= {"client_id": self.oidc.client_id, "client_secret": secret}
            answer = await client.post(published["token_endpoint"], data=form)
        if answer.is_client_error:
            raise UnidentifiedError(
                "connexion_refusee",
                "Le fournisseur d’identité n’a pas confirmé la connexion.",
                "Recommencer ; si le refus dure, l’administrateur vérifie oidc.client_id et oidc.client_secret.",
            )
        return dict(answer.raise_for_status().json())

    async def _signed(
        self, client: httpx.AsyncClient, published: Mapping[str, Any], token: str, nonce: str
    ) -> dict[str, Any]:
        for fresh in (False, True):
            if self._keys is None or fresh:
                self._keys = KeySet.import_key_set((await client.get(published["jwks_uri"])).raise_for_status().json())
            try:
                claims = dict(jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims)
                break
            except (JoseError, ValueError) as error:
                # Its keys may have changed since they were read.
                if fresh:
                    raise _unbelievable() from error
        expected = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.oidc.issuer},
            aud={"essential": True, "value": self.oidc.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            expected.validate(claims)
        except JoseError as error:
            raise _unbelievable() from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.oidc.client_id:
            raise _unbelievable()
        return claims

    async def _user_info(
        self, client: httpx.AsyncClient, published: Mapping[str, Any], access_token: str
    ) -> dict[str, Any]:
        if "userinfo_endpoint" not in published:
            return {}
        answer = await client.get(published["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"})
        answer.raise_for_status()
        if answer.headers.get("content-type", "").startswith("application/jwt") and self._keys is not None:
            try:
                return dict(jwt.decode(answer.text, self._keys, algorithms=ALGORITHMS).claims)
            except JoseError as error:
                raise _unbelievable() from error
        return dict(answer.json())


def _silent() -> UnidentifiedError:
    return UnidentifiedError(
        "fournisseur_injoignable",
        "Le fournisseur d’identité ne répond pas comme il le doit.",
        "Réessayer dans un instant ; une clé d’accès ouvre aussi la page.",
    )


def _unbelievable() -> UnidentifiedError:
    return UnidentifiedError(
        "jeton_refuse",
        "Ce que le fournisseur d’identité a signé n’est pas recevable.",
        "Recommencer la connexion ; si le refus dure, l’administrateur vérifie l’heure de la passerelle, oidc.issuer et oidc.client_id.",
    )
