"""`passerelle outbox`: what waits, what is parked and why; replay, discard, pause, resume."""
