"""The doors of the people on duty: the outbox, parked messages, links, alarms, measures."""
