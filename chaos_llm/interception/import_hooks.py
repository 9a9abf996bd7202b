"""Interception of the clients, gRPC, pycurl and other mocks when they are imported.

The cancel scopes of anyio and trio are watched from then on, too.

Many apps import boto3 in the function that needs it, maybe during an outage. So during an outage a
finder on `sys.meta_path` watches imports; other finders find the modules.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from chaos_llm.interception.context import InterceptionContext

# The libraries, and for each one the module and the function that intercept it.
_ADAPTERS = {
    "httpx": ("chaos_llm.interception.httpx_clients", "replace_httpx"),
    "httpx2": ("chaos_llm.interception.httpx_clients", "replace_httpx2"),
    "urllib3": ("chaos_llm.interception.urllib3_client", "replace"),
    "aiohttp": ("chaos_llm.interception.aiohttp_client", "replace"),
    "grpc": ("chaos_llm.interception.grpc.seam", "replace"),
    "pycurl": ("chaos_llm.interception.pycurl_client", "replace"),
    "responses": ("chaos_llm.interception.other_mocks", "responses"),
    "requests_mock": ("chaos_llm.interception.other_mocks", "requests_mock"),
    "aioresponses": ("chaos_llm.interception.other_mocks", "aioresponses"),
    "moto": ("chaos_llm.interception.other_mocks", "moto"),
    "pytest_httpx": ("chaos_llm.interception.other_mocks", "pytest_httpx"),
    "anyio._backends._asyncio": ("chaos_llm.interception.deadlines", "of_anyio"),
    "trio": ("chaos_llm.interception.deadlines", "of_trio"),
    "vcr": ("chaos_llm.interception.vcr_cassettes", "replace"),
}


@contextmanager
def intercepted(context: InterceptionContext) -> Iterator[None]:
    """Intercept each of these libraries that has been imported, or is before the end."""
    with ExitStack() as undo:
        pending: dict[str, Callable[[], None]] = {}
        for library, adapter in _ADAPTERS.items():
            replace = partial(_replace, *adapter, context, undo)
            if library in sys.modules:
                replace()
            else:
                pending[library] = replace
        finder = _ImportWatcher(pending)
        sys.meta_path.insert(0, finder)
        undo.callback(sys.meta_path.remove, finder)
        undo.callback(pending.clear)
        yield


def _replace(module: str, function: str, context: InterceptionContext, undo: ExitStack) -> None:
    with suppress(ImportError):  # a version that is too old; the guard refuses its requests
        getattr(importlib.import_module(module), function)(context, undo)


class _ImportWatcher(MetaPathFinder):
    """Calls a function once a module has been imported, not when it is only looked for."""

    def __init__(self, pending: dict[str, Callable[[], None]]) -> None:
        self._pending = pending

    def find_spec(self, fullname: str, *where: Any) -> ModuleSpec | None:
        """Return what the other finders find, with a loader that is watched."""
        if fullname not in self._pending:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(fullname, *where) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None and spec.loader is not None:
            self._watch(fullname, spec.loader)
        return spec

    def _watch(self, name: str, loader: Any) -> None:
        """Call the function after the loader has executed its module; then restore the loader."""
        real = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            real(module)
            self._pending.pop(name, _nothing)()

        loader.exec_module = exec_module


def _nothing() -> None:
    pass
