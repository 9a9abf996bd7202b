"""The executors that a campaign can use: threads with children here, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from chaos_llm.errors import UsageError


@contextmanager
def local(workers: int) -> Iterator[tuple[Executor, int]]:
    """Threads of this process; each drives a child process that plays the runs."""
    executor = ThreadPoolExecutor(workers, thread_name_prefix="campaign")
    try:
        yield executor, workers
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def dask(client_or_address: Any) -> Iterator[tuple[Executor, int]]:
    """The executor of a Dask cluster, given by its scheduler's address or by a client of it.

    Raises UsageError without the package `distributed`.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError("--dask needs distributed: python -m pip install distributed") from None
    is_ours = isinstance(client_or_address, str)
    client = Client(client_or_address) if is_ours else client_or_address
    try:
        threads = sum(client.nthreads().values())
        yield client.get_executor(pure=False), max(1, threads)
    finally:
        if is_ours:
            client.close()


def cores() -> int:
    """How many processes may run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
