"""The commands of `chaos-llm`. A new one is a file beside this and a line in each list below."""

from __future__ import annotations

from chaos_llm.cli import (
    demo,
    diff,
    explain,
    find,
    lint,
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
    lint,
    month,
    serve,
    run,
    matrix,
    explain,
    find,
    schema,
)
