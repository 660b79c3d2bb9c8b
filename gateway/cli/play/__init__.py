"""`passerelle play`: whole crises, played through the real doors against the shipped simulators, and judged by who is held where."""
