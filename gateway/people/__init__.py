"""People who sign in: the provider that says who they are, and what role that gives them here."""
