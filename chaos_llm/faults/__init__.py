"""The catalogue of faults: a new one is a file beside this and a line in each list below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos_llm.faults.auth_expired import AuthExpired as auth_expired
from chaos_llm.faults.cut_stream import CutStream as cut_stream
from chaos_llm.faults.empty_answer import EmptyAnswer as empty_answer
from chaos_llm.faults.error_mid_stream import ErrorMidStream as error_mid_stream
from chaos_llm.faults.fault import Fault
from chaos_llm.faults.hang import Hang as hang
from chaos_llm.faults.html_error_page import HtmlErrorPage as html_error_page
from chaos_llm.faults.latency import Latency as latency
from chaos_llm.faults.overloaded import Overloaded as overloaded
from chaos_llm.faults.rate_limited import RateLimited as rate_limited
from chaos_llm.faults.raw import Raw as raw
from chaos_llm.faults.refuse_connection import RefuseConnection as refuse_connection
from chaos_llm.faults.reset_connection import ResetConnection as reset_connection
from chaos_llm.faults.server_error import ServerError as server_error
from chaos_llm.faults.slow_first_token import SlowFirstToken as slow_first_token
from chaos_llm.faults.slow_tokens import SlowTokens as slow_tokens
from chaos_llm.faults.stall_mid_stream import StallMidStream as stall_mid_stream
from chaos_llm.faults.truncated_answer import TruncatedAnswer as truncated_answer

__all__ = [
    "FAULTS",
    "Fault",
    "auth_expired",
    "cut_stream",
    "empty_answer",
    "error_mid_stream",
    "hang",
    "html_error_page",
    "latency",
    "overloaded",
    "rate_limited",
    "raw",
    "refuse_connection",
    "reset_connection",
    "server_error",
    "slow_first_token",
    "slow_tokens",
    "stall_mid_stream",
    "truncated_answer",
]

FAULTS: Mapping[str, type[Fault]] = MappingProxyType(
    {name: globals()[name] for name in __all__ if name.islower()}
)
