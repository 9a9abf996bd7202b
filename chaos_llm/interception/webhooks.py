"""The webhooks of an outage in process, with their options."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypedDict, Unpack

from chaos_llm.durations import Duration
from chaos_llm.engine.webhooks import SECRET_VARIABLE, Webhooks, delivery, made_up_secret
from chaos_llm.errors import UsageError, refuse_unknown
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.webhook_apps import WebhookApp, later_on, post_to


class WebhookOptions(TypedDict, total=False):
    """Options of `webhooks()`.

    `copies=2` sends each webhook twice with the same `webhook-id`, which OpenAI says is rare.
    """

    secret: str
    events: Sequence[str]
    delay: Duration
    copies: int


def webhooks_of(
    context: InterceptionContext,
    url: str,
    app: WebhookApp | None,
    **options: Unpack[WebhookOptions],
) -> Webhooks:
    """Send webhooks to this app or URL from now on; raises UsageError and UnknownName."""
    refuse_unknown("webhooks()", options, WebhookOptions.__annotations__)
    if not context.clock.manages_threads:
        raise UsageError('webhooks need threads on the outage\'s clock: no threads="refuse" here')
    options.setdefault("secret", os.environ.get(SECRET_VARIABLE) or made_up_secret())
    sent = delivery(url, **options)
    engine = context.engine
    post = post_to(url, app, engine.now)
    return Webhooks(engine, sent, later_on(context.clock), post, engine.unix)
