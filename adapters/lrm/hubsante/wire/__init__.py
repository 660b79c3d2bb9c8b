"""Bytes of the hub: connections, envelopes, what sits where, and what answers a message."""
