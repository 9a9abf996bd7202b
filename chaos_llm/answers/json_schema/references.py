"""Resolves a schema's $ref: "#", "#/$defs/Node", "#/definitions/Node"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from chaos_llm.errors import UsageError


def follow(root: Any, reference: str) -> Any:
    """The schema inside `root` at a reference; raises UsageError if there is none."""
    target = root
    anchor, _, path = str(reference).partition("/")
    for step in unquote(path).split("/") if path else ():
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            target = target[int(name)] if isinstance(target, Sequence) else target[name]
        except (KeyError, IndexError, TypeError, ValueError):
            anchor = ""
            break
    if anchor != "#" or not isinstance(target, Mapping | bool):
        raise UsageError(
            f"the JSON schema refers to {reference!r}, which is not in it; "
            "only references inside the schema can be resolved, such as '#/$defs/Node'"
        )
    return target
