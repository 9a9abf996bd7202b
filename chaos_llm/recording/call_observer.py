"""Watches one call as its bytes go by, and makes its record when it has ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Any

from chaos_llm.protocol.redaction import Secrets, without_shapes
from chaos_llm.recording.content_encoding import decoded
from chaos_llm.recording.http_call import http_call
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.recording.recording_file import RecordingWriter, record
from chaos_llm.recording.texts import masked_body

_MOST_KEPT = 4 * 1024 * 1024  # bytes of a body that are kept until the call has ended
_MOST_TIMES = 1000  # chunks whose times are written; later ones are added up in the last
# An event of a stream with content, in the wire formats of the vendors: Anthropic, OpenAI
# (Responses and Chat Completions), Gemini, Bedrock.
_CONTENT = re.compile(
    rb'content_block_delta|output_text\.delta|"delta":\s*\{[^{}]*"(?:content|reasoning\w*)":\s*"[^"]'
    rb'|"delta":\s*\{[^{}]*"tool_calls"|"text":\s*"[^"]|contentBlockDelta|"response":\s*"[^"]'
)

KEEPS = ("shapes", "texts")


class Recorder:
    """The recording of one process: its file, its secrets, and what it keeps.

    With `keep="texts"` prompts and answers are written, too, without secrets. Names of users and
    keys become digests that mean nothing outside this recording.
    """

    def __init__(
        self, path: Path, keep: str = "shapes", tell: Callable[[str], None] = print
    ) -> None:
        self.writer = RecordingWriter(path, keep, tell)
        self.keeps_texts = keep == "texts"
        self.secrets = Secrets()
        self._salt = token_bytes(16)

    def digest(self, name: str) -> str:
        return blake2b(name.encode("utf-8", "replace"), digest_size=6, key=self._salt).hexdigest()

    def close(self) -> None:
        self.writer.close()


@dataclass
class CallObserver:
    """One call. All times are seconds of one monotonic clock; `at` is seconds since 1970."""

    recorder: Recorder
    method: str
    url: str
    headers: Mapping[str, str]  # names in lower case
    at: float
    began: float
    status: int = 0
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    _asked: bytearray = field(default_factory=bytearray)
    _said: bytearray = field(default_factory=bytearray)
    _chunks: list[list[float]] = field(default_factory=list)
    _first_byte: float | None = None
    _tokens: list[float] = field(default_factory=list)
    _line: bytearray = field(default_factory=bytearray)  # of a stream, as far as it came
    _sent = _received = 0
    _is_over = False

    def request_content(self, data: bytes) -> None:
        """Bytes of the request's body went by."""
        self._sent += len(data)
        if len(self._asked) < _MOST_KEPT:
            self._asked += data

    def reply_head(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of the reply went by; one before it (100 to 199) is forgotten."""
        self.status, self.reply_headers = status, headers

    def reply_content(self, data: bytes, now: float) -> None:
        """Content of the reply's body went by."""
        if not data:
            return
        since = now - self.began
        self._received += len(data)
        if self._first_byte is None:
            self._first_byte = since
        if len(self._chunks) < _MOST_TIMES:
            self._chunks.append([round(since, 4), len(data)])
        else:
            self._chunks[-1][1] += len(data)
        if len(self._said) < _MOST_KEPT:
            self._said += data
        if "event-stream" in self.reply_headers.get("content-type", ""):
            self._look_for_tokens(data, since)

    def _look_for_tokens(self, data: bytes, since: float) -> None:
        """Note the time of every event with content whose line is whole."""
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            self._tokens += [since] * len(_CONTENT.findall(bytes(self._line) + whole))
            self._line = bytearray(rest)
        elif len(self._line) < _MOST_KEPT:
            self._line += rest

    def end(self, how: CallEnd, now: float) -> None:
        """The call has ended: write its record. Later endings of the same call do not count."""
        if self._is_over:
            return
        self._is_over = True
        self.recorder.secrets.note(self.headers, self.url.partition("?")[2])
        self.recorder.secrets.note(self.reply_headers)
        written = self._record(how, now - self.began)
        self.recorder.writer.add(_masked(written, self.recorder.secrets))

    def _record(self, how: CallEnd, seconds: float) -> dict[str, Any]:
        asked, said = bytes(self._asked), self._content()
        call = http_call(
            at=self.at,
            method=self.method,
            url=self.url,
            request_headers=self.headers,
            request_body=asked,
            status=self.status,
            headers=self.reply_headers,
            body=said,
            digest=self.recorder.digest,
        )
        call.end, call.seconds, call.first_byte = how, seconds, self._first_byte
        if self._tokens and call.status < 400:
            call.first_token = self._tokens[0]
            if len(self._tokens) > 1:
                span = self._tokens[-1] - self._tokens[0]
                call.token = span / (len(self._tokens) - 1)
        more: dict[str, Any] = {"sent": self._sent, "received": self._received}
        if self._chunks:
            more["chunks"] = self._chunks
        if self.recorder.keeps_texts:
            more["request_body"] = _text(asked)
            more["reply_body"] = _text(said)
        return record(call, **more)

    def _content(self) -> bytes:
        """The body of the reply, decompressed where the standard library can."""
        return decoded(bytes(self._said), self.reply_headers.get("content-encoding", ""))


def _masked(value: Any, secrets: Secrets) -> Any:
    """The record without the secrets of requests, in whatever field."""
    if isinstance(value, str):
        return without_shapes(secrets.masked(value))
    if isinstance(value, dict):
        return {key: _masked(item, secrets) for key, item in value.items()}
    return value


def _text(body: bytes) -> str:
    return without_shapes(body.decode("utf-8", "replace"))


__all__ = ["KEEPS", "CallObserver", "Recorder", "masked_body"]
