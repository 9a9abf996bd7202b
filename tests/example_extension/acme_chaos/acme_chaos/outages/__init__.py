"""Acme's bad days."""
