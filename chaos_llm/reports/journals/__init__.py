"""Journals as files, and what they say in sentences."""
