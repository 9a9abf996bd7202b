"""What all SDKs with `chat.completions.create` have in common: OpenAI's, and those made like it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chaos_llm.sdk_matrix.client import Scene, called


def body(scene: Scene, model: str) -> dict[str, Any]:
    """The arguments of `create`."""
    tools = {"tools": scene.functions} if scene.tools else {}
    return {"model": model, "messages": scene.messages, **tools}


def read(completion: Any) -> str:
    """What an app reads of a whole completion."""
    if isinstance(completion, str):  # what was no JSON is handed on as text
        return completion
    told = ""
    for choice in completion.choices or ():
        message = choice.message
        told += message.content or getattr(message, "refusal", "") or ""
        told += calls(message.tool_calls)
    return told


def pieces(chunks: Any) -> Iterator[str]:
    """What an app reads of each chunk."""
    for chunk in chunks:
        for choice in chunk.choices or ():
            delta = choice.delta
            yield delta.content or getattr(delta, "refusal", "") or ""
            yield calls(delta.tool_calls)


def calls(made: Any) -> str:
    """Tool calls, or their pieces: only the first piece of one has its name."""
    return "".join(
        called(getattr(call.function, "name", None), getattr(call.function, "arguments", "") or "")
        for call in made or ()
    )
