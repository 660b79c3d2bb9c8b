"""The rules of a victim, each proved by its number."""
