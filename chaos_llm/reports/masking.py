"""The masking of secrets and prompts in texts that are written to files."""

from __future__ import annotations

from collections.abc import Iterable

from chaos_llm.protocol.redaction import Secrets, printable, without_shapes

_SHORTEST_PROMPT = 12  # letters; a shorter prompt may occur in any text by chance
_SHOWN = 300  # letters of a text by default
_READ_ON = 10_000  # letters after the cut that are read, to recognise a secret that spans it
_NONE = Secrets()


def masked(
    text: str, prompts: Iterable[str] = (), length: int = _SHOWN, secrets: Secrets = _NONE
) -> str:
    """The text in one line, cut, without secrets and without these prompts.

    `secrets` are those of requests; other secrets are recognised by their form. Control characters
    and direction marks are written as escapes.
    """
    line = " ".join(text[: 4 * length + _READ_ON].split())[: length + _READ_ON]
    for prompt in prompts:
        prompt_line = " ".join(prompt.split())
        if len(prompt_line) >= _SHORTEST_PROMPT:
            line = line.replace(prompt_line, "[the prompt]")
    line = printable(without_shapes(secrets.masked(line)))
    return line if len(line) <= length else f"{line[: length - 1]}…"
