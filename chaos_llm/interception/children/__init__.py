"""Processes that are started in an outage: no request of theirs reaches a provider, either."""
