"""Acme's outage profiles."""
