"""A real OpenID provider in a process of its own, whose people the tests invent, and a browser's way through it."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTED = re.compile(r"running on (http://\S+?)\"? ")
CLIENT = "passerelle-essai"


@dataclass(frozen=True)
class LiveProvider:
    """Where it is."""

    issuer: str

    def knows(self, sub: str, **claims: Any) -> None:
        """A person and what the provider says of them, in tokens and in UserInfo."""
        httpx.put(f"{self.issuer}/users/{quote(sub)}", json=claims, trust_env=False).raise_for_status()

    def allows(self, address: str, sub: str | None) -> str:
        """That person signs in at this address, or gives up; where the browser goes next."""
        form = {"sub": sub} if sub else {"action": "deny"}
        answer = httpx.post(address, data=form, trust_env=False)
        assert answer.is_redirect, answer.text
        return answer.headers["location"]

    def settings(self, *roles: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The section `[oidc]` of a gateway that believes it."""
        return {
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": "secret-d-essai-du-fournisseur",
            "public_url": "http://127.0.0.1:8080",
            "amr": ["otp"],
            "roles": roles,
            **more,
        }


@contextmanager
def live_provider() -> Iterator[LiveProvider]:
    """The provider, on a free port, while this is open."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-u",
        "-m",
        "oidc_provider_mock",
        "--port",
        "0",
        "--require-nonce",
        "True",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            started = next((match for line in process.stdout if (match := STARTED.search(line))), None)
            assert started, "the provider did not say where it listens"
            yield LiveProvider(started[1])
        finally:
            process.kill()


def below(address: str) -> str:
    """The part of an address that the gateway is asked for."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
