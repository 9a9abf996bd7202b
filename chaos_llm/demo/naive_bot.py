"""A support bot as it is first written: one vendor, the SDK's defaults."""

from __future__ import annotations

import anthropic

MODEL = "claude-sonnet-5-5"
INSTRUCTIONS = "You answer customers of an online shop, briefly and kindly."


class NaiveBot:
    """Answers with Claude, or not at all."""

    def __init__(self) -> None:
        self._claude = anthropic.Anthropic()

    def answer(self, question: str) -> str:
        """Answer one question."""
        message = self._claude.messages.create(
            model=MODEL,
            max_tokens=500,
            system=INSTRUCTIONS,
            messages=[{"role": "user", "content": question}],
        )
        return "".join(block.text for block in message.content if block.type == "text")
