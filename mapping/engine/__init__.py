"""Mapping files at work: compiled once, run many times, followed backwards, traced."""
