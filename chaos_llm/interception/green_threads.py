"""gevent and eventlet: what they have patched, an outage cannot redirect."""

from __future__ import annotations

import sys
from typing import Any

from chaos_llm.errors import UsageError

# The library, its module that patches, the name there of what has been patched, and by which call.
_PATCHERS = (
    ("gevent", "gevent.monkey", "saved", "gevent.monkey.patch_all()"),
    ("eventlet", "eventlet.patcher", "already_patched", "eventlet.monkey_patch()"),
)


def refuse_green_threads() -> None:
    """Raise UsageError where the process's threads, locks or sockets are green ones."""
    for library, module, patched, call in _PATCHERS:
        found: Any = sys.modules.get(module)
        if found is not None and getattr(found, patched, None):
            raise UsageError(
                f"{library} has patched this process ({call}): its green threads and its timers "
                "have a loop of their own, which cannot follow virtual time. Run this test in a "
                "process that is not patched, or let the app call a mock server, which lives in "
                "real time: the fixture `chaos_server`, or `chaos-llm serve`"
            )
