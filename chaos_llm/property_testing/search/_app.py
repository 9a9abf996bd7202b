"""The app of a search: `package.module:function`, or `package.module:Class.method`."""

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
    """What is called with each prompt; of a class each outage is given an object of its own."""

    module: str
    name: str
    method: str
    found: Callable[..., Any]

    @classmethod
    def named(cls, written: str) -> App:
        """Import it, also from the current folder; raises UsageError for what is not there."""
        parts = _WRITTEN.fullmatch(written)
        if parts is None:
            raise UsageError(
                f"{written!r} names no app: write package.module:function, or "
                "package.module:Class.method for a new object in each outage"
            )
        module_name, name, method = parts[1], parts[2], parts[3] or ""
        module = _imported(module_name)
        found = _attribute(module, name, f"module {module_name!r}")
        if method:
            called = _attribute(found, method, f"{module_name}:{name}")
            _require(found, (), f"{module_name}:{name} is made without arguments")
            _require(called, _given(found, method), f"{written} is given a prompt alone")
        elif inspect.isclass(found):
            raise UsageError(f"{written} is a class: say which method, as in {written}.answer")
        else:
            _require(found, ("prompt",), f"{written} is given a prompt alone")
        return cls(module_name, name, method, found)

    def fresh(self) -> Callable[[str], Any]:
        """What to call in one outage."""
        if not self.method:
            return self.found
        called: Callable[[str], Any] = getattr(self.found(), self.method)
        return called

    @property
    def written(self) -> str:
        """As it is named on the command line."""
        return f"{self.module}:{self.name}" + (f".{self.method}" if self.method else "")

    @property
    def code(self) -> str:
        """How a test calls it."""
        return f"{self.name}().{self.method}" if self.method else self.name

    @property
    def word(self) -> str:
        """The name of files and tests."""
        return re.sub(r"\W+", "_", f"{self.name}_{self.method}".strip("_")).lower()


def _imported(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(f"cannot import {name!r}: there is no module {error.name!r}") from error
    except Exception as error:
        said = "".join(traceback.format_exception_only(error)).strip()
        at = traceback.extract_tb(error.__traceback__)[-1]
        raise UsageError(
            f"cannot import {name!r}: {at.filename}, line {at.lineno}: {said}"
        ) from error


def _given(owner: Any, method: str) -> tuple[object, ...]:
    """What a method is called with: its object and a prompt, or the prompt alone."""
    alone = isinstance(inspect.getattr_static(owner, method), staticmethod | classmethod)
    return ("prompt",) if alone else (None, "prompt")


def _require(called: Callable[..., Any], given: tuple[object, ...], what: str) -> None:
    """Whether it can be called so; what has no signature to read is taken at its word."""
    try:
        inspect.signature(called).bind(*given)
    except ValueError:
        return
    except TypeError as error:
        way_out = "write a function of one argument, the prompt, that calls it, and name that"
        raise UsageError(f"{what}, but: {error}; {way_out}") from None


def _attribute(owner: Any, name: str, where: str) -> Any:
    if hasattr(owner, name) and not callable(getattr(owner, name)):
        kind = type(getattr(owner, name)).__name__
        raise UsageError(
            f"{where}: {name} is a {kind}, which cannot be called; write a function of one "
            "argument, the prompt, that uses it, and name that"
        )
    if not callable(getattr(owner, name, None)):
        known = [each for each in vars(owner) if callable(getattr(owner, each, None))]
        offered = [each for each in known if not each.startswith("_")]
        raise UnknownName("function", name, offered, where=where)
    return getattr(owner, name)
