"""The exchange with a libSQL server, for people with several machines."""
