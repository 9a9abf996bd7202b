"""OpenAI's batches as an app makes them, by the SDK."""

from __future__ import annotations

import io
import json
from typing import Any

PROMPTS = ("Where is my order?", "Can I return the teapot?")


def lines(**body: Any) -> bytes:
    """The file of a batch with a chat completion for each prompt."""
    asked = (
        {
            "custom_id": f"question-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "gpt-5.2", "messages": [{"role": "user", "content": text}]} | body,
        }
        for number, text in enumerate(PROMPTS)
    )
    return "\n".join(map(json.dumps, asked)).encode()


def begun(client: Any, data: bytes | None = None) -> Any:
    """Create a batch with a sync client."""
    asked = io.BytesIO(lines() if data is None else data)
    file = client.files.create(file=("batch.jsonl", asked), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )


async def begun_async(client: Any) -> Any:
    """Create a batch with an async client."""
    asked = ("batch.jsonl", io.BytesIO(lines()))
    file = await client.files.create(file=asked, purpose="batch")
    return await client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
