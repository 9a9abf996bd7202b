"""Claude with nothing around it: the other vendor of apps that fall back."""

from __future__ import annotations

import anthropic
from support.chat_messages import from_user

CLAUDE = "claude-sonnet-5-5"


def ask_claude(question: str) -> str:
    message = anthropic.Anthropic(max_retries=0).messages.create(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    )
    return message.content[0].text
