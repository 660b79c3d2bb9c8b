"""A victim: what may be said of one, the care path, and the current record made of what was said."""
