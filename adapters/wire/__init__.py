"""The ground floor that every adapter shares: HTTP, links, signatures, simulators. Knows no neighbour."""
