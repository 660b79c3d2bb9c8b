"""The gateway proved from its doors, over the real register, outbox and adapters."""
