"""Questions to the outbox inside a caller's transaction: where a message is, how far the messages of a scope are."""
