"""Persisted state: observations append-only, and what is projected from them. Everything here is on one open transaction.

The register refuses to decide: rules are the domain's, routing is the gateway's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.register.alarms import Alarms
from gateway.register.audit import Audit
from gateway.register.hub.messages import Hub
from gateway.register.interventions.phone_cases import PhoneCases
from gateway.register.interventions.requests import Interventions
from gateway.register.interventions.routes import Routes
from gateway.register.keys import Keys
from gateway.register.replies import Replies
from gateway.register.victims.agreements import Agreements
from gateway.register.victims.deliveries import Deliveries
from gateway.register.victims.events import Events
from gateway.register.victims.feed import Feed
from gateway.register.victims.numbers import Numbers
from gateway.register.victims.observations import Observations
from gateway.register.victims.persons import Persons
from gateway.register.victims.victims import Victims

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Register"]


class Register:
    """The register as seen by one transaction."""

    __slots__ = (
        "agreements",
        "alarms",
        "audit",
        "connection",
        "deliveries",
        "events",
        "feed",
        "hub",
        "interventions",
        "keys",
        "numbers",
        "observations",
        "persons",
        "phone_cases",
        "replies",
        "routes",
        "victims",
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.agreements = Agreements(connection)
        self.alarms = Alarms(connection)
        self.audit = Audit(connection)
        self.events = Events(connection)
        self.victims = Victims(connection)
        self.observations = Observations(connection)
        self.replies = Replies(connection)
        self.feed = Feed(connection)
        self.hub = Hub(connection)
        self.keys = Keys(connection)
        self.numbers = Numbers(connection)
        self.deliveries = Deliveries(connection)
        self.interventions = Interventions(connection)
        self.routes = Routes(connection)
        self.persons = Persons(connection)
        self.phone_cases = PhoneCases(connection)
