"""Persisted state: observations append-only, and what is projected from them. Everything here is on one open transaction.

The register refuses to decide: rules are the domain's, routing is the gateway's.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gateway.register.alarms import Alarms
from gateway.register.audit import Audit
from gateway.register.hub.messages import Hub
from gateway.register.interventions.phone_cases import PhoneCases
from gateway.register.interventions.requests import Interventions
from gateway.register.interventions.routes import Routes
from gateway.register.job_orders import JobOrders
from gateway.register.keys import Keys
from gateway.register.replies import Replies
from gateway.register.victims.access import EventAccess
from gateway.register.victims.agreements import Agreements
from gateway.register.victims.events import Events
from gateway.register.victims.feed import Feed
from gateway.register.victims.news_cursors import NewsCursors
from gateway.register.victims.numbers import Numbers
from gateway.register.victims.observations import Observations
from gateway.register.victims.persons import Persons
from gateway.register.victims.unknown_persons import UnknownPersons
from gateway.register.victims.victims import Victims

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Register"]


class Register:
    """The register as seen by one transaction. Each part is made when it is first asked for."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def agreements(self) -> Agreements:
        """How each neighbour stood with each event."""
        return Agreements(self.connection)

    @cached_property
    def alarms(self) -> Alarms:
        """What must not stay unseen."""
        return Alarms(self.connection)

    @cached_property
    def audit(self) -> Audit:
        """Who did what."""
        return Audit(self.connection)

    @cached_property
    def events(self) -> Events:
        """Events and their localisations."""
        return Events(self.connection)

    @cached_property
    def access(self) -> EventAccess:
        """Which portals see which event."""
        return EventAccess(self.connection)

    @cached_property
    def victims(self) -> Victims:
        """Victims as they are now."""
        return Victims(self.connection)

    @cached_property
    def news_cursors(self) -> NewsCursors:
        """Up to where the news of each neighbour were read."""
        return NewsCursors(self.connection)

    @cached_property
    def numbers(self) -> Numbers:
        """Which victim bears which number."""
        return Numbers(self.connection)

    @cached_property
    def persons(self) -> Persons:
        """The persons of an event, as they are compared."""
        return Persons(self.connection)

    @cached_property
    def observations(self) -> Observations:
        """What each source said, only added to."""
        return Observations(self.connection)

    @cached_property
    def replies(self) -> Replies:
        """Answers kept for a second try."""
        return Replies(self.connection)

    @cached_property
    def feed(self) -> Feed:
        """What pages and portals follow live."""
        return Feed(self.connection)

    @cached_property
    def hub(self) -> Hub:
        """Messages and cases of the Hub Santé."""
        return Hub(self.connection)

    @cached_property
    def job_orders(self) -> JobOrders:
        """What a person asked to be run now."""
        return JobOrders(self.connection)

    @cached_property
    def keys(self) -> Keys:
        """API keys and sessions."""
        return Keys(self.connection)

    @cached_property
    def interventions(self) -> Interventions:
        """Intervention requests."""
        return Interventions(self.connection)

    @cached_property
    def routes(self) -> Routes:
        """Which CRRA takes which request."""
        return Routes(self.connection)

    @cached_property
    def phone_cases(self) -> PhoneCases:
        """Cases that came by telephone."""
        return PhoneCases(self.connection)

    @cached_property
    def unknown_persons(self) -> UnknownPersons:
        """Persons that a neighbour speaks of and nobody here knows."""
        return UnknownPersons(self.connection)
