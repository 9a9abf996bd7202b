"""Where a schema's $ref points to: "#", "#/$defs/Node", "#/definitions/Node"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from chaos_llm.errors import UsageError


def follow(root: Any, reference: str) -> Any:
    """The schema inside `root` that a reference means; raises UsageError where there is none."""
    place = root
    anchor, _, path = str(reference).partition("/")
    for step in unquote(path).split("/") if path else ():
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            place = place[int(name)] if isinstance(place, Sequence) else place[name]
        except (KeyError, IndexError, TypeError, ValueError):
            anchor = ""
            break
    if anchor != "#" or not isinstance(place, Mapping | bool):
        raise UsageError(
            f"the JSON schema refers to {reference!r}, which it does not hold; "
            "references inside the schema can be followed, as '#/$defs/Node'"
        )
    return place
