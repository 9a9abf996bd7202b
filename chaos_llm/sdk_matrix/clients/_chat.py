"""Arguments and replies of `chat.completions.create`: OpenAI's SDK and the ones modelled on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chaos_llm.sdk_matrix.client import Scene, call_text


def body(scene: Scene, model: str) -> dict[str, Any]:
    """The arguments of `create`."""
    tools = {"tools": scene.functions} if scene.tools else {}
    return {"model": model, "messages": scene.messages, **tools}


def read(completion: Any) -> str:
    """The text of a whole completion, as an app reads it."""
    if isinstance(completion, str):  # the SDK returns a body that is not JSON as text
        return completion
    text = ""
    for choice in completion.choices or ():
        message = choice.message
        text += message.content or getattr(message, "refusal", "") or ""
        text += calls(message.tool_calls)
    return text


def pieces(chunks: Any) -> Iterator[str]:
    """The text of each chunk, as an app reads it."""
    for chunk in chunks:
        for choice in chunk.choices or ():
            delta = choice.delta
            yield thought(delta) or delta.content or getattr(delta, "refusal", "") or ""
            yield calls(delta.tool_calls)


def thought(delta: Any) -> str:
    """What a model thought in a delta: in a field of its own, or in a part of the content."""
    if isinstance(delta.content, list):  # Mistral's
        parts = (part for each in delta.content for part in getattr(each, "thinking", None) or ())
        return "".join(part.text for part in parts)
    return getattr(delta, "reasoning_content", "") or getattr(delta, "reasoning", "") or ""


def calls(tool_calls: Any) -> str:
    """Tool calls, or pieces of them, as text; only the first piece of a call has its name."""
    return "".join(
        call_text(
            getattr(call.function, "name", None), getattr(call.function, "arguments", "") or ""
        )
        for call in tool_calls or ()
    )
