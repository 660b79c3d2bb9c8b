"""A one-click request for a SAMU: as its sender wrote it, as it was read, where it goes and where it is."""
