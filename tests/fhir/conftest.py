"""A real house with a CRRA that speaks FHIR, a route to it, and the watch over what must not be told."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.fhir.simulator import create_simulator
from adapters.wire.simulated import InProcess
from domain.intervention.route import Route, RouteKind
from domain.mode import Mode
from gateway.app import create_app
from gateway.bootstrap import build
from gateway.security.keys import Scope, new_key
from tests.fhir.bundles import NOW
from tests.gateway.house import Clock, OpenHouse, settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# What stands in the example and in no refusal, no log, no address.
PERSONAL = ("TESTE-NAISSANCE", "TESTE", "Angèle", "1969-05-17", "+33600000000", "12 rue de l’Exemple", "Propos confus")
ROUTE = Route("essai", RouteKind.DEPARTMENT, "77", "lrm_fhir", "SAMU 77", NOW - timedelta(days=1))


@pytest.fixture
async def fhir_house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[OpenHouse]:
    """An open house in exercise mode, whose requests of department 77 go to a CRRA that speaks FHIR."""
    caplog.set_level(logging.DEBUG)
    clock, mode = Clock(NOW), Mode.EXERCISE
    crra = create_simulator(mode, clock)
    wires = {"lrm_fhir": InProcess(crra)}
    keys = {scope: new_key(f"essai-{scope}", scope, mode) for scope in Scope}
    others = {scope: new_key(f"autre-{scope}", scope, mode) for scope in Scope}
    link: dict[str, Any] = {"link": {"url": "http://crra.essai", "mode": mode, "read_timeout": 0.3}}
    settings = settings_for(tmp_path, mode, sinus=None, sivic=None, portal=None, lrm_fhir=link)
    async with AsyncExitStack() as closing:
        runtime = await closing.enter_async_context(build(settings, clock=clock, transports=wires))

        def keep(register: Any) -> None:
            for key in (*keys.values(), *others.values()):
                register.keys.add(key, clock())
            register.routes.put(ROUTE, "essai", clock())

        await runtime.write(keep)
        house = OpenHouse(
            runtime,
            create_app(runtime),
            clock,
            {"lrm_fhir": crra},
            wires,
            {scope: key.key for scope, key in keys.items()},
            {scope: key.key for scope, key in others.items()},
            closing,
        )
        yield house
    assert [value for value in PERSONAL if value in caplog.text] == []
    told = [one.text for one in house.heard if one.status >= 400]
    assert [value for value in PERSONAL for text in told if value in text] == []
