"""The operations of webhooks: where a run sends them, and what was sent."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from chaos_llm.durations import seconds
from chaos_llm.engine.webhooks import DELAY, SECRET_VARIABLE, delivery, made_up_secret
from chaos_llm.errors import UsageError
from chaos_llm.server.admin.requests import AdminRequest, text, whole

ARGUMENTS = ("url", "secret", "events", "delay", "copies")
_LONGEST_URL, _LONGEST_SECRET = 2000, 200  # letters
_SHOWN = 200  # attempts, the latest ones


def send(request: AdminRequest) -> Any:
    """Send the run's webhooks to a URL from now on; a secret that was made up is in the answer."""
    arguments = request.arguments
    request.need("url")
    secret = text(arguments, "secret", _LONGEST_SECRET) or os.environ.get(SECRET_VARIABLE, "")
    events = arguments.get("events", [])
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        raise UsageError("events is a list of texts")
    copies = whole(arguments, "copies", 2, "copies is how often each webhook is sent")
    sent = delivery(
        text(arguments, "url", _LONGEST_URL),
        secret or made_up_secret(),
        events,
        seconds(arguments.get("delay", DELAY)),
        1 if copies is None else copies,
    )
    request.run.send_webhooks(sent)
    made_up = {} if secret else {"secret": sent.endpoint.secret}
    return _shown(request) | made_up


def attempts(request: AdminRequest) -> Any:
    """The endpoint and the latest attempts to deliver to it."""
    return _shown(request)


def _shown(request: AdminRequest) -> dict[str, Any]:
    webhooks = request.run.webhooks
    if webhooks is None:
        return {"url": None, "attempts": []}
    sent = webhooks.sent
    latest = [
        asdict(attempt) | {"delivered": attempt.delivered} for attempt in sent.attempts[-_SHOWN:]
    ]
    return {"url": sent.endpoint.url, "attempts": latest}
