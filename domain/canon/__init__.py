"""Canon: the JSON-safe documents that the outbox carries and the mapping files read. No wire stands in here."""
