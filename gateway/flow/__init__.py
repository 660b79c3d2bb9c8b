"""One change of a victim, in one transaction: accepted, routed, restricted, sent."""
