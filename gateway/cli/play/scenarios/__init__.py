"""The scenarios, by name. One file each: who is hurt, who acts when, what fails, and what is asked at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.play.scenarios.bus import BUS
from gateway.cli.play.scenarios.crowd import CROWD
from gateway.cli.play.scenarios.novi import NOVI
from gateway.cli.play.scenarios.rugby import RUGBY
from gateway.cli.play.scenarios.week import WEEK

if TYPE_CHECKING:
    from gateway.cli.play.scenario import Scenario

SCENARIOS: Final[dict[str, Scenario]] = {each.name: each for each in (RUGBY, NOVI, BUS, WEEK, CROWD)}
