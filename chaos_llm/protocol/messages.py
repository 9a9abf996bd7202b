"""The frozen data types of one exchange, from the bytes of a request to the bytes of its reply.

    WireRequest -parse-> Request -answer-> Answer -render-> Reply

All durations are float seconds. Nothing here reads a clock, draws a random number or uses a socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from chaos_llm.errors import UsageError
from chaos_llm.protocol.fast_dataclass import quick
from chaos_llm.protocol.json_values import json_of

_new = tuple.__new__  # makes a Chunk in one call instead of two, for each piece of a stream
UNSERVED = "unserved"  # the surface of paths that a vendor may have and chaos_llm does not simulate
CLIENT = "client"  # the surface of what a vendor's own client asks for beside the model: telemetry


@quick(frozen=True, slots=True)
class WireRequest:
    """A request as received: header names in lower case, the whole body.

    `connected`: the faults of its connection were decided before it, and the connection stands.
    `session`: the number of the exchange that opened the websocket on which it came.
    `served`: it came to our server, which stands for the vendor whatever its host is called.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    reused: bool | None = None  # whether its connection carried a request before; None: unknown
    connected: bool = False
    session: int | None = None
    served: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the app offers to the model; `parameters` is its JSON schema."""

    name: str
    parameters: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that the model asks for; `arguments` is JSON text, which a fault may break.

    `cut`: the arguments were cut at the request's limit of tokens.
    """

    name: str
    arguments: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed for one completion.

    * input_tokens: the whole prompt; of these, `cache_read_tokens` were read from the vendor's
      prompt cache, `cache_write_tokens` were stored in it for some minutes, and
      `long_cache_write_tokens` for an hour
    * output_tokens: all generated tokens; of these, `reasoning_tokens` were spent on reasoning
    """

    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    long_cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The reasoning of a model before its answer.

    `signed=False`: it lacks the signature, without which vendors refuse it in a later request.
    `redacted`: the vendor sends ciphertext instead of the text.
    """

    text: str
    signed: bool = True
    redacted: bool = False


class BrokenRule(NamedTuple):
    """A rule of a vendor's API that a request breaks, and how it breaks it.

    BrokenRule("anthropic messages: role", "Anthropic takes no role 'tool' (messages.2.role)")
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error reply of a provider, independent of its wire format.

    `kind` is one of KINDS; the wire format turns it into its own status, type, code and message.
    Only endpoints with a model have "context_length", "content_filter" and "model_retired", and
    only those of a login have "invalid_grant".
    `status`, `message`, `type`, `code` and `param` override the provider's default for that kind,
    if its wire format has such a field. `details` are further fields of one wire format, in its own
    form. `broken_rule` is set if the request itself was at fault.

    `retry_after` are the seconds after which the client may retry, and `retry_at` is the Unix time
    if they are sent as a date; `wait_is_usual` leaves them out if the vendor sends none.
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
    retry_at: float | None = None
    wait_is_usual: bool = False

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
    """An error event inside a stream: `refusal`, sent after that share (0 to 1) of the content."""

    after: float
    refusal: Refusal
    within: str = "answer"  # or "tool": a share of the tool calls' arguments, not of all content


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer of a model: text, tool calls, or both.

    * stop: why it ended: "end", "tool", "length" or "refusal"
    * broken_by: the error event that ends its stream
    * reasoning: comes before the text, in wire formats that show it
    * stop_sequence: the stop sequence of the request that ended the text
    * alternatives: the second and further answers, if the request asked for several
    * filtered: the category for which a content filter cut the answer short
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop: str = "end"
    usage: Usage = Usage(0, 0)
    broken_by: Break | None = None
    tells_usage: bool = True  # False: the reply does not report the billed tokens
    reasoning: Reasoning | None = None
    stop_sequence: str | None = None
    alternatives: tuple[Completion, ...] = ()
    filtered: str = ""


def tool_call(name: str, /, *given: Any, **arguments: Any) -> Completion:
    """The answer that calls one tool: `tool_call("refund", order="KX-48213")`.

    The arguments are sent as JSON, and need not be what the tool's schema asks for. A Completion
    takes several tool calls, a text before them, or arguments that are no JSON.
    """
    if given or not isinstance(name, str):
        shown = ", ".join(map(repr, (name, *given)))
        raise UsageError(
            "tool_call() takes the tool's name, and its arguments by name, as in "
            f'tool_call("refund", order="KX-48213") or tool_call("refund", **{{...}}); got {shown}'
        )
    text = json_of(arguments, "the arguments of a tool call")
    return Completion(tool_calls=(ToolCall(name, text),), stop="tool")


@dataclass(frozen=True, slots=True)
class Document:
    """The answer of an endpoint without a model: an OAuth token, a status page; JSON or a redirect.

    `content` is sent instead of JSON if the answer is a file; `media` is its type.
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

    * prompt: the text of the last user message
    * answers_tool: whether the conversation ends with a tool's result
    * forced_tool: the name of the tool that must be called; "" if any tool must be called
    * credential: a keyed fingerprint, never the secret
    * invalid: the refusal that the real API would send
    * reasons: whether the model reasons before it answers
    * max_tokens, stop_sequences: the limits of the answer
    * choices: the number of answers that the request asks for
    * subscription: whether a login of a subscription pays, and no API key
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
    turns: int = 0  # user messages so far; 0 if the wire format does not show them
    invalid: Refusal | None = None
    reasons: bool = False
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    choices: int = 1
    subscription: bool = False
    body: Any = field(default=None, repr=False, compare=False)

    # What is the same in all requests that differ from this one in prompt and size alone, if it is
    # known that this one is of such a form.
    form: ClassVar[Any] = None


