"""Keeping it running: alarms, heartbeats, measures, moving the database."""
