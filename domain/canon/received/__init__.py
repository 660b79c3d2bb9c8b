"""Canon of what partners say through the Hub Santé: what mappings of what comes in make of a message, whatever its model or form.

Each field carries its French name, which is what people read, and whether it may identify somebody. A key that the partner did
not say is absent. Fields that something is decided by hold words of ours (`arrived`, `accepted`); the others hold the words of
the national lists, or the code itself where a list does not have it.
"""

from __future__ import annotations

from domain.canon.received.answers import ErrorHeard, ReferenceHeard
from domain.canon.received.cases import CaseHeard
from domain.canon.received.operation import OperationHeard
from domain.canon.received.tablet import AppointmentHeard, LinksHeard, MissionHeard, ReportHeard
from domain.canon.received.vehicles import (
    DetailsHeard,
    EngagementHeard,
    HelpAnswerHeard,
    HelpRequestHeard,
    PositionsHeard,
    PositionsRequestHeard,
    VehiclesHeard,
    VehicleStatusHeard,
)

RECEIVED: dict[str, type] = {
    "hub_case": CaseHeard,
    "hub_vehicles": VehiclesHeard,
    "hub_vehicle_status": VehicleStatusHeard,
    "hub_help_request": HelpRequestHeard,
    "hub_help_answer": HelpAnswerHeard,
    "hub_engagement": EngagementHeard,
    "hub_appointment": AppointmentHeard,
    "hub_links": LinksHeard,
    "hub_report": ReportHeard,
    "hub_mission": MissionHeard,
    "hub_positions": PositionsHeard,
    "hub_positions_request": PositionsRequestHeard,
    "hub_details": DetailsHeard,
    "hub_operation": OperationHeard,
    "hub_reference": ReferenceHeard,
    "hub_error": ErrorHeard,
}
"""What mappings of what the hub hands over may produce → its shape."""
