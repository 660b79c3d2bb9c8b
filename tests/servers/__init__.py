"""Real servers that tests start for themselves, on free ports of this machine, and stop."""

from __future__ import annotations

import os  # A test run says by CI that nothing may be skipped.

import pytest


def need(condition: object, reason: str) -> None:
    """Skip the test when `condition` is false; fail it instead where CI is set, so that nothing is silently unproved."""
    if condition:
        return
    if os.environ.get("CI"):  # noqa: TID251 - the switch belongs to the test run, not to the product
        pytest.fail(f"not skipped, because CI is set: {reason}")
    pytest.skip(reason)
