"""Our own rules for what we emit hold without any models folder, and agree with the official schemas where both speak."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator, RegexOptions

from adapters.lrm.hubsante.emission.rules import _case_id, check_client_id, emission_faults, required_paths
from tests.hubsante.hub_messages import CLIENT, FOLDERS, full_envelope, judge, message_of, models

PATIENT = "fr.health.samu330.patient.DRFR15.1"


def _case(version: int = 3) -> dict[str, Any]:
    tree = full_envelope(models(version), models(version).named("RS-EDA"))
    for decision in message_of(tree)["createCaseHealth"]["decision"]:
        decision.update({"patientId": PATIENT} if version > 1 else {})
    return tree


def _paths(tree: dict[str, Any], version: int = 3) -> list[str]:
    return [fault.path for fault in emission_faults(tree, version, CLIENT)]


@pytest.mark.parametrize("version", FOLDERS)
def test_a_full_case_may_leave(version: int) -> None:
    """Valid by the official schema and by our own rules, in each model."""
    assert judge(version).judge_tree(_case(version)).faults == ()
    assert _paths(_case(version), version) == []


@pytest.mark.parametrize(("field", "value", "path"), [
    ("senderID", "fr.health.samu400", "senderID"),
    ("distributionID", "fr.health.samu330", "distributionID"),
    ("distributionID", "fr.health.samu400_1", "distributionID"),
    ("dateTimeSent", "2026-03-01T10:00:00Z", "dateTimeSent"),
    ("dateTimeSent", "2026-03-01T10:00:00.1+01:00", "dateTimeSent"),
    ("dateTimeExpires", "2026-02-01T10:00:00+01:00", "dateTimeExpires"),
    ("distributionKind", "Update", "kind"),
    ("content", [], "content"),
])  # fmt: skip
def test_an_envelope_that_the_hub_would_refuse_stays_here(field: str, value: object, path: str) -> None:
    """Sender, prefix of the id, dates, expiry, header against envelope."""
    assert path in _paths(_case() | {field: value})


@pytest.mark.parametrize(("change", "path"), [
    ({"qualification": {}}, "createCaseHealth.qualification"),
    ({"location": {}}, "createCaseHealth.location"),
    ({"senderCaseId": None}, "createCaseHealth.senderCaseId"),
    ({"caseId": "a" * 10_000 + "!"}, "createCaseHealth.caseId"),
    ({"creation": "2026-03-01T10:00:00Z"}, "createCaseHealth.creation"),
    ({"patient": [{}]}, "createCaseHealth.patient[0].patientId"),
    ({"additionalInformation": {"customMap": [{"key": "a", "value": "b"}] * 4}}, "createCaseHealth.additionalInformation.customMap"),
])  # fmt: skip
def test_a_content_that_would_fail_later_stays_here(change: dict[str, Any], path: str) -> None:
    """Emptied objects, nulls, identifiers, dates and required fields, each by its path."""
    tree = _case()
    message_of(tree)["createCaseHealth"].update(change)
    assert path in _paths(tree)


def test_an_update_repeats_its_owner() -> None:
    """The schema does not ask for it; the hub's converter fails without it."""
    tree = full_envelope(models(3), models(3).named("RS-EDA-MAJ"))
    del message_of(tree)["createCaseHealthUpdate"]["owner"]
    assert judge(3).judge_tree(tree).valid
    assert "createCaseHealthUpdate.owner" in _paths(tree)


def test_older_models_get_their_stricter_identifiers() -> None:
    """A case id of seven segments is legal in model 3 and refused in 2."""
    tree = _case(2)
    message_of(tree)["createCaseHealth"]["caseId"] = "fr.health.samu330.a.b.c.d"
    assert _paths(tree, 2) == ["createCaseHealth.caseId"]
    assert _paths(tree, 3) == []


def test_an_error_leaves_without_header() -> None:
    """The header belongs to functional messages and acknowledgements."""
    tree = full_envelope(models(3), models(3).named("RS-ERROR"))
    del message_of(tree)["error"]["sourceMessage"]
    assert _paths(tree) == []
    message_of(tree)["messageId"] = tree["distributionID"]
    assert _paths(tree) == ["messageId"]


@pytest.mark.parametrize("version", FOLDERS)
def test_required_fields_are_those_of_the_official_schemas(version: int) -> None:
    """Our table of what we emit and the schemas beside the checkout say the same, field by field."""
    for kind in models(version).types.values():
        told = required_paths(kind.key, version)
        if told:
            assert sorted(told) == sorted(_required(kind.schema, kind.schema, ""))


def _required(node: Any, root: Any, trail: str) -> list[str]:
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rpartition("/")[2]]
    if node.get("type") == "array":
        return _required(node["items"], root, trail)
    found = []
    for name, child in node.get("properties", {}).items():
        found += [f"{trail}{name}"] if name in node.get("required", ()) else []
        found += _required(child, root, f"{trail}{name}.")
    return found


OFFICIAL = Draft7Validator({"pattern": r"^([a-zA-Z0-9_-]+\.?){4,10}$"}, pattern_options=RegexOptions())


@given(st.text(alphabet="a_9.-!", max_size=24))
@settings(deadline=None)
def test_our_case_id_is_the_official_one(text: str) -> None:
    """Linear in any engine, and the same language."""
    assert bool(_case_id(10).fullmatch(text)) == OFFICIAL.is_valid(text)


@pytest.mark.parametrize("client_id", ["fr.health.samu_330", "samu330", "", "fr..health", "fr.health.samu 330"])
def test_a_client_id_that_can_never_send_is_refused(client_id: str) -> None:
    """The hub cuts the distributionID at its first underscore."""
    with pytest.raises(ValueError, match="identifiant de client"):
        check_client_id(client_id)
    check_client_id("fr.health.test.passerelle-1")
