"""What is true of every test: those that need the broker are known as such, whatever suite they stand in."""

from __future__ import annotations

import pytest

ON_A_NODE = frozenset({"rabbitmq", "fragile"})
"""The fixtures that start a RabbitMQ: one for the run, one that a test may kill."""
ON_A_BROKER = "lrm_hubsante"  # the builder, in the suite of the Destination port, that has a real one behind it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests on a real RabbitMQ, which run one after another, apart from the rest."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if ON_A_NODE.intersection(fixtures) or f"[{ON_A_BROKER}" in item.name or f"-{ON_A_BROKER}]" in item.name:
            item.add_marker(pytest.mark.rabbitmq)
