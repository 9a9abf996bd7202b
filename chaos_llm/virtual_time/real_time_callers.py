"""The packages whose calls and threads keep real time: test tools, telemetry, `subprocess`."""

from __future__ import annotations

from collections.abc import Collection
from threading import Thread
from types import FrameType

# Test tools measure and limit real seconds: `--durations`, Hypothesis' deadline, pytest-timeout.
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

# These measure durations of the app's calls, so their calls read virtual time; only their own
# threads keep real time.
METRICS = frozenset({"prometheus_client", "statsd"})

# Child processes have the real clock, so `subprocess.run(timeout=5)` means real seconds.
_PROCESSES = frozenset({"subprocess", "multiprocessing"})
_WAIT_FOR_PROCESSES = frozenset({*_PROCESSES, "concurrent.futures.process", "asyncio.unix_events"})
# gRPC's threads wait in its compiled core, in real time. These two functions idle there for ever.
_REAL_SERVICES = frozenset({"grpc"})
_IDLE_GRPC_THREADS = ("PollerCompletionQueue._poll_wrapper", "_serve")
_LOCK_USERS = frozenset(
    {"threading", "queue", "concurrent.futures._base", "concurrent.futures.thread"}
)


class RealTimeCallers:
    """Decides by package which calls and threads keep real time."""

    def __init__(self, packages: Collection[str], *, threads_are_real: bool) -> None:
        self.tools = TEST_TOOLS.union(packages)
        self._real = self.tools.difference(METRICS).union(_PROCESSES)
        if threads_are_real:  # then locks wait in real time, and these modules measure the wait
            self._real = self._real.union(_LOCK_USERS)
        # By module name. multiprocessing.pool calls the jobs of a ThreadPool in its own frames.
        self.is_real = {"multiprocessing.pool": False}

    def keep_real_time(self, frame: FrameType) -> bool:
        """Whether the code in this frame reads real time."""
        name = frame.f_globals.get("__name__", "")
        try:
            return self.is_real[name]
        except KeyError:
            real = self.is_real[name] = _is_in_packages(name, self._real)
            return real

    def is_tool_thread(self, thread: Thread) -> bool:
        """Whether a thread belongs to a test tool or telemetry: the app never waits for it."""
        return _idles_in_grpc_core(thread) or any(
            _is_in_packages(module, self.tools) for module in _modules(thread)
        )

    def began_in_tool(self, outermost: FrameType) -> bool:
        """Whether a thread without a Thread object was started by a tool, as execnet's are."""
        return _is_in_packages(outermost.f_globals.get("__name__", ""), self.tools)

    def starts_in_real_time(self, thread: Thread) -> bool:
        """Whether a thread that is about to start keeps real time."""
        modules = _modules(thread)
        if "multiprocessing.dummy" in modules or _is_thread_pool_handler(thread):
            return False
        real = _WAIT_FOR_PROCESSES.union(self.tools, _REAL_SERVICES)
        return any(_is_in_packages(module, real) for module in modules)


def _is_in_packages(module: str, packages: Collection[str]) -> bool:
    parts = str(module).split(".")
    return any(".".join(parts[:n]) in packages for n in range(1, len(parts) + 1))


def _modules(thread: Thread) -> list[str]:
    target = getattr(thread, "_target", None)
    target = getattr(target, "func", target)
    return [name for name in (type(thread).__module__, getattr(target, "__module__", "")) if name]


def _idles_in_grpc_core(thread: Thread) -> bool:
    target = getattr(thread, "_target", None)
    known = any(_is_in_packages(module, _REAL_SERVICES) for module in _modules(thread))
    return known and getattr(target, "__qualname__", "") in _IDLE_GRPC_THREADS


def _is_thread_pool_handler(thread: Thread) -> bool:
    """Whether this thread moves jobs or results of a ThreadPool, not of a process pool."""
    target = getattr(thread, "_target", None)
    if getattr(target, "__qualname__", "") not in ("Pool._handle_tasks", "Pool._handle_results"):
        return False
    queues = [type(arg).__module__ for arg in getattr(thread, "_args", ())]
    return "multiprocessing.queues" not in queues
