"""The pair most tests of this wire start from."""

from __future__ import annotations

import pytest

from tests.portal.portal_pair import Pair


@pytest.fixture
def pair() -> Pair:
    """A portal in real mode that shares one secret with us."""
    return Pair()
