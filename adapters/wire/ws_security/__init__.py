"""WS-Security: a user name and digest, X.509 signatures made and checked, and whom we trust."""
