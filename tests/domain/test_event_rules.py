"""R-51 to R-53 and the event itself: its places, its links, its mode."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from domain.canon.documents import EventCanon
from domain.errors import ConflictError, InvalidError, UnknownError
from domain.event import (
    Link,
    add_localisation,
    change_event,
    close_event,
    link_event,
    links_at_creation,
    open_event,
    remove_localisation,
    rename_localisation,
    reopen_event,
    require_mode,
)
from domain.event_record import event_from_record, event_to_record
from domain.rules import Rules
from domain.victim.snapshot import event_canon, event_document
from tests.domain.stage import NOON, Stage


@pytest.mark.parametrize(
    ("event_type", "asked"), [("ACEL", True), ("orsan", True), ("ACEL + ORSAN", True), ("Exercice", False), ("", False)]
)
def test_r51_two_types_ask_for_the_links(event_type: str, *, asked: bool) -> None:
    """ACEL and/or ORSAN, in any case."""
    assert links_at_creation(event_type) is asked


def test_r51_the_types_are_of_the_deployment() -> None:
    """Another list asks for others."""
    assert links_at_creation("NOVI", Rules(link_event_types=("NOVI",)))


def test_r52_a_failed_link_changes_nothing_else() -> None:
    """The event works as before, and shows the failure."""
    stage = Stage()
    failed = link_event(stage.event, "sinus", Link("create", state="failed"))
    assert failed.links["sinus"].state == "failed"
    assert (failed.status, failed.localisations) == (stage.event.status, stage.event.localisations)
    stage.event = failed
    assert stage.create().localisation_id == "amb"


def test_r53_an_event_lives_without_links_and_may_join_an_existing_one() -> None:
    """Each neighbour has its own link; to join, the other event must be named."""
    event = Stage().event
    assert event_canon(event, "sivic")["link"] is None
    joined = link_event(event, "sivic", Link("link", "SV-1", "linked"))
    assert event_canon(joined, "sivic")["link"] == {"action": "link", "external_id": "SV-1"}
    assert event_canon(joined, "sinus")["link"] is None
    assert link_event(joined, "sivic", Link("link", "SV-1", "linked")) is joined
    with pytest.raises(InvalidError) as refused:
        link_event(event, "sivic", Link("link"))
    assert (refused.value.code, refused.value.field) == ("R-53", "external_id")


def test_an_exercise_stays_an_exercise() -> None:
    """The mode never changes, and what is of the other mode is refused."""
    event = Stage().event
    with pytest.raises(ConflictError):
        change_event(event, mode="Actual")
    with pytest.raises(ConflictError) as refused:
        require_mode(event, "Actual")
    assert refused.value.field == "mode"
    require_mode(event, "Exercise")
    with pytest.raises(InvalidError):
        open_event("e", "ESSAI", "ACEL", "System", NOON)


def test_closing_and_reopening() -> None:
    """An end, then none; asked twice, nothing changes; an end before the start is refused."""
    event = Stage().event
    closed = close_event(event, NOON + timedelta(hours=1))
    assert (closed.status, closed.ended_at, closed.revision) == ("closed", NOON + timedelta(hours=1), 2)
    assert close_event(closed, NOON + timedelta(hours=2)) is closed
    assert (reopen_event(closed).status, reopen_event(closed).ended_at) == ("open", None)
    assert reopen_event(event) is event
    with pytest.raises(InvalidError) as refused:
        close_event(event, NOON - timedelta(hours=1))
    assert refused.value.field == "ended_at"


def test_a_change_names_what_may_change() -> None:
    """A known field changes, an unknown one is named, the same value is no change."""
    event = Stage().event
    assert change_event(event, name="AUTRE ESSAI").revision == 2
    assert change_event(event, name="ESSAI") is event
    for changes, field in (
        ({"id": "x"}, "id"),
        ({"name": " "}, "name"),
        ({"started_at": datetime(2020, 9, 1)}, "started_at"),  # noqa: DTZ001 - a naive date is what is refused
    ):
        with pytest.raises(InvalidError) as refused:
            change_event(event, **changes)
        assert refused.value.field == field


def test_r22_places_have_one_name_each() -> None:
    """Declared again, nothing changes; a taken name or id is refused; an unknown place too."""
    event = Stage().event
    assert add_localisation(event, "pma", "PMA") is event
    for place_id, name in (("pma", "Autre"), ("new", "pma")):
        with pytest.raises(ConflictError):
            add_localisation(event, place_id, name)
    with pytest.raises(UnknownError):
        rename_localisation(event, "lune", "Lune")
    renamed = rename_localisation(event, "pma", "PMA 1").localisation("pma")
    assert renamed is not None
    assert (renamed.name, renamed.letter) == ("PMA 1", "D")


def test_r22_a_removed_place_is_offered_no_more() -> None:
    """Neither to a new patient nor in the canon, and it can be removed once."""
    stage = Stage()
    stage.event = remove_localisation(stage.event, "pma")
    assert "pma" not in [place["id"] for place in event_canon(stage.event, None)["localisations"]]
    with pytest.raises(UnknownError):
        stage.create(localisation_id="pma")
    with pytest.raises(UnknownError):
        remove_localisation(stage.event, "pma")


def test_an_event_is_kept_exactly() -> None:
    """Through JSON and back; its canon has every key of its shape."""
    event = change_event(Stage().event, particularity_groups={"B": "essai"})
    event = close_event(link_event(event, "sinus", Link("link", "S-1")), NOON + timedelta(days=1))
    assert event_from_record(json.loads(json.dumps(event_to_record(event)))) == event
    stamp = Stage().stamp()
    document = event_document(event, stamp, "sinus")
    assert document["event"].keys() == EventCanon.__annotations__.keys()
    assert (document["mode"], document["revision"]) == ("Exercise", event.revision)