class Ending(Enum):
    """How a reply ends on the wire."""

    COMPLETE = "complete"  # all bytes, then the terminator of the framing
    CLOSED = "closed"  # FIN too early: before the headers, or inside the body without a terminator
    RESET = "reset"  # RST
    REFUSED = "refused"  # no connection: it is refused
    UNRESOLVED = "unresolved"  # no connection: DNS has no address for the host
    CONNECT_TIMEOUT = "connect timeout"  # no connection: the SYN is not answered
    TLS_FAILED = "tls failed"  # the connection closes in the TLS handshake
    SILENT = "silent"  # no further bytes, and the connection stays open


class Chunk(NamedTuple):
    """Bytes of a body, the pause before them in seconds, and whether they hold answer content."""

    delay: float
    data: bytes
    content: bool = False


@lru_cache(maxsize=256)
def _in_lower_case(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(str.lower, names))


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and a timeline of chunks with its ending.

    `wait` is the pause before the headers. `pieces` is the number of pieces of the answer, several
    of which may share a chunk. If there are no chunks, an ending other than COMPLETE happens before
    the headers. `websocket`: the chunks are sent on a websocket, see protocol/websocket.py; a reply
    that is not `streamed` is the one to the upgrade.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[Chunk, ...]
    wait: float = 0.0
    ending: Ending = Ending.COMPLETE
    streamed: bool = False
    pieces: int = 1
    ping: bytes = b""  # the keep-alive event of this wire format, if it has one
    websocket: bool = False

    @property
    def header_names(self) -> frozenset[str]:
        """The names of its headers in lower case."""
        return _in_lower_case(tuple([name for name, _ in self.headers]))

    @property
    def is_upgrade(self) -> bool:
        """Whether it opens a session on a websocket, in which no answer has begun."""
        return self.websocket and not self.streamed

    def later(self, seconds: float) -> Reply:
        """The same reply, with its headers so many seconds later."""
        return replace(self, wait=self.wait + seconds) if seconds else self

    def first_piece_later(self, seconds: float) -> Reply:
        """The same reply, its first content so many seconds later; all of it if it is no stream."""
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
        """The same reply, with a pause before each piece after the first."""
        if not seconds or self.is_upgrade:
            return self
        if not self.streamed:
            return self.later(seconds * max(0, self.pieces - 1))
        first, chunks = True, []
        for chunk in self.chunks:
            if chunk.content and not first:
                chunk = _new(Chunk, (chunk.delay + seconds, chunk.data, True))  # noqa: PLW2901 - the same chunk, later
            first = first and not chunk.content
            chunks.append(chunk)
        return replace(self, chunks=tuple(chunks))

    @property
    def body(self) -> bytes:
        """All bytes of the body, without the pauses."""
        return b"".join(chunk.data for chunk in self.chunks)
