"""Which interpreters virtual time works on."""

from __future__ import annotations

import platform
import sys
import sysconfig

from chaos_llm.errors import UsageError
from chaos_llm.virtual_time.redirects import has_known_layout, real_monotonic

TESTED = ((3, 11), (3, 14))  # the oldest and the newest CPython that was tested


def tested_versions() -> str:
    """`3.11 to 3.14`."""
    return " to ".join(f"{major}.{minor}" for major, minor in TESTED)


def why_unsupported() -> str | None:
    """Why virtual time does not work on this interpreter, and what would; None where it does."""
    way_out = f"run these tests on CPython {tested_versions()}"
    if sys.implementation.name != "cpython":
        return (
            f"virtual time needs CPython, and this is {platform.python_implementation()}; {way_out}"
        )
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return (
            "virtual time runs one thread at a time and does not support the free-threaded build; "
            "run these tests on the ordinary build of the same CPython"
        )
    if not has_known_layout(real_monotonic):
        return (
            f"virtual time does not know how CPython {platform.python_version()} lays out its "
            f"built-in functions; {way_out}"
        )
    return None


def refuse_unsupported() -> None:
    """Raise UsageError on an interpreter that virtual time does not work on."""
    why = why_unsupported()
    if why is not None:
        raise UsageError(why)
