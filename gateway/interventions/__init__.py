"""Intervention requests from the click to the last word of the CRRA: accepted, routed, followed, shown."""
