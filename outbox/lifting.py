"""How many deliveries at once a destination is given: one after it was not there, twice as many after each that reached it.

A neighbour that comes back from a long outage is met by one knock, then two, four, eight, never by the whole queue.
"""

from __future__ import annotations


class Lift:
    """The width of the way to one destination."""

    def __init__(self, full: int) -> None:
        self._full = full
        self.width = full
        """How many deliveries may be under way now."""

    def learn(self, *, reached: bool) -> None:
        """Take in the end of one delivery: whether the neighbour was there."""
        self.width = min(self._full, self.width * 2) if reached else 1
