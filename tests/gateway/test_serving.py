"""What a process does once it is up."""

from __future__ import annotations

import gc

from gateway.serving import settle_memory


def test_what_was_loaded_at_start_is_walked_no_more() -> None:
    """A full collection would walk all of it and hold every door meanwhile."""
    try:
        settle_memory()
        assert gc.get_freeze_count() > len(gc.get_objects())
    finally:
        gc.unfreeze()
