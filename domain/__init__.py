"""What a victim is, and the rules. Pure: no I/O, no framework, no clock, no target system."""
