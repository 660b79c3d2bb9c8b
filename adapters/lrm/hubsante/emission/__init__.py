"""What we emit: contents, notes, older models, and what may be said again."""
