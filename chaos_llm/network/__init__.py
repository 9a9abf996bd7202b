"""Network failures: Toxiproxy's toxics, and their simulation in process. One file a toxic.

    Network((LatencyToxic(1.0, jitter=0.2), LimitData(2000)))

A toxic can be simulated in two ways. A real `toxiproxy-server` gets its `kind`, `stream` and
`attributes()`; in process it changes the pauses and the ending of a reply. The difference: a toxic
of Toxiproxy acts on a connection, and one in process on a single reply. So in process `limit_data`
counts the bytes of each reply, and `slow_close` has no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos_llm.network.bandwidth import Bandwidth
from chaos_llm.network.down import Down
from chaos_llm.network.latency import LatencyToxic
from chaos_llm.network.limit_data import LimitData
from chaos_llm.network.network import Network
from chaos_llm.network.reset_peer import ResetPeer
from chaos_llm.network.slicer import Slicer
from chaos_llm.network.slow_close import SlowClose
from chaos_llm.network.timeout import Timeout
from chaos_llm.network.toxic import Toxic

__all__ = [
    "TOXICS",
    "Bandwidth",
    "Down",
    "LatencyToxic",
    "LimitData",
    "Network",
    "ResetPeer",
    "Slicer",
    "SlowClose",
    "Timeout",
    "Toxic",
]

TOXICS: Mapping[str, type[Toxic]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            LatencyToxic,
            Bandwidth,
            SlowClose,
            Timeout,
            ResetPeer,
            Slicer,
            LimitData,
            Down,
        )
    }
)
