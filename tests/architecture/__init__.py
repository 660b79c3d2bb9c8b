"""The house as drawn: which way the arrows run, how large a thing may grow, what it may be called."""
