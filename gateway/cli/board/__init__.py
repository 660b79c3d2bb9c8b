"""`passerelle board`: the boards of an event as files."""
