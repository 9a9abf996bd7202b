"""Whose calls and threads keep real time: the test runner's, and those that deal with the OS."""

from __future__ import annotations

from collections.abc import Collection
from threading import Thread
from types import FrameType

# Durations, deadlines and polls of the tools around a test are about real seconds: `--durations`,
# Hypothesis' deadline, pytest-timeout.
TEST_TOOLS = frozenset(
    {
        "_pytest",
        "coverage",
        "execnet",
        "faulthandler",
        "hypothesis",
        "pluggy",
        "pytest",
        "pytest_asyncio",
        "pytest_benchmark",
        "pytest_cov",
        "pytest_html",
        "pytest_metadata",
        "pytest_randomly",
        "pytest_rerunfailures",
        "pytest_timeout",
        "xdist",
    }
)

# An exporter that wakes every five seconds would send 7,200 batches in a ten-hour outage.
TELEMETRY_AND_DEBUGGERS = frozenset(
    {
        "IPython",
        "_pydevd_bundle",
        "bugsnag",
        "datadog",
        "ddtrace",
        "debugpy",
        "elasticapm",
        "ipykernel",
        "langfuse",
        "langsmith",
        "logfire",
        "newrelic",
        "opentelemetry",
        "posthog",
        "prometheus_client",
        "ptvsd",
        "pydevd",
        "pyroscope",
        "rollbar",
        "scout_apm",
        "sentry_sdk",
        "statsd",
        # Progress bars draw themselves ten times a second, in threads of their own.
        "alive_progress",
        "halo",
        "rich",
        "tqdm",
        "yaspin",
    }
)

# What these measure is the app's: a timer around a call tells how long that took on the clock. Only
# their own threads stay real.
METRICS = frozenset({"prometheus_client", "statsd"})

# Child processes know nothing of our clock: `subprocess.run(timeout=5)` is about real seconds.
_PROCESSES = frozenset({"subprocess", "multiprocessing"})
_WAIT_FOR_PROCESSES = frozenset({*_PROCESSES, "concurrent.futures.process", "asyncio.unix_events"})
# Threads of gRPC's channels wait in its core, which is real. These two idle there for ever.
_REAL_SERVICES = frozenset({"grpc"})
_IDLE_IN_CORES = ("PollerCompletionQueue._poll_wrapper", "_serve")
_LOCK_USERS = frozenset(
    {"threading", "queue", "concurrent.futures._base", "concurrent.futures.thread"}
)


class RealTimeCallers:
    """Tells real-time callers and threads from virtual ones by the packages they come from."""

    def __init__(self, packages: Collection[str], *, threads_are_real: bool) -> None:
        self.tools = TEST_TOOLS.union(packages)
        self._real = self.tools.difference(METRICS).union(_PROCESSES)
        if threads_are_real:  # then locks are, too, and these measure how long they waited
            self._real = self._real.union(_LOCK_USERS)
        self._known = {"multiprocessing.pool": False}  # it calls a ThreadPool's jobs itself

    def keep_real_time(self, frame: FrameType) -> bool:
        """Whether the code in this frame is to see real time."""
        name = frame.f_globals.get("__name__", "")
        try:
            return self._known[name]
        except KeyError:
            real = self._known[name] = _listed(name, self._real)
            return real

    def never_works_for_us(self, thread: Thread) -> bool:
        """Whether a thread belongs to a tool, so that nobody on the clock waits for it."""
        return _idles_in_a_core(thread) or any(
            _listed(module, self.tools) for module in _modules(thread)
        )

    def is_of_a_tool(self, outermost: FrameType) -> bool:
        """Whether a thread that no Thread object stands for began in a tool, as execnet's do."""
        return _listed(outermost.f_globals.get("__name__", ""), self.tools)

    def starts_real(self, thread: Thread) -> bool:
        """Whether a thread that is being started keeps real time."""
        modules = _modules(thread)
        if "multiprocessing.dummy" in modules or _moves_jobs_of_threads(thread):
            return False
        real = _WAIT_FOR_PROCESSES.union(self.tools, _REAL_SERVICES)
        return any(_listed(module, real) for module in modules)


def _listed(module: str, packages: Collection[str]) -> bool:
    parts = str(module).split(".")
    return any(".".join(parts[:n]) in packages for n in range(1, len(parts) + 1))


def _modules(thread: Thread) -> list[str]:
    target = getattr(thread, "_target", None)
    target = getattr(target, "func", target)
    return [name for name in (type(thread).__module__, getattr(target, "__module__", "")) if name]


def _idles_in_a_core(thread: Thread) -> bool:
    target = getattr(thread, "_target", None)
    known = any(_listed(module, _REAL_SERVICES) for module in _modules(thread))
    return known and getattr(target, "__qualname__", "") in _IDLE_IN_CORES


def _moves_jobs_of_threads(thread: Thread) -> bool:
    """Whether this is a ThreadPool's thread for jobs or results; a process pool has the same."""
    target = getattr(thread, "_target", None)
    if getattr(target, "__qualname__", "") not in ("Pool._handle_tasks", "Pool._handle_results"):
        return False
    queues = [type(arg).__module__ for arg in getattr(thread, "_args", ())]
    return "multiprocessing.queues" not in queues
