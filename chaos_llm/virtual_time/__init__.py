"""Virtual time: one clock for the simulated providers and the app under test."""

from chaos_llm.virtual_time.dates import RunningDate
from chaos_llm.virtual_time.real_time_callers import TELEMETRY_AND_DEBUGGERS
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep
from chaos_llm.virtual_time.virtual_time import ThreadMode, VirtualTime, active

__all__ = [
    "TELEMETRY_AND_DEBUGGERS",
    "RunningDate",
    "ThreadMode",
    "VirtualTime",
    "active",
    "real_monotonic",
    "real_sleep",
]
