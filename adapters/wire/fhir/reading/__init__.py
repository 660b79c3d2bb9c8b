"""Bundles in: a request, its people and its notes, or an event and its victims."""
