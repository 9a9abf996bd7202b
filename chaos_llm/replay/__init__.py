"""Replays: simulated users who call the app on a schedule."""
