"""Processes that the local system starts, watches and ends."""
