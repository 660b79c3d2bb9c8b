"""Events and their victims: what was observed, what is true now, how far it went."""
