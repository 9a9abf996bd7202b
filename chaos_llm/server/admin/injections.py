"""Faults and how they are injected, from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from chaos_llm import faults
from chaos_llm.errors import UnknownName, UsageError, refuse_unknown, shown
from chaos_llm.faults import Fault
from chaos_llm.protocol import strict_json

_WHERE = ("provider", "fault", "surface", "model", "arguments")
_HOW = ("share", "for_", "times")  # of `inject()`
_LARGEST_FAULT = 65_536  # bytes of its arguments
# What a fault's own checks raise for a value of another type than they expect.
_MISTAKES = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


def injected(name: object, values: Mapping[str, Any]) -> tuple[Fault, dict[str, Any]]:
    """The fault of a request to inject one, and the options of `inject()`.

    The fault's arguments stand beside the options, or in `arguments`. There are faults with a
    `share` of their own (of an answer): beside the options it is the fault's.
    """
    kind = _kind(name)
    own = _arguments(values)
    known = [field.name for field in fields(kind)]
    for key, value in values.items():
        if key in known and "arguments" not in values:
            own[key] = value
        elif key not in (*_WHERE, *_HOW):
            refuse_unknown(f"inject() and {name}", [key], [*known, *_HOW, *_WHERE])
    if len(strict_json.dumps(own)) > _LARGEST_FAULT:
        raise UsageError(f"the arguments of a fault are at most {_LARGEST_FAULT} bytes")
    options = {n: values[n] for n in _HOW if values.get(n) is not None and n not in own}
    return _made(kind, str(name), own), options


def _kind(name: object) -> type[Fault]:
    known = faults.known()
    if not isinstance(name, str) or name not in known:
        raise UnknownName("fault", name if isinstance(name, str) else shown(name), known)
    return known[name]


def _arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    arguments = values.get("arguments", {})
    if not isinstance(arguments, dict):
        raise UsageError(
            f'arguments are those of the fault: {{"after": 2}}; got {shown(arguments)}'
        )
    return dict(arguments)


def _made(kind: type[Fault], name: str, own: Mapping[str, Any]) -> Fault:
    refuse_unknown(name, own, [field.name for field in fields(kind)])
    without = [f.name for f in fields(kind) if f.default is f.default_factory is MISSING]
    if missing := [each for each in without if each not in own]:
        raise UsageError(f"{name} needs {', '.join(missing)}")
    try:
        return kind(**own)
    except _MISTAKES as mistake:
        raise UsageError(f"{name}: {mistake}") from None
