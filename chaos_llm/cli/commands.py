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
    init,
    lint,
    matrix,
    month,
    profiles,
    record,
    replay,
    run,
    schema,
    serve,
    show,
    summary,
)
from chaos_llm.cli.command import Command

COMMANDS: tuple[Command, ...] = (
    demo,
    init,
    profiles,
    show,
    diff,
    lint,
    month,
    serve,
    run,
    replay,
    matrix,
    explain,
    summary,
    find,
    campaign,
    record,
    import_,
    schema,
    doctor,
    completion,
)
