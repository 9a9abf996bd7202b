"""GPT with nothing around it: the other vendor of apps that fall back."""

from __future__ import annotations

import openai

GPT = "gpt-5.5"


def said(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def ask_gpt(question: str) -> str:
    completion = openai.OpenAI(max_retries=0).chat.completions.create(
        model=GPT, messages=said(question)
    )
    return completion.choices[0].message.content
