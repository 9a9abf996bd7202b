"""The commands of `chaos-llm`. A new one is a file beside this and a line in each list below."""

from __future__ import annotations

from chaos_llm.cli import (
    check,
    demo,
    diff,
    explain,
    find,
    matrix,
    month,
    profiles,
    run,
    schema,
    serve,
    show,
)
from chaos_llm.cli.command import Command

COMMANDS: tuple[Command, ...] = (
    demo,
    profiles,
    show,
    diff,
    check,
    month,
    serve,
    run,
    matrix,
    explain,
    find,
    schema,
)
