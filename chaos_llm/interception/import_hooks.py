"""aiohttp, urllib3, gRPC, pycurl and other mocks, replaced if and when they are imported.

Many apps import boto3 in the function that needs it, which may be in the midst of an outage. So a
finder, in force as long as the outage, notices such an import; it finds nothing itself.
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

# What is replaced, and by which function of which module of ours.
_ADAPTERS = {
    "urllib3": ("chaos_llm.interception.urllib3_client", "replace"),
    "aiohttp": ("chaos_llm.interception.aiohttp_client", "replace"),
    "grpc": ("chaos_llm.interception.grpc.seam", "replace"),
    "pycurl": ("chaos_llm.interception.pycurl_client", "replace"),
    "responses": ("chaos_llm.interception.other_mocks", "responses"),
    "requests_mock": ("chaos_llm.interception.other_mocks", "requests_mock"),
    "aioresponses": ("chaos_llm.interception.other_mocks", "aioresponses"),
    "moto": ("chaos_llm.interception.other_mocks", "moto"),
    "pytest_httpx": ("chaos_llm.interception.other_mocks", "pytest_httpx"),
    "vcr": ("chaos_llm.interception.vcr_cassettes", "replace"),
}


@contextmanager
def intercepted(context: InterceptionContext) -> Iterator[None]:
    """Answer for the providers on each of these libraries that is imported before the end."""
    with ExitStack() as undo:
        awaited: dict[str, Callable[[], None]] = {}
        for library, adapter in _ADAPTERS.items():
            replace = partial(_replace, *adapter, context, undo)
            if library in sys.modules:
                replace()
            else:
                awaited[library] = replace
        finder = _Arrivals(awaited)
        sys.meta_path.insert(0, finder)
        undo.callback(sys.meta_path.remove, finder)
        undo.callback(awaited.clear)
        yield


def _replace(module: str, function: str, context: InterceptionContext, undo: ExitStack) -> None:
    with suppress(ImportError):  # too old for us: the guard speaks, if it comes to that
        getattr(importlib.import_module(module), function)(context, undo)


class _Arrivals(MetaPathFinder):
    """Has something done once a module has been imported; some only ask whether they could."""

    def __init__(self, awaited: dict[str, Callable[[], None]]) -> None:
        self._awaited = awaited

    def find_spec(self, fullname: str, *where: Any) -> ModuleSpec | None:
        """Find nothing but what the finders behind this one find."""
        if fullname not in self._awaited:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(fullname, *where) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None and spec.loader is not None:
            self._watch(fullname, spec.loader)
        return spec

    def _watch(self, name: str, loader: Any) -> None:
        """Notice when the loader executes its module, and leave the loader as it was."""
        real = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            real(module)
            self._awaited.pop(name, _nothing)()

        loader.exec_module = exec_module


def _nothing() -> None:
    pass
