"""The page: what is true now, for tired people. Static files and one session door; everything it shows comes from the doors."""
