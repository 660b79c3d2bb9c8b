"""The hot statements, as SQLite and PostgreSQL each say them."""
