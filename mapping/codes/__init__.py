"""Code tables: our code on one side, the neighbour's on the other."""
