"""The catalogue of faults: a new one is a file in this folder and a line in both lists below."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from chaos_llm import extensions
from chaos_llm.faults.auth_expired import AuthExpired as auth_expired
from chaos_llm.faults.broken_tool_arguments import BrokenToolArguments as broken_tool_arguments
from chaos_llm.faults.buffered_stream import BufferedStream as buffered_stream
from chaos_llm.faults.challenge_page import ChallengePage as challenge_page
from chaos_llm.faults.close_session import CloseSession as close_session
from chaos_llm.faults.connect_timeout import ConnectTimeout as connect_timeout
from chaos_llm.faults.content_filtered import ContentFiltered as content_filtered
from chaos_llm.faults.context_length_exceeded import (
    ContextLengthExceeded as context_length_exceeded,
)
from chaos_llm.faults.cut_stream import CutStream as cut_stream
from chaos_llm.faults.dns_failure import DnsFailure as dns_failure
from chaos_llm.faults.doubled_chunk import DoubledChunk as doubled_chunk
from chaos_llm.faults.dropped_top_token import DroppedTopToken as dropped_top_token
from chaos_llm.faults.empty_answer import EmptyAnswer as empty_answer
from chaos_llm.faults.empty_body import EmptyBody as empty_body
from chaos_llm.faults.envoy_503 import Envoy503 as envoy_503
from chaos_llm.faults.error_in_200 import ErrorIn200 as error_in_200
from chaos_llm.faults.error_mid_stream import ErrorMidStream as error_mid_stream
from chaos_llm.faults.fault import Fault
from chaos_llm.faults.foreign_script import ForeignScript as foreign_script
from chaos_llm.faults.half_event import HalfEvent as half_event
from chaos_llm.faults.hang import Hang as hang
from chaos_llm.faults.html_error_page import HtmlErrorPage as html_error_page
from chaos_llm.faults.html_in_200 import HtmlIn200 as html_in_200
from chaos_llm.faults.insufficient_quota import InsufficientQuota as insufficient_quota
from chaos_llm.faults.invalid_grant import InvalidGrant as invalid_grant
from chaos_llm.faults.invalid_json import InvalidJson as invalid_json
from chaos_llm.faults.latency import Latency as latency
from chaos_llm.faults.lost_chunk import LostChunk as lost_chunk
from chaos_llm.faults.lost_history import LostHistory as lost_history
from chaos_llm.faults.lost_signature import LostSignature as lost_signature
from chaos_llm.faults.malformed_chunk import MalformedChunk as malformed_chunk
from chaos_llm.faults.missing_terminal_event import MissingTerminalEvent as missing_terminal_event
from chaos_llm.faults.missing_usage import MissingUsage as missing_usage
from chaos_llm.faults.model_retired import ModelRetired as model_retired
from chaos_llm.faults.other_dimensions import OtherDimensions as other_dimensions
from chaos_llm.faults.other_model import OtherModel as other_model
from chaos_llm.faults.other_pool_answer import OtherPoolAnswer as other_pool_answer
from chaos_llm.faults.overloaded import Overloaded as overloaded
from chaos_llm.faults.ping_only import PingOnly as ping_only
from chaos_llm.faults.rate_limited import RateLimited as rate_limited
from chaos_llm.faults.raw import Raw as raw
from chaos_llm.faults.refusal import Declined as refusal
from chaos_llm.faults.refuse_connection import RefuseConnection as refuse_connection
from chaos_llm.faults.reordered_chunks import ReorderedChunks as reordered_chunks
from chaos_llm.faults.reset_connection import ResetConnection as reset_connection
from chaos_llm.faults.reset_reused_connection import (
    ResetReusedConnection as reset_reused_connection,
)
from chaos_llm.faults.server_error import ServerError as server_error
from chaos_llm.faults.session_limit import SessionLimit as session_limit
from chaos_llm.faults.short_body import ShortBody as short_body
from chaos_llm.faults.shortened_answer import ShortenedAnswer as shortened_answer
from chaos_llm.faults.slow_first_token import SlowFirstToken as slow_first_token
from chaos_llm.faults.slow_tokens import SlowTokens as slow_tokens
from chaos_llm.faults.stall_mid_stream import StallMidStream as stall_mid_stream
from chaos_llm.faults.still_gzipped import StillGzipped as still_gzipped
from chaos_llm.faults.stuck_batch import StuckBatch as stuck_batch
from chaos_llm.faults.tls_failure import TlsFailure as tls_failure
from chaos_llm.faults.tool_call_as_text import ToolCallAsText as tool_call_as_text
from chaos_llm.faults.truncated_answer import TruncatedAnswer as truncated_answer
from chaos_llm.faults.truncated_tool_arguments import (
    TruncatedToolArguments as truncated_tool_arguments,
)
from chaos_llm.faults.unknown_tool import UnknownTool as unknown_tool
from chaos_llm.faults.wrong_content_type import WrongContentType as wrong_content_type
from chaos_llm.faults.wrong_refusal import WrongRefusal as wrong_refusal

__all__ = [
    "FAULTS",
    "Fault",
    "auth_expired",
    "broken_tool_arguments",
    "buffered_stream",
    "challenge_page",
    "close_session",
    "connect_timeout",
    "content_filtered",
    "context_length_exceeded",
    "cut_stream",
    "dns_failure",
    "doubled_chunk",
    "dropped_top_token",
    "empty_answer",
    "empty_body",
    "envoy_503",
    "error_in_200",
    "error_mid_stream",
    "foreign_script",
    "half_event",
    "hang",
    "html_error_page",
    "html_in_200",
    "insufficient_quota",
    "invalid_grant",
    "invalid_json",
    "known",
    "latency",
    "lost_chunk",
    "lost_history",
    "lost_signature",
    "malformed_chunk",
    "missing_terminal_event",
    "missing_usage",
    "model_retired",
    "other_dimensions",
    "other_model",
    "other_pool_answer",
    "overloaded",
    "ping_only",
    "rate_limited",
    "raw",
    "refusal",
    "refuse_connection",
    "reordered_chunks",
    "reset_connection",
    "reset_reused_connection",
    "server_error",
    "session_limit",
    "short_body",
    "shortened_answer",
    "slow_first_token",
    "slow_tokens",
    "stall_mid_stream",
    "still_gzipped",
    "stuck_batch",
    "tls_failure",
    "tool_call_as_text",
    "truncated_answer",
    "truncated_tool_arguments",
    "unknown_tool",
    "wrong_content_type",
    "wrong_refusal",
]


def __dir__() -> list[str]:
    """The faults, and no module of this folder."""
    return sorted(__all__)


FAULTS: Mapping[str, type[Fault]] = MappingProxyType(
    {name: kind for name in __all__ if name.islower() and (kind := globals().get(name))}
)


def known() -> Mapping[str, type[Fault]]:
    """Every fault that a profile may name: the shipped ones, and those of installed packages.

    Raises UsageError for an addition that is not a subclass of Fault, whose name differs from its
    file's, or that has the name of a shipped fault.
    """
    return _known(extensions.edition("faults"))


@lru_cache(1)
def _known(_edition: tuple[object, ...]) -> Mapping[str, type[Fault]]:
    added: dict[str, type[Fault]] = {}
    for name, kind in extensions.added("faults"):
        if not (isinstance(kind, type) and issubclass(kind, Fault)):
            raise extensions.mistake("faults", name, f"expected a subclass of Fault; got {kind!r}")
        if name in FAULTS:
            raise extensions.mistake("faults", name, "there is a fault of that name already")
        if kind.__module__.rpartition(".")[2] != name:
            raise extensions.mistake("faults", name, f"expected it in a file called {name}.py")
        added[name] = kind
    return MappingProxyType({**FAULTS, **added})
