"""Whether the installed grpcio is one whose private parts can be replaced."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import grpc
from grpc import _channel, _common
from grpc._cython import cygrpc
from grpc.aio import _channel as _aio_channel
from grpc.aio import _interceptor as _aio_interceptor

from chaos_llm.interception.clients import TESTED_GRPCIO
from chaos_llm.interception.grpc.asynchronous import AsyncCall, AsyncChannel
from chaos_llm.interception.grpc.blocking import BlockingCall, BlockingChannel

# Our classes, and the core's in whose place they stand.
_STAND_INS: tuple[tuple[type, str], ...] = (
    (BlockingChannel, "Channel"),
    (BlockingCall, "SegregatedCall"),
    (BlockingCall, "IntegratedCall"),
    (AsyncChannel, "AioChannel"),
    (AsyncCall, "_AioCall"),
)
# What is replaced, or read, besides.
_REPLACED: tuple[tuple[ModuleType, tuple[str, ...]], ...] = (
    (
        _channel,
        ("_deadline", "_run_channel_spin_thread", "_spawn_delivery", "_spawn_poll_connectivity"),
    ),
    (_common, ("wait",)),
    (_aio_channel, ("_timeout_to_deadline",)),
    (_aio_interceptor, ("_timeout_to_deadline",)),
    (cygrpc, ("_Metadatum", "AioRpcStatus", "CompletionType", "OperationType")),
)


@cache
def is_known() -> bool:
    """Whether this grpcio is of a tested release, and has all that is replaced and nothing more."""
    first, last = TESTED_GRPCIO
    release = tuple(int(part) for part in grpc.__version__.split(".")[:2])
    return first <= release <= last and not differences()


def differences() -> list[str]:
    """What this grpcio's core has and the classes in its place do not, and what it lacks."""
    found = [
        f"{name}.{method}"
        for ours, name in _STAND_INS
        for method in _public(getattr(cygrpc, name, None))
        if not hasattr(ours, method)
    ]
    lacking = (
        f"{module.__name__}.{name}"
        for module, names in _REPLACED
        for name in names
        if not hasattr(module, name)
    )
    return [*found, *lacking]


def _public(kind: Any) -> list[str]:
    return ["missing"] if kind is None else [name for name in dir(kind) if name[0] != "_"]
