"""Mapping files while the gateway runs: versions in force, activation, dry runs, replay."""
