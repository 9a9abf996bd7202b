"""Profiles drawn and described as text."""
