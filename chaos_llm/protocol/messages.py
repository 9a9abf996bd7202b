"""The frozen nouns of one exchange, from the bytes of a request to the bytes of its reply.

    WireRequest -parse-> Request -script-> Answer -render-> Reply

All durations are float seconds. Nothing here reads a clock, rolls a die or touches a socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from chaos_llm.protocol.fast_dataclass import quick

UNSERVED = "unserved"  # the surface of paths that a vendor may have and no provider here serves


@quick(frozen=True, slots=True)
class WireRequest:
    """A request as it came: header names in lower case, body in full.

    `connected`: whether its connection could fail was decided before it, and it did not.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    reused: bool | None = None  # whether its connection carried a request before; None: not known
    connected: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the app offers to the model; `parameters` is its JSON schema."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's wish to have a tool called; `arguments` is JSON text, so it can be broken.

    `cut`: the arguments stop where the request's limit of tokens did.
    """

    name: str
    arguments: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed for one completion.

    `input_tokens` are those of the whole prompt, `output_tokens` all that were generated. Of the
    first, `cache_read_tokens` came out of the vendor's prompt cache, `cache_write_tokens` were put
    there for some minutes and `long_cache_write_tokens` for an hour; of the second,
    `reasoning_tokens` were thought.
    """

    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    long_cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thinks before it answers.

    `signed=False`: the signature that vendors want back with it is lost. `redacted`: the vendor
    shows ciphertext in its place.
    """

    text: str
    signed: bool = True
    redacted: bool = False


class BrokenRule(NamedTuple):
    """The rule of a vendor's API that a request breaks, and how, in our words.

    BrokenRule("anthropic messages: role", "Anthropic takes no role 'tool' (messages.2.role)")
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider's "no", before its dialect is known.

    `kind` is one of KINDS, or "context_length", which only endpoints with a model know; a provider
    turns it into its own status, type, code and message.
    `status`, `message`, `type`, `code` and `param` override the provider's default for that kind,
    as far as its dialect has such a field. `details` is what a dialect says besides, in its own
    form. `broken_rule` is set where the request itself was at fault.
    """

    kind: str
    status: int | None = None
    message: str | None = None
    retry_after: float | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    details: Any = None
    broken_rule: BrokenRule | None = None

    KINDS = (
        "invalid_request",
        "auth_expired",
        "permission",
        "not_found",
        "method_not_allowed",
        "too_large",
        "rate_limited",
        "quota",
        "server_error",
        "overloaded",
        "timeout",
    )


@dataclass(frozen=True, slots=True)
class Break:
    """An error inside a stream: after that share (0 to 1) of the content, `refusal` in-band."""

    after: float
    refusal: Refusal
    within: str = "answer"  # or "tool": a share of the tools' arguments, not of all content


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model says: text, tool calls, or both.

    `stop` is "end", "tool", "length" or "refusal". `broken_by` ends a stream with an in-band error.
    `reasoning` comes before the text, in dialects that show it. `stop_sequence` is the one of the
    request's that ended the text. `alternatives` are the second and further of several answers that
    were asked for. `filtered` is what a content filter found that cut the answer short: a category.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop: str = "end"
    usage: Usage = Usage(0, 0)
    broken_by: Break | None = None
    tells_usage: bool = True  # False: the reply does not say what was billed
    reasoning: Reasoning | None = None
    stop_sequence: str | None = None
    alternatives: tuple[Completion, ...] = ()
    filtered: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What an endpoint without a model says: an OAuth token, a status page; JSON or a redirect.

    `content` is said in the place of JSON, where it is a file; `media` is its type.
    """

    json: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    media: str = "application/octet-stream"


Answer = Completion | Document | Refusal


@quick(frozen=True, slots=True)
class Request:
    """One parsed request to a provider.

    `prompt` is the last user message's text. `answers_tool`: the conversation ends with a tool's
    result. `forced_tool` is the tool's name, or "" where any must be called. `credential` is a
    keyed fingerprint, never the secret. `invalid` is the refusal that the real API would send.
    `reasons`: the model thinks before it answers. `max_tokens` and `stop_sequences` limit what it
    says, and `choices` is how many answers are asked for.
    """

    provider: str
    api: str
    surface: str
    host: str
    path: str
    model: str = ""
    stream: bool = False
    prompt: str = ""
    tools: tuple[Tool, ...] = ()
    forced_tool: str | None = None
    answers_tool: bool = False
    schema: Mapping[str, Any] | None = None
    credential: str = ""
    region: str = ""
    size: int = 0
    input_tokens: int = 0
    turns: int = 0  # messages of the user so far; 0 where the format does not say
    invalid: Refusal | None = None
    reasons: bool = False
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    choices: int = 1
    body: Any = field(default=None, repr=False, compare=False)


class Ending(Enum):
    """How a reply ends on the wire."""

    COMPLETE = "complete"  # all bytes, then the terminator that the framing asks for
    CLOSED = "closed"  # FIN too early: before the headers, or in mid-body without a terminator
    RESET = "reset"  # RST
    REFUSED = "refused"  # no connection at all
    UNRESOLVED = "unresolved"  # none either: the host's name has no address
    CONNECT_TIMEOUT = "connect timeout"  # none either: nobody answers the SYN
    TLS_FAILED = "tls failed"  # a connection that dies in the TLS handshake
    SILENT = "silent"  # nothing more ever comes, and the connection stays open


class Chunk(NamedTuple):
    """Bytes of a body, and the pause before them; `content` marks a piece of the answer."""

    delay: float
    data: bytes
    content: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and a timeline of chunks with its ending.

    `wait` is the pause before the headers. `pieces` counts those of the answer, also where they
    share a chunk. Without a chunk, an ending other than COMPLETE comes before the headers.
    `websocket`: the chunks are what is sent on a websocket, see protocol/websocket.py; where the
    reply is not `streamed`, it is the one to the upgrade.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[Chunk, ...]
    wait: float = 0.0
    ending: Ending = Ending.COMPLETE
    streamed: bool = False
    pieces: int = 1
    ping: bytes = b""  # what this dialect sends to keep a silent stream open, if anything
    websocket: bool = False

    @property
    def is_upgrade(self) -> bool:
        """Whether it opens a session on a websocket, in which no answer has begun."""
        return self.websocket and not self.streamed

    def later(self, seconds: float) -> Reply:
        """The same reply, its headers that much later."""
        return replace(self, wait=self.wait + seconds) if seconds else self

    def first_piece_later(self, seconds: float) -> Reply:
        """The same reply, its first content that much later; a whole reply is late as a whole."""
        if not seconds or self.is_upgrade:
            return self
        if not self.streamed:
            return self.later(seconds)
        for index, chunk in enumerate(self.chunks):
            if chunk.content:
                late = chunk._replace(delay=chunk.delay + seconds)
                return replace(self, chunks=(*self.chunks[:index], late, *self.chunks[index + 1 :]))
        return self

    def pieces_later(self, seconds: float) -> Reply:
        """The same reply with a pause before each piece after the first."""
        if not seconds or self.is_upgrade:
            return self
        if not self.streamed:
            return self.later(seconds * max(0, self.pieces - 1))
        first, chunks = True, []
        for chunk in self.chunks:
            if chunk.content and not first:
                chunk = chunk._replace(delay=chunk.delay + seconds)  # noqa: PLW2901 - the paced twin
            first = first and not chunk.content
            chunks.append(chunk)
        return replace(self, chunks=tuple(chunks))

    @property
    def body(self) -> bytes:
        """All bytes of the body, without their pauses."""
        return b"".join(chunk.data for chunk in self.chunks)
