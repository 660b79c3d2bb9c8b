"""SINUS over a real socket: what only a real connection shows, and mutual TLS."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from adapters.sinus import SinusAdapter, open_sinus
from adapters.sinus.simulator import create_simulator
from adapters.wire.link import Link
from outbox.errors import TransientDeliveryError, UnreachableError
from tests.contract.uvicorn_server import serving
from tests.sinus.sinus_documents import NOW, SINUS_EVENT, claimed, clock, event_document, mappings, victim_document

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from starlette.applications import Starlette

    from tests.contract.uvicorn_server import RunningServer


def dial(url: str, **link: object) -> SinusAdapter:
    """The adapter on a real wire."""
    settings = {"url": url, "read_timeout": 0.3, "connect_timeout": 1.0, **link}
    return open_sinus(Link.model_validate(settings), mappings(), clock=clock)


@pytest.mark.parametrize(
    ("fault", "code", "landed"),
    [
        ("reset", "sinus.coupure", False),
        ("lost_ack", "sinus.coupure", True),
        ("timeout_after_work", "sinus.delai", True),
    ],
)
async def test_a_broken_exchange_is_made_up(fault: str, code: str, landed: bool) -> None:  # noqa: FBT001 - a table
    """Cut or silent, the message is tried again under its key, and its effect is that of one."""
    app = create_simulator("Actual", clock)
    async with serving(app) as server:
        adapter = dial(server.url)
        await adapter.deliver(claimed("event", event_document()))
        async with httpx.AsyncClient(base_url=server.url) as sandbox:
            await sandbox.post("/_sandbox/faults", json=[{"fault": fault}])
        with pytest.raises(TransientDeliveryError) as raised:
            await adapter.deliver(claimed("victim", victim_document()))
        assert raised.value.cause.code == code
        assert (await adapter.held(SINUS_EVENT))["UA"] == int(landed)
        receipt = await adapter.deliver(claimed("victim", victim_document()))
        assert receipt.duplicate is landed
        assert (await adapter.held(SINUS_EVENT))["UA"] == 1
        await adapter.aclose()


async def test_a_server_that_stopped_is_unreachable() -> None:
    """A closed port is not an attempt."""
    async with serving(create_simulator("Actual", clock)) as server:
        adapter = dial(server.url)
        await server.stop()
        with pytest.raises(UnreachableError):
            await adapter.deliver(claimed("event", event_document()))
        await adapter.aclose()


class Authority:
    """A certificate authority of this test, and what it signs."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Autorité d’essai {name}")])
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # noqa: FBT003 - X.509's
        certificate = self._signed(
            self._name, self._key, [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]
        )
        self.file = self._write(f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, password: bytes | None = None, host: str = "localhost") -> tuple[Path, Path]:
        """A certificate for a host, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = self._signed(subject, key, [(names, False)])
        cipher = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, cipher)
        return (
            self._write(f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM)),
            self._write(f"{name}.key", private),
        )

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extensions: list[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        real = datetime(2020, 1, 1, tzinfo=UTC)  # the handshake reads the machine's own clock
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(real)
            .not_valid_after(NOW + timedelta(days=36_500))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


def demanding(app: Starlette, authority: Authority) -> AbstractAsyncContextManager[RunningServer]:
    """The simulator behind a server that asks every caller for a certificate of the authority."""
    pem, key = authority.issue("localhost")
    return serving(app, ssl_certfile=pem, ssl_keyfile=key, ssl_ca_certs=authority.file, ssl_cert_reqs=ssl.CERT_REQUIRED)


async def test_mutual_tls(tmp_path: Path) -> None:
    """Our certificate opens the link; without one, or with a stranger's, nothing reaches SINUS."""
    authority, stranger = Authority(tmp_path, "sinus"), Authority(tmp_path, "inconnue")
    ours, our_key = authority.issue("passerelle", b"mot-de-passe")
    theirs, their_key = stranger.issue("usurpateur")
    known = {"certificate": ours, "private_key": our_key, "key_password": SecretStr("mot-de-passe")}
    strangers: list[dict[str, object]] = [{}, {"certificate": theirs, "private_key": their_key}]
    app = create_simulator("Actual", clock)
    async with demanding(app, authority) as server:
        for link in strangers:
            adapter = dial(server.url, ca=authority.file, **link)
            with pytest.raises(TransientDeliveryError) as raised:
                await adapter.deliver(claimed("event", event_document()))
            # With TLS 1.3 the refusal comes after our first bytes, and its alert may be overtaken by the end of the socket.
            assert raised.value.cause.code in {"sinus.tls", "sinus.coupure"}
            await adapter.aclose()
        assert app.state.sinus.snapshot()["evenements"] == {}
        adapter = dial(server.url, ca=authority.file, **known)
        assert (await adapter.deliver(claimed("event", event_document()))).reference == SINUS_EVENT
        await adapter.aclose()


async def test_a_server_of_another_authority_is_not_sinus(tmp_path: Path) -> None:
    """The server's certificate is checked before a byte of ours leaves, and the fault names the certificates."""
    authority, stranger = Authority(tmp_path, "sinus"), Authority(tmp_path, "inconnue")
    ours, our_key = authority.issue("passerelle")
    async with demanding(create_simulator("Actual", clock), authority) as server:
        adapter = dial(server.url, ca=stranger.file, certificate=ours, private_key=our_key)
        with pytest.raises(UnreachableError) as raised:
            await adapter.deliver(claimed("event", event_document()))
        assert raised.value.cause.code == "sinus.tls"
        await adapter.aclose()


async def test_the_name_of_the_server_is_verified(tmp_path: Path) -> None:
    """A certificate of the right authority for another host is refused."""
    authority = Authority(tmp_path, "sinus")
    pem, key = authority.issue("ailleurs", host="ailleurs.invalid")
    async with serving(create_simulator("Actual", clock), ssl_certfile=pem, ssl_keyfile=key) as server:
        adapter = dial(server.url, ca=authority.file)
        with pytest.raises(UnreachableError) as raised:
            await adapter.deliver(claimed("event", event_document()))
        assert raised.value.cause.code == "sinus.tls"
        await adapter.aclose()
