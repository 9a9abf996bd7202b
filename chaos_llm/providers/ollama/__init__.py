"""Ollama's wire formats."""
