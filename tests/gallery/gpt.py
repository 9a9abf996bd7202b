"""GPT with nothing around it: the other vendor of apps that fall back."""

from __future__ import annotations

import openai
from support.chat_messages import from_user

GPT = "gpt-5.5"


def ask_gpt(question: str) -> str:
    completion = openai.OpenAI(max_retries=0).chat.completions.create(
        model=GPT, messages=from_user(question)
    )
    return completion.choices[0].message.content
