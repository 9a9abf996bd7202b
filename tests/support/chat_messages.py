"""The messages of a request, as the chat APIs of Anthropic and OpenAI take them."""

from __future__ import annotations


def from_user(question: str) -> list[dict[str, str]]:
    """A conversation of one message of the user."""
    return [{"role": "user", "content": question}]
