"""Time, in this process."""
