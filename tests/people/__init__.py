"""People who sign in: by a provider that runs, and by what one really says of a professional."""
