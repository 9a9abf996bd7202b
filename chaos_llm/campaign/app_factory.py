"""Make a fresh app for each run of a campaign."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.replay.named_app import App, attribute, imported

_CLASS_OR_FACTORY = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)")

AppFunction = Callable[[str], Any]


def fresh_app(written: str) -> AppFunction:
    """The function of one prompt that one run calls; raises what the app's own code raises."""
    return maker_of(written)()


def maker_of(written: str) -> Callable[[], AppFunction]:
    """What makes the function of one prompt that one run calls.

    `package.module:function` of one prompt is used as it is, `package.module:Class.method` is bound
    to a new object. A class, or a function without arguments, is called: what it returns is called
    with prompts, or has one public method that is.

    Raises UsageError or UnknownName if there is no such app.
    """
    parts = _CLASS_OR_FACTORY.fullmatch(written)
    if parts is None:
        return App.named(written).fresh
    made_by = attribute(imported(parts[1]), parts[2], f"module {parts[1]!r}")
    if not inspect.isclass(made_by) and not _fits(made_by):
        return App.named(written).fresh
    if not _fits(made_by):
        raise UsageError(
            f"{written} is a class that needs arguments; name a function that makes it"
        )
    return lambda: _function_of(made_by(), written)


def _function_of(app: Any, written: str) -> AppFunction:
    if callable(app):
        function: AppFunction = app
        return function
    methods = [
        name
        for name, method in inspect.getmembers(app, callable)
        if not name.startswith("_") and not inspect.isclass(method) and _fits(method, "prompt")
    ]
    if len(methods) != 1:
        choices = ", ".join(f"{written}.{name}" for name in methods) or "none takes one prompt"
        raise UsageError(f"{written} makes an object; name its method: {choices}")
    method: AppFunction = getattr(app, methods[0])
    return method


def _fits(function: Callable[..., Any], *arguments: object) -> bool:
    """Whether a function can be called with these arguments; one without a signature cannot."""
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError):
        return False
    return True
