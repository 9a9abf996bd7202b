"""Sends what providers announce to an app's webhook endpoint, and again where it was not taken.

How time passes and how bytes leave is given: in process by threads on the outage's clock, on the
server by its event loop.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from chaos_llm.durations import Duration, seconds
from chaos_llm.engine.engine import Engine
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import stuck_batch
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import WireRequest
from chaos_llm.protocol.webhooks import (
    SENDER,
    Webhook,
    WebhookAttempt,
    WebhookEndpoint,
    wait_after,
)
from chaos_llm.providers import find
from chaos_llm.providers.openai.webhooks import BATCH_EVENTS

PROVIDER = "openai"  # the only one of ours that sends webhooks
SECRET_VARIABLE = "OPENAI_WEBHOOK_SECRET"  # noqa: S105 - OpenAI's SDKs read it
DELAY = "1s"  # from a batch's end to its webhook: assumed; a minute in the documentation's example
_SECRET_BITS = 256
_STILL_STUCK = 60.0  # seconds between two looks at a batch that does not end
_MOST_ATTEMPTS = 10_000  # that are remembered; a server may run for months

Later = Callable[[float, Callable[[], None]], None]
Answered = Callable[[int, str], None]  # with the status, 0 for none, and what the app raised
Post = Callable[[Mapping[str, str], bytes, Answered], None]


@dataclass(frozen=True)
class Delivery:
    """Where webhooks go, `delay` seconds after their events, and how often each is sent."""

    endpoint: WebhookEndpoint
    delay: float
    copies: int


def delivery(
    url: str,
    secret: str,
    events: Sequence[str] = (),
    delay: Duration = DELAY,
    copies: int = 1,
) -> Delivery:
    """A delivery with these options; raises UsageError and UnknownName."""
    for event in events:
        if event not in BATCH_EVENTS:
            raise UnknownName("event", event, BATCH_EVENTS)
    if copies not in (1, 2):
        raise UsageError(f"copies is how often each webhook is sent, 1 or 2; got {copies!r}")
    return Delivery(WebhookEndpoint(url, secret, frozenset(events)), seconds(delay), copies)


def made_up_secret() -> str:
    """A secret in the form of OpenAI's, the same in every process."""
    number = KeyedRandom("webhook secret").number(_SECRET_BITS)
    return "whsec_" + base64.b64encode(number.to_bytes(_SECRET_BITS // 8, "big")).decode()


class Webhooks:
    """One endpoint of an app, what was sent to it, and what is on its way.

    `later` runs a function after some seconds of the outage, `post` sends one request. `unix` is
    the time in an attempt's signature.
    """

    def __init__(
        self,
        engine: Engine,
        sent: Delivery,
        later: Later,
        post: Post,
        unix: Callable[[], float],
    ) -> None:
        self.endpoint = sent.endpoint
        self.attempts: list[WebhookAttempt] = []
        self._engine, self._later, self._post, self._unix = engine, later, post, unix
        self._delay, self._copies = sent.delay, sent.copies
        engine.overrides.kept.setdefault(PROVIDER, {})[SENDER] = self

    def __repr__(self) -> str:
        """The URL, and how many attempts there were."""
        return f"<Webhooks to {self.endpoint.url}: {len(self.attempts)} attempts>"

    @property
    def secret(self) -> str:
        """The signing secret, which the app verifies webhooks with."""
        return self.endpoint.secret

    def send_in(self, delay: float, make: Callable[[float], Webhook | None]) -> None:
        """Ask `make` for a webhook after so many seconds, and send it."""
        self._later(delay + self._delay, partial(self._announce, make))

    def _announce(self, make: Callable[[float], Webhook | None]) -> None:
        webhook = make(self._engine.unix())
        if webhook is None or not self.endpoint.takes(webhook.type):
            return
        self._send_unless_stuck(webhook)

    def _send_unless_stuck(self, webhook: Webhook) -> None:
        if self._is_stuck(webhook):
            self._later(_STILL_STUCK, partial(self._send_unless_stuck, webhook))
            return
        for _ in range(self._copies):
            self._attempt(webhook, 1, self._engine.now())

    def _is_stuck(self, webhook: Webhook) -> bool:
        """Whether the API shows a batch that has completed as one that is still at work."""
        if webhook.type != "batch.completed":
            return False
        wire = WireRequest("GET", "api.openai.com", webhook.path, "", {}, b"")
        request = find(PROVIDER, wire.method, wire.path).parse(wire)
        open_now = self._engine.overrides.faults_at(request, self._engine.now())
        return any(isinstance(fault, stuck_batch) for fault in open_now)

    def _attempt(self, webhook: Webhook, number: int, first: float) -> None:
        at = self._engine.now()

        def answered(status: int, error: str) -> None:
            names = (webhook.type, webhook.object_id, webhook.id)
            attempt = WebhookAttempt(at, *names, number, status, error)
            if len(self.attempts) < _MOST_ATTEMPTS:
                self.attempts.append(attempt)
            wait = wait_after(number, self._engine.now() - first)
            if not attempt.delivered and wait is not None:
                self._later(wait, partial(self._attempt, webhook, number + 1, first))

        headers = webhook.signed(self.endpoint.secret, int(self._unix()))
        self._post(headers, webhook.body, answered)
