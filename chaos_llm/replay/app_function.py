"""The function that a replay calls: what it must be, and what is said where it is not."""

from __future__ import annotations

import inspect

from chaos_llm.errors import UsageError, shown


def refuse_wrong_function(app: object) -> None:
    """Raise UsageError for what cannot be called with one prompt, before any call is made."""
    if inspect.iscoroutine(app):
        app.close()
    if not callable(app):
        raise UsageError(
            "replay() takes the function that answers a prompt, as in replay(ask), and not what it "
            f"returned; got {shown(app)}"
        )
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):  # a compiled function may not say what it takes
        return
    try:
        signature.bind("a prompt")
    except TypeError as error:
        name = getattr(app, "__name__", type(app).__name__)
        raise UsageError(
            f"replay() calls the function with one prompt, and {name}{signature} cannot be called "
            f"so ({error}): give one that takes a prompt, as in "
            "replay(lambda prompt: ask(prompt))"
        ) from None
