"""Checks of processes when they start, and of jobs that are passed to existing worker processes."""

from __future__ import annotations

import _posixsubprocess
import os
import subprocess
from _thread import get_ident
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import wraps
from multiprocessing import pool, spawn
from typing import Any

from chaos_llm.interception.children.command_lines import hosts_in
from chaos_llm.interception.children.environment import ChildEnvironment
from chaos_llm.interception.children.python_child import GuardedJob, GuardInstaller
from chaos_llm.interception.clients import CHILD
from chaos_llm.interception.egress_guard import EgressGuard

# multiprocessing's helper processes serve later tests, too, so they must not get our variables.
_HELPERS = (b"from multiprocessing.forkserver", b"from multiprocessing.resource_tracker")
_JOBS = ("apply_async", "_map_async", "imap", "imap_unordered")  # apply and map are made of these
_ENV, _ARGUMENTS = 5, 0  # positions among the arguments of fork_exec


class Spawning:
    """Checks each child's command line, and adds the outage's variables to its environment."""

    def __init__(self, guard: EgressGuard, environment: ChildEnvironment) -> None:
        self._guard, self._environment = guard, environment
        self._starts_proxy = 0  # id of the thread that is starting the proxy, a child of our own

    def install(self, undo: ExitStack) -> None:
        """Check every child process until `undo` is closed."""

        def put(where: Any, name: str, new: Any) -> None:
            undo.callback(setattr, where, name, getattr(where, name))
            setattr(where, name, new)

        for where, name in ((_posixsubprocess, "fork_exec"), (subprocess, "_fork_exec")):
            put(where, name, self._forking(getattr(where, name)))
        for name in ("posix_spawn", "posix_spawnp"):
            put(os, name, self._spawning(getattr(os, name)))
        put(os, "system", self._shell(os.system))
        put(spawn, "get_preparation_data", self._preparing(spawn.get_preparation_data))
        put(ProcessPoolExecutor, "submit", self._submitting(ProcessPoolExecutor.submit))
        for name in _JOBS:
            put(pool.Pool, name, self._pooling(getattr(pool.Pool, name)))

    def _check(self, arguments: Iterable[object]) -> None:
        for host, port in hosts_in(arguments):
            self._guard.check_host(host, port, CHILD)

    def _added_to(self, environ: Mapping[str, str]) -> dict[str, str]:
        self._starts_proxy = get_ident()  # the first child makes the environment start the proxy
        try:
            return self._environment.added_to(environ)
        finally:
            self._starts_proxy = 0

    def _forking(self, real: Callable[..., int]) -> Callable[..., int]:
        def fork_exec(*args: Any) -> int:
            words = [os.fsencode(word) for word in args[_ARGUMENTS]]
            if self._starts_proxy == get_ident() or any(
                helper in word for word in words for helper in _HELPERS
            ):
                return real(*args)
            self._check(words)
            given = list(args)
            environ = os.environ if given[_ENV] is None else _as_mapping(given[_ENV])
            added = self._added_to(environ)
            given[_ENV] = [os.fsencode(f"{name}={value}") for name, value in added.items()]
            return real(*given)

        return fork_exec

    def _spawning(self, real: Callable[..., int]) -> Callable[..., int]:
        @wraps(real)
        def posix_spawn(path: Any, argv: Any, env: Any, **options: Any) -> int:
            if self._starts_proxy == get_ident():
                return real(path, argv, env, **options)
            argv = list(argv)
            self._check(argv)
            given = (os.environ if env is None else env).items()  # None means our own, since 3.13
            environ = {os.fsdecode(name): os.fsdecode(value) for name, value in given}
            return real(path, argv, self._added_to(environ), **options)

        return posix_spawn

    def _shell(self, real: Callable[[Any], int]) -> Callable[[Any], int]:
        @wraps(real)
        def system(command: Any) -> int:
            self._check([command])
            before = dict(os.environ)
            os.environ.update(self._added_to(before))
            try:
                return real(command)
            finally:
                os.environ.clear()
                os.environ.update(before)

        return system

    def _preparing(self, real: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
        @wraps(real)
        def get_preparation_data(name: str) -> dict[str, Any]:
            return {**real(name), "chaos_llm": GuardInstaller(self._environment.settings)}

        return get_preparation_data

    def _submitting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def submit(executor: Any, job: Any, /, *args: Any, **options: Any) -> Any:
            guarded = GuardedJob(self._environment.settings, job)
            return real(executor, guarded, *args, **options)

        return submit

    def _pooling(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def run(workers: Any, job: Any, *args: Any, **options: Any) -> Any:
            if not isinstance(workers, pool.ThreadPool):
                job = GuardedJob(self._environment.settings, job)
            return real(workers, job, *args, **options)

        return run


def _as_mapping(environ: Iterable[bytes]) -> dict[str, str]:
    pairs = (os.fsdecode(entry).partition("=") for entry in environ)
    return {name: value for name, _, value in pairs}
