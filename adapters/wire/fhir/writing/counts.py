"""The numbers of an event as FHIR, for those who may see numbers only: a MeasureReport and a Group without members. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.vocabulary import ACT_REASON, BASE, Resource, code_system, coding, concept
from adapters.wire.fhir.writing.answers import full_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.canon.documents import EventCanon


SEVERITIES = ("UA", "UR", "IMP", "DCD", "NC")


def counts_bundle(
    event: EventCanon, totals: Mapping[str, Any], by_place: Sequence[Mapping[str, Any]], at: str
) -> Resource:
    """Numbers only: who may not see a person gets no person, no list of them, and no free text."""
    report: Resource = {
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": "summary",
        "measure": f"{BASE}/Measure/denombrement-novi",
        "date": at,
        "period": {"start": event["started_at"], "end": event["ended_at"] or at},
        "group": [_severity_group(severity, totals, by_place) for severity in SEVERITIES],
    }
    group = {"resourceType": "Group", "type": "person", "actual": True, "quantity": totals["total"]}
    if event["mode"] == "Exercise":
        report["meta"] = {"security": [coding(ACT_REASON, "HTEST")]}
    entries = [(report, "MeasureReport"), (group, "Group")]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": f"{BASE}/id/message", "value": f"{event['id']}.{at}"},
        "timestamp": at,
        "entry": [
            {"fullUrl": full_url("nombres", event["id"], name), "resource": resource} for resource, name in entries
        ],
    }


def _severity_group(severity: str, totals: Mapping[str, Any], by_place: Sequence[Mapping[str, Any]]) -> Resource:
    """How many of one severity, in all and by place; without a place there is no stratifier, which may not be empty."""
    group: Resource = {
        "code": concept(code_system("gravite-novi"), severity),
        "population": [{"code": _initial(), "count": totals[severity]}],
    }
    strata = [
        {"value": {"text": line["label"]}, "population": [{"code": _initial(), "count": line[severity]}]}
        for line in by_place
    ]
    if strata:
        group["stratifier"] = [{"code": [concept(code_system("ventilation"), "localisation")], "stratum": strata}]
    return group


def _initial() -> Resource:
    return concept("http://terminology.hl7.org/CodeSystem/measure-population", "initial-population")
