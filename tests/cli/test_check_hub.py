"""`passerelle check` and the heartbeat ask a neighbour the same question, at the port of its own kind of address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "127.0.0.77"
"""A loopback address of its own: the port is the one that the kind of address implies."""


@pytest.mark.parametrize(("scheme", "port"), [("amqps", 5671), ("https", 443)])
def test_a_hub_without_a_port_is_asked_at_that_of_amqps(
    scheme: str, port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hub's broker listens at 5671 when the address names no port, and check says that it is there."""
    settings = tmp_path / "passerelle.toml"
    settings.write_text(
        f"""mode = "Exercise"
[store]
url = "sqlite:///{tmp_path / "base.db"}"
[hub.link]
url = "{scheme}://{ADDRESS}"
mode = "Exercise"
[[hub.perimeters]]
vhost = "15-15_v2.1"
client_id = "fr.health.passerelle"
model = 3
topics = ["victim"]
recipients = {{"*" = "fr.health.samu330"}}
""",
        encoding="utf-8",
    )

    async def asked() -> int:
        async def nobody(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()
            await writer.wait_closed()

        try:
            server = await asyncio.start_server(nobody, ADDRESS, port)
        except OSError:
            pytest.skip(f"port {port} of {ADDRESS} cannot be opened here")
        async with server:
            return await asyncio.to_thread(main, ["check", "--settings", str(settings)])

    assert asyncio.run(asked()) == 0
    assert "hub               joignable" in capsys.readouterr().out
