"""Whose calls and threads keep real time: the test runner's, and those that deal with the OS."""

from __future__ import annotations

from collections.abc import Collection
from threading import Thread
from types import FrameType

# Durations, deadlines and polls of the tools around a test are about real seconds: `--durations`,
# Hypothesis' deadline, pytest-timeout, `subprocess.run(timeout=5)`.
HARNESS = frozenset(
    {
        "_pytest",
        "pytest",
        "pluggy",
        "hypothesis",
        "pytest_timeout",
        "pytest_asyncio",
        "xdist",
        "execnet",
        "coverage",
        "pytest_cov",
        "pytest_benchmark",
        "pytest_rerunfailures",
        "pytest_randomly",
        "pytest_metadata",
        "pytest_html",
        "subprocess",
        "multiprocessing",
        "faulthandler",
    }
)

# An exporter that wakes every five seconds would send 7,200 batches in a ten-hour outage.
TELEMETRY_AND_DEBUGGERS = frozenset(
    {
        "opentelemetry",
        "sentry_sdk",
        "ddtrace",
        "langfuse",
        "langsmith",
        "logfire",
        "posthog",
        "newrelic",
        "elasticapm",
        "rollbar",
        "bugsnag",
        "datadog",
        "statsd",
        "prometheus_client",
        "pyroscope",
        "scout_apm",
        "pydevd",
        "_pydevd_bundle",
        "debugpy",
        "ptvsd",
        "IPython",
        "ipykernel",
        "tqdm",
    }
)

_LOCK_USERS = frozenset(
    {"threading", "queue", "concurrent.futures._base", "concurrent.futures.thread"}
)


class Callers:
    """Tells real-time callers from virtual ones by the root package of the calling module."""

    def __init__(self, packages: Collection[str], *, threads_are_real: bool) -> None:
        self._packages = HARNESS.union(packages)
        self._known: dict[str, bool] = {}
        if threads_are_real:  # then locks are, too, and these measure how long they waited
            self._known.update(dict.fromkeys(_LOCK_USERS, True))

    def keep_real_time(self, frame: FrameType) -> bool:
        """Whether the code in this frame is to see real time."""
        name = frame.f_globals.get("__name__", "")
        try:
            return self._known[name]
        except KeyError:
            real = self._known[name] = self._is_listed(name)
            return real

    def start_real(self, thread: Thread) -> bool:
        """Whether a thread belongs to a package that keeps real time, so that ours do not wait."""
        target = getattr(thread, "_target", None)
        target = getattr(target, "func", target)
        modules = (type(thread).__module__, getattr(target, "__module__", None))
        return any(self._is_listed(name) for name in modules if name)

    def _is_listed(self, module: str) -> bool:
        parts = str(module).split(".")
        return any(".".join(parts[:n]) in self._packages for n in range(1, len(parts) + 1))
