"""Who is counted, and the boards that show it."""
