"""Cohere's wire formats."""
