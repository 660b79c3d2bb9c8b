"""The hub of the sandbox in parts: a broker, a dispatcher with its checks, a SAMU on the other side."""
