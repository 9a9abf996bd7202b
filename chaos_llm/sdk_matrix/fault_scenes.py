"""The faults that the matrix sends, their arguments, and the conversation that each needs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos_llm import faults
from chaos_llm.faults import FAULTS, Fault
from chaos_llm.sdk_matrix.client import CONVERSATION, LIMIT, QUESTION, TOOL_USE, Scene

_STATUSES = (400, 402, 403, 404, 408, 409, 413, 422)
_LATE = LIMIT + 10  # seconds: longer than every client's time limit

# A fault without a line here is sent once, without arguments.
_SPECIMENS: Mapping[str, tuple[Fault, ...]] = MappingProxyType(
    {
        "cut_stream": tuple(faults.cut_stream(by=by) for by in ("close", "reset", "end")),
        "error_mid_stream": (
            faults.error_mid_stream(),
            faults.error_mid_stream(after=0),
            faults.error_mid_stream(within="tool"),
        ),
        "latency": (faults.latency(seconds=1), faults.latency(seconds=_LATE)),
        "raw": (faults.raw(418, json={"message": "I am a teapot."}),),
        "server_error": tuple(faults.server_error(status) for status in (500, 502, 503, 504)),
        "slow_first_token": (faults.slow_first_token(_LATE),),
        "slow_tokens": (faults.slow_tokens(1),),
        "wrong_refusal": tuple(faults.wrong_refusal(status) for status in _STATUSES),
    }
)
_OF_WEBSOCKETS = ("close_session", "session_limit")  # the matrix asks its SDKs over HTTP
SPECIMENS: tuple[Fault, ...] = tuple(
    specimen
    for name, fault in FAULTS.items()
    if name not in _OF_WEBSOCKETS
    for specimen in (_SPECIMENS[name] if name in _SPECIMENS else (fault(),))
)

_OF_TOOLS = (
    "broken_tool_arguments",
    "tool_call_as_text",
    "truncated_tool_arguments",
    "unknown_tool",
)


def scene_of(fault: Fault) -> Scene:
    """The conversation in which a fault has an effect."""
    if fault.name in _OF_TOOLS or getattr(fault, "within", "") == "tool":
        return TOOL_USE
    return CONVERSATION if fault.name == "lost_history" else QUESTION


def requests_of(fault: Fault) -> int:
    """The number of requests that it takes until a fault can have an effect."""
    return 2 if fault.name == "reset_reused_connection" else 1
