"""MLLP listeners of the establishments that have one: a port each, since HL7 v2 says nobody's key."""

from __future__ import annotations

import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from adapters.wire.hl7.mllp import MllpServer
from gateway.doors.neighbours.admissions import heard_hl7

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.runtime import Runtime
    from gateway.settings.hospitals import HospitalSettings


@asynccontextmanager
async def mllp_listening(runtime: Runtime) -> AsyncIterator[dict[str, int]]:
    """Listen for every establishment that agreed to MLLP; gives key → port."""
    ports: dict[str, int] = {}
    async with AsyncExitStack() as listening:
        for key, hospital in runtime.settings.hospitals.items():
            if hospital.mllp_port is not None:
                server = MllpServer(partial(heard_hl7, runtime, key, runtime.settings.mode))
                opened = server.listening(hospital.mllp_host, hospital.mllp_port, _tls(hospital))
                ports[key] = await listening.enter_async_context(opened)
        yield ports


def _tls(hospital: HospitalSettings) -> ssl.SSLContext | None:
    if hospital.mllp_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(hospital.mllp_certificate)
    if hospital.mllp_client_ca is not None:
        context.load_verify_locations(hospital.mllp_client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
