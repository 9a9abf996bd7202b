"""Replay recorded LLM provider outages against your own code, in pytest, on virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaos_llm.outage_context import ChaosWarning, Outage, outage
    from chaos_llm.profiles import load
    from chaos_llm.protocol.messages import tool_call
    from chaos_llm.recording.in_process import record
    from chaos_llm.reports.report import CheckFailed, Report
    from chaos_llm.server.launch.server_handle import ServedOutage

__all__ = [
    "ChaosWarning",
    "CheckFailed",
    "Outage",
    "Report",
    "ServedOutage",
    "load",
    "outage",
    "record",
    "tool_call",
]

_MODULES = {  # by public name
    "ChaosWarning": "chaos_llm.outage_context",
    "CheckFailed": "chaos_llm.reports.report",
    "Outage": "chaos_llm.outage_context",
    "Report": "chaos_llm.reports.report",
    "ServedOutage": "chaos_llm.server.launch.server_handle",
    "load": "chaos_llm.profiles",
    "outage": "chaos_llm.outage_context",
    "record": "chaos_llm.recording.in_process",
    "tool_call": "chaos_llm.protocol.messages",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import chaos_llm` stays fast."""
    from importlib import import_module  # noqa: PLC0415 - `import chaos_llm` stays cheap

    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - `import chaos_llm` stays cheap

        return version("chaos_llm")
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted([*__all__, "__version__"])
