"""The names that systems give to a victim: SINUS bracelets, CATA codes, and who gave which from when to when."""
