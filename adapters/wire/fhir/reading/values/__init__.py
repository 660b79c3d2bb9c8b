"""What one element of any resource says in words, and which of several stands on the day."""
