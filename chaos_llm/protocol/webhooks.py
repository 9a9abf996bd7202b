"""Webhooks of vendors: what is posted to an app, its signature, and when it is posted again.

Signatures are those of the Standard Webhooks specification, which OpenAI's documentation names: an
HMAC-SHA256 of "id.timestamp.body", in base64. The same page says that a webhook whose receiver does
not answer with a 2xx "quickly" is sent again "with exponential backoff for up to 72 hours", that
redirects count as failures, and that a webhook may rarely come twice, with the same `webhook-id`.
The waits between attempts, and what "quickly" is, are assumed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaos_llm.errors import UsageError

SENDER = "webhook_sender"  # where a provider's kept state has what sends its webhooks
PATIENCE = 15.0  # seconds for an answer: assumed
_FIRST_WAIT = 5.0  # seconds before the second attempt, doubled with each one: assumed
_LIFETIME = 72 * 3600.0  # seconds from the first attempt
_PREFIX = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """An event as it is posted; `id` is the same in every attempt.

    `object_id` and `path` are those of the object that the event is about.
    """

    type: str
    id: str
    object_id: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def signed(self, secret: str, timestamp: int) -> dict[str, str]:
        """All headers of an attempt at this Unix time."""
        content = b"%s.%d.%s" % (self.id.encode(), timestamp, self.body)
        digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
        return {
            **dict(self.headers),
            "webhook-id": self.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def _key(secret: str) -> bytes:
    """The bytes of a secret: base64 behind "whsec_", else the text itself; raises UsageError."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise UsageError(f"a secret after {_PREFIX} is base64; this one is not") from None


@dataclass(frozen=True)
class WebhookEndpoint:
    """An address that a user of the vendor has registered; without `events` it gets all."""

    url: str
    secret: str
    events: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not _is_sound(self.url):
            raise UsageError(f"a webhook needs a URL that begins with http; got {self.url!r}")
        if not _key(self.secret):
            raise UsageError("a webhook needs a secret that is not empty")

    def takes(self, event: str) -> bool:
        """Whether events of this type are sent to it."""
        return not self.events or event in self.events


def _is_sound(url: str) -> bool:
    """Whether a request can be sent to a URL: with a host, a port, and no blank."""
    if not url.startswith(("http://", "https://")) or not url.isascii():
        return False
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018 - it raises for a port that is none
    except ValueError:
        return False
    return bool(parts.hostname) and url.isprintable() and " " not in url


@dataclass(frozen=True)
class WebhookAttempt:
    """One attempt to deliver a webhook, at a second of the profile.

    `number` counts the attempts for one delivery from 1. `status` is the app's, or 0 if it did not
    answer in time; `error` is what the app raised.
    """

    at: float
    event: str
    object_id: str
    webhook_id: str
    number: int
    status: int
    error: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the app accepted it; a redirect is no acceptance."""
        return 200 <= self.status < 300


def wait_after(number: int, elapsed: float) -> float | None:
    """Seconds until the next attempt; None where it would come after 72 hours."""
    wait = _FIRST_WAIT * float(1 << (number - 1))
    return wait if elapsed + wait <= _LIFETIME else None
