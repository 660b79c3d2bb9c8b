"""The neighbour that is known by its files alone."""
