"""The tests: rooms as in the house, servers they start, and what one suite proves over many."""
