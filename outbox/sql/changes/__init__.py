"""What changes messages inside a transaction: enqueue, settle, withdraw, decide."""
