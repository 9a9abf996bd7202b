"""Gemini, Vertex AI and Google's login."""
