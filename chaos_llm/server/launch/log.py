"""What the server says on its console: one line for each thing, and never a traceback."""

from __future__ import annotations

import sys

from chaos_llm.protocol.redaction import MASK, printable, without_shapes

_LONGEST = 400  # letters; some clients name things of a megabyte


def described(error: BaseException) -> str:
    """An error in one line, without secrets."""
    try:
        text = repr(error)
    except Exception:  # a fault, or a function of the test's own, has raised it
        text = f"{type(error).__name__}, of which more cannot be read"
    return line(text)


def line(text: str) -> str:
    """A text as one line that a terminal can show."""
    short = " ".join(text[: 4 * _LONGEST].split())
    safe = printable(without_shapes(short)).replace("\n", " ")
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST - len(MASK)]}…"


def tell(text: str) -> None:
    """Write one line to the console."""
    print(f"chaos-llm: {line(text)}", file=sys.stderr, flush=True)  # noqa: T201 - its log
