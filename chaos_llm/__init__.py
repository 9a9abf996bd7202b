"""Replay recorded LLM provider outages against your own code."""
