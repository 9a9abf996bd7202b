"""An async SDK behind the face of a sync one, so that the readers of the matrix can ask it."""

from __future__ import annotations

import inspect


class Synced:
    """Wraps what an async client gives: coroutines are run, async iterators and contexts opened."""

    def __init__(self, runner, inner):
        self._runner, self._inner = runner, inner

    def __getattr__(self, name):
        return self._faced(getattr(self._inner, name))

    def __call__(self, *args, **options):
        return self._faced(self._inner(*args, **options))

    def __iter__(self):
        iterator = aiter(self._inner)
        while True:
            try:
                yield self._runner.run(anext_of(iterator))
            except StopAsyncIteration:
                return

    def __enter__(self):
        return self._faced(self._runner.run(entered(self._inner)))

    def __exit__(self, *error):
        return self._runner.run(left(self._inner, error))

    def _faced(self, value):
        if inspect.isawaitable(value) and not hasattr(value, "__aenter__"):
            value = self._runner.run(awaited(value))
        is_async = any(hasattr(value, name) for name in ("__aiter__", "__aenter__"))
        named = type(value).__module__.split(".")[0] in ("anthropic", "openai")
        is_model = hasattr(value, "model_fields_set")
        if is_async or callable(value) or (named and not is_model):
            return Synced(self._runner, value)
        return value


async def awaited(value):
    return await value


async def anext_of(iterator):
    return await anext(iterator)


async def entered(context):
    return await context.__aenter__()


async def left(context, error):
    return await context.__aexit__(*error)
