"""Journals as files, and their explanation in sentences."""
