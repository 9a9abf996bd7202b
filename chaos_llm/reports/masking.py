"""The masking of secrets and prompts in texts that are written to files."""

from __future__ import annotations

from collections.abc import Iterable

from chaos_llm.protocol.redaction import Secrets, printable, without_shapes

_TELLING = 12  # letters; shorter prompts may stand in any text
_SHOWN = 300
_READ_ON = 10_000  # letters behind the cut: a secret that lies across it is still known as one
_NONE = Secrets()


def masked(
    text: str, prompts: Iterable[str] = (), length: int = _SHOWN, secrets: Secrets = _NONE
) -> str:
    """The text in one line, cut, without secrets and without these prompts.

    `secrets` are those that requests carried; others are known by their shape. Control characters
    and marks of direction are spelt out.
    """
    line = " ".join(text[: 4 * length + _READ_ON].split())[: length + _READ_ON]
    for prompt in prompts:
        said = " ".join(prompt.split())
        if len(said) >= _TELLING:
            line = line.replace(said, "[the prompt]")
    line = printable(without_shapes(secrets.masked(line)))
    return line if len(line) <= length else f"{line[: length - 1]}…"
