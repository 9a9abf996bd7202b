"""The commands of `chaos-llm`: a new one is a file in this folder and a line in both lists."""

from __future__ import annotations

from chaos_llm.cli import (
    campaign,
    completion,
    demo,
    diff,
    doctor,
    explain,
    find,
    import_,
    lint,
    matrix,
    month,
    profiles,
    record,
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
    campaign,
    record,
    import_,
    schema,
    doctor,
    completion,
)
