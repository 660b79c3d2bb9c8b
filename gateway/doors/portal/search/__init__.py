"""The two searches of the portal: in one event, and over every event of the caller."""
