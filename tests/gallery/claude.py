"""Claude with nothing around it: the other vendor of apps that fall back."""

from __future__ import annotations

import anthropic

CLAUDE = "claude-sonnet-5-5"


def said(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def ask_claude(question: str) -> str:
    message = anthropic.Anthropic(max_retries=0).messages.create(
        model=CLAUDE, max_tokens=300, messages=said(question)
    )
    return message.content[0].text
