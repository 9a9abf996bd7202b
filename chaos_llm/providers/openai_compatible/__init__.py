"""Vendors and servers that speak OpenAI's Chat Completions."""
