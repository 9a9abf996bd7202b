"""The webhooks of OpenAI's batches.

Headers and body are those of the example in OpenAI's documentation of webhooks, the events those
of openai.types.webhooks.
"""

from __future__ import annotations

import json

from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.webhooks import Webhook

BATCH_EVENTS = ("batch.completed", "batch.failed", "batch.expired", "batch.cancelled")
_HEADERS = (
    ("user-agent", "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"),
    ("content-type", "application/json"),
)


def batch_webhook(batch_id: str, status: str, created: float) -> Webhook | None:
    """The event of a batch that has ended so, at a Unix time; None for one that has not ended."""
    event = f"batch.{status}"
    if event not in BATCH_EVENTS:
        return None
    rng = KeyedRandom("webhook", batch_id, event)
    body = {
        "object": "event",
        "id": f"evt_{_drawn(rng)}",
        "type": event,
        "created_at": int(created),
        "data": {"id": batch_id},
    }
    path = f"/v1/batches/{batch_id}"
    text = json.dumps(body, separators=(",", ":"))
    return Webhook(event, f"wh_{_drawn(rng)}", batch_id, path, _HEADERS, text.encode())


def _drawn(rng: KeyedRandom) -> str:
    return f"{rng.number(128):032x}"
