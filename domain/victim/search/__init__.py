"""How a person is searched for: by names as people type them, and by what is typed or scanned."""
