"""Simulated users that call the app on a schedule."""
