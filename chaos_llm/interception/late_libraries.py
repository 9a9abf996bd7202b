"""aiohttp and urllib3, replaced if and when they are imported: an outage imports neither.

Many apps import boto3 in the function that needs it, which may be in the midst of an outage. So a
finder, in force as long as the outage, notices such an import; it finds nothing itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from chaos_llm.interception.stage import Stage

# What is replaced, and by which module of ours.
_ADAPTERS = {
    "aiohttp": "chaos_llm.interception.aiohttp_client",
    "urllib3": "chaos_llm.interception.urllib3_client",
}


@contextmanager
def intercepted(stage: Stage) -> Iterator[None]:
    """Answer for the providers on each of these libraries that is imported before the end."""
    with ExitStack() as undo:
        awaited: dict[str, Callable[[], None]] = {}
        for library, adapter in _ADAPTERS.items():
            replace = partial(_replace, adapter, stage, undo)
            if library in sys.modules:
                replace()
            else:
                awaited[library] = replace
        finder = _Arrivals(awaited)
        sys.meta_path.insert(0, finder)
        undo.callback(sys.meta_path.remove, finder)
        yield


def _replace(adapter: str, stage: Stage, undo: ExitStack) -> None:
    with suppress(ImportError):  # too old for us: the guard on look-ups speaks, if it comes to that
        importlib.import_module(adapter).replace(stage, undo)


class _Arrivals(MetaPathFinder):
    """Has something done when a module has been imported for the first time."""

    def __init__(self, awaited: dict[str, Callable[[], None]]) -> None:
        self._awaited = awaited

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Find nothing but what the finders behind this one find."""
        arrived = self._awaited.pop(fullname, None)
        if arrived is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            _after(spec.loader, arrived)
        return spec


def _after(loader: Any, arrived: Callable[[], None]) -> None:
    """Have it done once the loader has executed the module; the loader is as it was by then."""
    real = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        del loader.exec_module
        real(module)
        arrived()

    loader.exec_module = exec_module
