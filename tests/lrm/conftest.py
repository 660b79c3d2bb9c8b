"""The pair most tests of this wire start from."""

from __future__ import annotations

import pytest

from tests.lrm.lrm_pair import Pair


@pytest.fixture
def pair() -> Pair:
    """A CRRA in real mode and our side of its link."""
    return Pair()
