"""SOAP, as a server and as a client, by one contract."""
