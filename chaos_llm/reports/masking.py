"""What leaves the process in a file holds no secret, and no prompt that was not asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from chaos_llm.redaction import NO_SECRETS, Secrets, printable, without_shapes

if TYPE_CHECKING:
    from pydantic import BaseModel

_Model = TypeVar("_Model", bound="BaseModel")

_TELLING = 12  # letters; shorter prompts may stand in any text
_SHOWN = 300
_READ_ON = 10_000  # letters behind the cut: a secret that lies across it is still known as one


def masked(
    text: str, prompts: Iterable[str] = (), length: int = _SHOWN, secrets: Secrets = NO_SECRETS
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


def shown(text: str, secrets: Secrets = NO_SECRETS) -> str:
    """A text of several lines for a terminal: without secrets, and without what it would obey."""
    return printable(without_shapes(secrets.masked(text)))


def masked_record(record: _Model, secrets: Secrets) -> _Model:
    """The same record without the secrets that requests carried, in whatever field they are."""
    if not len(secrets):
        return record
    return type(record).model_validate_json(secrets.masked(record.model_dump_json()))
