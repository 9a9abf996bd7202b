"""Outages that Hypothesis draws, and the search for the shortest that breaks an app."""
