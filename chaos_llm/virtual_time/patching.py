"""Functions and methods that are replaced in place, so that every reference to them follows."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from contextlib import ExitStack
from inspect import isgeneratorfunction
from types import FunctionType
from typing import Any


def replace_methods(undo: ExitStack, kind: type, **methods: Callable[..., Any]) -> None:
    """Replace methods of a compiled type until `undo` is closed.

    A lock has no Python class to patch, and locks exist everywhere before an outage begins. The
    entry in the type's own dictionary reaches all of them: `with lock:` and `lock.acquire()` look
    it up each time. A bound method that was stored before (`self.take = lock.acquire`) is not
    reached.
    """
    (entries,) = gc.get_referents(kind.__dict__)  # the dictionary behind the read-only view
    for name, method in methods.items():
        undo.callback(_put, kind, entries, name, entries[name])
        _put(kind, entries, name, method)


def _put(kind: type, entries: dict[str, Any], name: str, method: Any) -> None:
    # Until the type is marked as modified, call sites of other threads use the method that they
    # have cached, without a reference of their own. So it must not be freed before.
    replaced = entries[name]
    entries[name] = method
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
    del replaced


def replace_function(undo: ExitStack, function: Any, replacement: Callable[..., Any]) -> None:
    """Let a Python method of one optional argument call another one until `undo` is closed."""

    def stand_in(self: Any, timeout: Any = None) -> Any:
        target: Any = "the place of the other function"
        return target(self, timeout)

    _run_instead(undo, function, stand_in, replacement)


def replace_coroutine_function(
    undo: ExitStack, function: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Let an `async def` without free variables call another one until `undo` is closed.

    `wrap` gets a copy of the original that is not replaced. A bound method that was stored before
    follows, too.
    """
    real = copy_of_function(function)

    async def stand_in(*args: Any, **options: Any) -> Any:
        target: Any = "the place of the other function"
        return await target(*args, **options)

    _run_instead(undo, function, stand_in, wrap(real))


def replace_any_function(
    undo: ExitStack, function: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Let a Python function without free variables call another one until `undo` is closed.

    `wrap` gets a copy of the original that is not replaced. Of a generator function the other one
    returns an iterator, and is called when the first item is asked for. The stand-in is of the same
    kind as the function, because CPython 3.13 warns of code of another kind.
    """
    real = copy_of_function(function)

    def stand_in(*args: Any, **options: Any) -> Any:
        target: Any = "the place of the other function"
        return target(*args, **options)

    def generator_stand_in(*args: Any, **options: Any) -> Any:
        target: Any = "the place of the other function"
        yield from target(*args, **options)

    same_kind = generator_stand_in if isgeneratorfunction(function) else stand_in
    _run_instead(undo, function, same_kind, wrap(real))


def _run_instead(undo: ExitStack, function: Any, stand_in: Any, target: Callable[..., Any]) -> None:
    """Give a function the code of a stand-in, in which a text stands for the target."""
    # The constant is the function itself, because the code runs with the other module's globals.
    code = stand_in.__code__
    constants = tuple(target if isinstance(value, str) else value for value in code.co_consts)
    undo.callback(setattr, function, "__code__", function.__code__)
    function.__code__ = code.replace(co_consts=constants)


def copy_of_function(function: Any) -> Callable[..., Any]:
    """Copy a Python function, so that a replacement of the first does not affect the copy."""
    copy = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy
