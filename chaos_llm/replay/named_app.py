"""The app that a command names: `package.module:function`, or `package.module:Class.method`."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos_llm.errors import UnknownName, UsageError

_WRITTEN = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?")


@dataclass(frozen=True)
class App:
    """A function of one prompt, or a method of a class; each outage gets a new object."""

    module: str
    name: str
    method: str
    function_or_class: Callable[..., Any]

    @classmethod
    def named(cls, written: str) -> App:
        """Import an app, also from the current folder.

        Raises UsageError or UnknownName if it does not exist or cannot be called with a prompt.
        """
        parts = _WRITTEN.fullmatch(written)
        if parts is None:
            raise UsageError(
                f"{written!r} is not the name of an app: write package.module:function, or "
                "package.module:Class.method for a new object in each outage"
            )
        module_name, name, method = parts[1], parts[2], parts[3] or ""
        module = imported(module_name)
        found = attribute(module, name, f"module {module_name!r}")
        if method:
            function = attribute(found, method, f"{module_name}:{name}")
            _require(found, (), f"{module_name}:{name} is called without arguments")
            _require(function, _arguments(found, method), f"{written} is called with one prompt")
        elif inspect.isclass(found):
            raise UsageError(f"{written} is a class: add a method, as in {written}.answer")
        else:
            _require(found, ("prompt",), f"{written} is called with one prompt")
        return cls(module_name, name, method, found)

    def fresh(self) -> Callable[[str], Any]:
        """The function to call in one outage; a method is bound to a new object."""
        if not self.method:
            return self.function_or_class
        function: Callable[[str], Any] = getattr(self.function_or_class(), self.method)
        return function

    @property
    def written(self) -> str:
        """The name of the app on the command line."""
        return f"{self.module}:{self.name}" + (f".{self.method}" if self.method else "")

    @property
    def code(self) -> str:
        """The expression that the written test passes to `replay`."""
        return f"{self.name}().{self.method}" if self.method else self.name

    @property
    def word(self) -> str:
        """The app's part of the names of files and tests."""
        return re.sub(r"\W+", "_", f"{self.name}_{self.method}".strip("_")).lower()


def imported(name: str) -> Any:
    """Import a module, also from the current folder; raises UsageError with the reason."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(f"cannot import {name!r}: there is no module {error.name!r}") from error
    except Exception as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        at = traceback.extract_tb(error.__traceback__)[-1]
        raise UsageError(
            f"cannot import {name!r}: {at.filename}, line {at.lineno}: {text}"
        ) from error


def _arguments(owner: Any, method: str) -> tuple[object, ...]:
    """The arguments of a method, read from its class: self and a prompt, or only the prompt."""
    without_self = isinstance(inspect.getattr_static(owner, method), staticmethod | classmethod)
    return ("prompt",) if without_self else (None, "prompt")


def _require(function: Callable[..., Any], arguments: tuple[object, ...], usage: str) -> None:
    """Raise UsageError if these arguments do not fit; a function without a signature passes."""
    try:
        inspect.signature(function).bind(*arguments)
    except ValueError:
        return
    except TypeError as error:
        remedy = "write a function of one argument, the prompt, that calls it, and name that one"
        raise UsageError(f"{usage}, but: {error}; {remedy}") from None


def attribute(owner: Any, name: str, where: str) -> Any:
    """A function or class of a module or class; raises UnknownName or UsageError."""
    if hasattr(owner, name) and not callable(getattr(owner, name)):
        kind = type(getattr(owner, name)).__name__
        raise UsageError(
            f"{where}: {name} is a {kind}, which cannot be called; write a function of one "
            "argument, the prompt, that uses it, and name that one"
        )
    if not callable(getattr(owner, name, None)):
        known = [each for each in vars(owner) if callable(getattr(owner, each, None))]
        offered = [each for each in known if not each.startswith("_")]
        raise UnknownName("function", name, offered, where=where)
    return getattr(owner, name)
