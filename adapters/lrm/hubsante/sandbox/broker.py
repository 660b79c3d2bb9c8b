"""A private RabbitMQ node of this machine, for the sandbox and the tests: free ports, TLS, its own name server, no trace left.

It is Debian's server started without its wrapper, so that no account and no system service is needed. It refuses to be
anything for production: data go away with the folder, and only the loopback listens.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.certificates import Paths

HOST = "localhost"
PATIENCE = 60.0
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ERLANG = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
_READY = b"completed with"


class BrokerError(RuntimeError):
    """The node did not start, or one of its tools failed."""


@dataclass(slots=True)
class Broker:
    """A node, running or stopped."""

    folder: Path
    sbin: Path
    port: int
    """Of TLS."""
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the node, on what its folder holds, and wait until it takes connections."""
        log = self.folder / "log"
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - Debian's own server, by its path
                [self.sbin / "rabbitmq-server"],
                stdout=output,
                stderr=output,
                env=dict(self.environment),
                cwd=self.folder,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if _READY in log.read_bytes()[before:]:
                return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        self.stop()
        raise BrokerError(f"RabbitMQ n’a pas démarré : {log.read_text(errors='replace')[-1500:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the node; SIGKILL is a power cut."""
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def tell(self, *words: str) -> str:
        """Run one `rabbitmqctl` command; what it says."""
        command: list[str | Path] = [
            self.sbin / "rabbitmqctl",
            "-q",
            "-n",
            self.environment["RABBITMQ_NODENAME"],
            *words,
        ]
        done = subprocess.run(  # noqa: S603 - same
            command, env=dict(self.environment), capture_output=True, timeout=PATIENCE, check=False, text=True
        )
        if done.returncode:
            raise BrokerError(f"rabbitmqctl {words[0]} : {done.stderr[-500:]}")
        return done.stdout


def installed() -> Path | None:
    """The folder of the newest RabbitMQ of this machine, if there is one, with Erlang beside it."""
    folders = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
    return folders[-1] if folders and which("epmd", path=PATH) and which("erl", path=PATH) else None


@contextmanager
def running(folder: Path, sbin: Path, server: Paths, ca: Path, definitions: Mapping[str, Any]) -> Iterator[Broker]:
    """A node with these certificates and definitions, its name server beside it; both are gone at the end."""
    ports = _free_ports(3)
    environment = _prepare(folder, ports, server, ca, definitions)
    names = subprocess.Popen(  # noqa: S603 - Erlang's own name server
        [which("epmd", path=PATH) or "epmd", "-port", str(ports[1]), "-address", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": PATH},
    )
    broker = Broker(folder, sbin, ports[0], environment)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        names.terminate()
        names.wait()


def _prepare(folder: Path, ports: list[int], server: Paths, ca: Path, definitions: Mapping[str, Any]) -> dict[str, str]:
    _write_files(folder, ports[0], server, ca, definitions)
    return _environment(folder, ports)


def _write_files(folder: Path, tls: int, server: Paths, ca: Path, definitions: Mapping[str, Any]) -> None:
    (folder / "definitions.json").write_text(json.dumps(definitions), encoding="utf-8")
    (folder / "enabled_plugins").write_text("[rabbitmq_auth_mechanism_ssl].\n", encoding="ascii")
    (folder / "env.conf").touch()
    cookie = folder / ".erlang.cookie"
    cookie.write_text("BACASABLE", encoding="ascii")
    cookie.chmod(0o400)
    (folder / "rabbitmq.conf").write_text(
        f"""listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:{tls}
ssl_options.cacertfile = {ca}
ssl_options.certfile = {server.certificate}
ssl_options.keyfile = {server.private_key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
auth_mechanisms.1 = EXTERNAL
ssl_cert_login_from = common_name
load_definitions = {folder / "definitions.json"}
disk_free_limit.absolute = 1MB
log.console.level = info
""",
        encoding="utf-8",
    )


def _environment(folder: Path, ports: list[int]) -> dict[str, str]:
    tls, names, distribution = ports
    here = {
        "CONF_ENV_FILE": "env.conf",
        "CONFIG_FILE": "rabbitmq.conf",
        "ENABLED_PLUGINS_FILE": "enabled_plugins",
        "MNESIA_BASE": "mnesia",
        "LOG_BASE": "logs",
        "GENERATED_CONFIG_DIR": "generated",
        "SCHEMA_DIR": "schema",
        "PID_FILE": "pid",
    }
    return {
        "PATH": PATH,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RUNNING_UNDER_SYSTEMD": "1",  # The script then becomes the node: one process to stop.
        "RABBITMQ_NODENAME": f"bac{tls}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        **{f"RABBITMQ_{name}": str(folder / file) for name, file in here.items()},
    }


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
