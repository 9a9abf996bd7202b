"""What can be wrong with the wire itself: Toxiproxy's toxics, and how they look in process.

    Network((LatencyToxic(1.0, jitter=0.2), LimitData(2000)))

One noun for two ways of playing it: a real `toxiproxy-server` is told `toxic.kind`, `.stream` and
`.attributes()`; in process the same toxics become pauses and endings of a reply. What differs: a
toxic of Toxiproxy is on a connection, and one in process on a reply. So `limit_data` counts the
bytes of each reply for itself, and `slow_close`, which holds back the end of a connection that
nobody waits for, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos_llm.network.endings import Down, LimitData, ResetPeer, SlowClose, Timeout
from chaos_llm.network.network import Network
from chaos_llm.network.pauses import Bandwidth, LatencyToxic, Slicer
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
