"""Shipped profiles as they were read, kept between processes.

Reading the first profile of a process builds pydantic's models, which takes as long as a hundred
calls of an app. Only the shipped profiles are kept: what a team's own file may name depends on the
extensions that are installed.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from chaos_llm import user_cache
from chaos_llm.profiles.model import Profile

_PACKAGE = Path(__file__).parents[1]
_MADE_OF = ("profiles", "faults", "protocol")  # folders of the code that reads a profile
_OTHERS = {("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta")}


class _Unpickler(pickle.Unpickler):
    """Makes the classes of profiles and no others, since anyone may write into a folder."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if "." not in name else None
        if (module, name) in _OTHERS or (
            isinstance(found, type) and found.__module__.startswith("chaos_llm.")
        ):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a profile")


def compiled(path: Path, data: bytes, read: Callable[[], Profile]) -> Profile:
    """The profile in a shipped file with these bytes."""
    key = b"\0".join((str(path).encode("utf-8", "surrogateescape"), data, _code()))
    profile: Profile = user_cache.kept("profile", key, read, pickle.dumps, _unpickled)
    return profile


@cache
def _code() -> bytes:
    return user_cache.fingerprint(*(_PACKAGE / folder for folder in _MADE_OF))


def _unpickled(data: bytes) -> Profile:
    try:
        value = _Unpickler(io.BytesIO(data)).load()
    except Exception as error:  # pickle raises whatever its bytes lead to
        raise ValueError("no profile") from error
    if isinstance(value, Profile):
        return value
    raise ValueError("no profile")
