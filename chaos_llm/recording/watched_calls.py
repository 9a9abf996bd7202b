"""What the recorders of the client libraries share: which calls are watched, and how they end."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chaos_llm.recording.call_observer import CallObserver, Recorder
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.requests.hosts import Hosts

# A client may close a stream after its last event, before the bytes that end the body.
_LAST_EVENTS = (b"[DONE]", b"message_stop", b"response.completed")
_CONNECT: tuple[tuple[str, CallEnd], ...] = (  # words in the message of an error in connecting
    ("name or service", "unresolved"),
    ("getaddrinfo", "unresolved"),
    ("nodename", "unresolved"),
    ("name resolution", "unresolved"),
    ("failed to resolve", "unresolved"),
    ("ssl", "tls"),
    ("certificate", "tls"),
    ("tls", "tls"),
)


class Watch:
    """Watches the calls to providers; all others are left alone."""

    def __init__(self, recorder: Recorder, hosts: Hosts) -> None:
        self._recorder, self._hosts = recorder, hosts

    def observer(
        self,
        method: str,
        url: str,
        address: tuple[str, int | None, str],
        headers: Mapping[str, Any],
    ) -> CallObserver | None:
        """The observer of a call to an address (host, port, scheme); None for any other host."""
        if not self._hosts.names(*address):
            return None
        folded = {str(name).lower(): text(value) for name, value in headers.items()}
        at = datetime.now(UTC).timestamp()
        return CallObserver(self._recorder, method, url, folded, at, now())


class WatchedReply:
    """The reply to a call; its content is noted as the client gets it."""

    def __init__(self, observer: CallObserver, status: int, headers: Mapping[str, Any]) -> None:
        self._observer, self._last = observer, b""
        observer.reply_head(status, {str(n).lower(): text(v) for n, v in headers.items()})

    def piece(self, data: bytes) -> None:
        self._observer.reply_content(data, now())
        self._last = (self._last + data)[-400:]

    def ended(self, how: CallEnd) -> None:
        """The reply has ended; later endings do not count."""
        if how == "abandoned" and any(event in self._last for event in _LAST_EVENTS):
            how = "complete"
        self._observer.end(how, now())


def end_of_connecting(error: BaseException) -> CallEnd:
    """How a call ended that got no connection, by the words of its error."""
    message = str(error).casefold()
    return next((end for word, end in _CONNECT if word in message), "refused")


def bytes_of(body: object) -> bytes:
    """The bytes of a request's body; empty for one that is read from a file or an iterator."""
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    if isinstance(body, dict | list):
        return json.dumps(body, default=str).encode()
    return bytes(body) if isinstance(body, bytes | bytearray | memoryview) else b""


def text(value: Any) -> str:
    """The text of a header's value."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def now() -> float:
    """The clock that the process sees: in an outage it is virtual."""
    return time.monotonic()  # noqa: TID251 - as the app reads it
