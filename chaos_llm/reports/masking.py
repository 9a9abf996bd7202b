"""The masking of secrets and prompts in texts that are written to files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from chaos_llm.protocol.redaction import NO_SECRETS, Secrets, printable, without_shapes

if TYPE_CHECKING:
    from pydantic import BaseModel

_Model = TypeVar("_Model", bound="BaseModel")

_SHORTEST_PROMPT = 12  # letters; a shorter prompt may occur in any text by chance
_SHOWN = 300  # letters of a text by default
_READ_ON = 10_000  # letters after the cut that are read, to recognise a secret that spans it


def masked(
    text: str, prompts: Iterable[str] = (), length: int = _SHOWN, secrets: Secrets = NO_SECRETS
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


def shown(text: str, secrets: Secrets = NO_SECRETS) -> str:
    """A text of several lines for a terminal: without secrets, and without what it would obey."""
    return printable(without_shapes(secrets.masked(text)))


def masked_record(record: _Model, secrets: Secrets) -> _Model:
    """The same record without the secrets that requests carried, in whatever field they are."""
    if not len(secrets):
        return record
    return type(record).model_validate_json(secrets.masked(record.model_dump_json()))
